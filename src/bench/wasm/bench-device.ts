/**
 * The kernel benchmark on WebAssembly, on the calling thread only: more threads would run the same kernels on other
 * images. It blocks a page for about a tenth of a second at a time.
 */
import { compileKernels } from '../../engine/wasm/compile.ts';
import { BLOCK } from '../../engine/wasm/layout.ts';
import type { BenchDevice } from '../bench-device.ts';
import type { Budget } from '../cases.ts';
import { isLoss } from '../shapes.ts';
import { openLayer } from './layer.ts';
import { openLoss } from './loss.ts';
import { wasmRoofs } from './roofs.ts';

/** All cases take some seconds. */
const BUDGET: Budget = {
  bufferBytes: 2 ** 30,
  images: BLOCK,
  groupImages: BLOCK,
  maxImages: 40 * BLOCK,
  macs: 100e6,
  batches: false,
};

const REPEATS = 10;

/** Rejects with 'no-device' if the platform has no SIMD. */
export async function wasmBenchDevice(): Promise<BenchDevice> {
  const module = await compileKernels(false);
  return {
    device: {
      kind: 'wasm',
      vendor: '',
      architecture: '',
      description: 'WebAssembly SIMD, 1 thread',
      software: true,
    },
    method: 'wall-clock',
    threads: 1,
    budget: BUDGET,
    repeats: REPEATS,
    tilingsOf: () => [],
    roofs: wasmRoofs,
    open(one, planted) {
      const { shape } = one;
      return isLoss(shape) ? openLoss(module, one, planted) : openLayer(module, one, shape, planted);
    },
    close: () => Promise.resolve(),
  };
}
