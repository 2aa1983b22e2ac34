import { outOfMemory } from '../../engine/wasm/threads/pool.ts';
import { webAssembly, type WasmMemory } from '../../engine/wasm/web-assembly.ts';

const PAGE = 65_536;

/** An unshared memory of at least `bytes`. Throws 'limit-exceeded' if it cannot be allocated. */
export function newMemory(bytes: number): WasmMemory {
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new webAssembly!.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    throw outOfMemory(String(error));
  }
}
