/**
 * Flags from the WebGPU specification. Browsers have them as globals; Dawn in Node does not. With numbers of its own
 * the engine needs no globals and defines none.
 */
export const BUFFER_USAGE = {
  mapRead: 0x1,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;
export const MAP_READ = 0x1;
export const STAGE_COMPUTE = 0x4;
