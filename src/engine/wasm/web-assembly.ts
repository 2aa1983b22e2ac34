/** Types of the platform's WebAssembly, as far as it is used here: TypeScript's ECMAScript types lack them. */

/** A compiled module, which can be posted to workers. */
export type WasmModule = object;

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}

interface MemoryDescriptor {
  /** Pages of 64 KiB. */
  readonly initial: number;
  readonly maximum: number;
  readonly shared?: boolean;
}

interface WebAssemblyNamespace {
  readonly Memory: new (descriptor: MemoryDescriptor) => WasmMemory;
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ): Promise<{ readonly exports: Readonly<Record<string, unknown>> }>;
}

/** Undefined if the platform has no WebAssembly. */
export const webAssembly = (globalThis as unknown as { readonly WebAssembly?: WebAssemblyNamespace })
  .WebAssembly;
