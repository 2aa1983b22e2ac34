import { outOfMemory } from '../../engine/wasm/threads/pool.ts';
import { webAssembly, type WasmMemory } from '../../engine/wasm/web-assembly.ts';

const PAGE = 65_536;

/** A memory of one thread. Throws 'limit-exceeded' if it cannot be had. */
export function newMemory(bytes: number): WasmMemory {
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new webAssembly!.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    throw outOfMemory(String(error));
  }
}
