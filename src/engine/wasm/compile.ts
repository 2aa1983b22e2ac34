import { MasksearchError } from '../../core/error.ts';
import { WASM } from './generated/kernels.ts';
import { webAssembly, type WasmModule } from './web-assembly.ts';

/** Compiles the kernels for a shared or an unshared memory. Rejects with 'no-device' if the platform has no SIMD. */
export async function compileKernels(shared: boolean): Promise<WasmModule> {
  const bytes = Uint8Array.from(atob(shared ? WASM.shared : WASM.unshared), (c) => c.charCodeAt(0));
  if (!webAssembly?.validate(bytes)) {
    throw new MasksearchError(
      'no-device',
      'WebAssembly with 128-bit SIMD is not available here',
      'use a browser or a Node.js of 2021 or newer, or the reference',
    );
  }
  return webAssembly.compile(bytes);
}
