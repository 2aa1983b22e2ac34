/** Measures the roofs of a WebGPU device, by kernels that do one thing only. */
import { AUXILIARY_TILING } from '../../engine/webgpu/tuning/tilings.ts';
import { copyWords } from '../../kernels/copy-words.ts';
import { FMA_CHAINS, FMA_UNROLL, fmaChain } from '../../kernels/fma-chain.ts';
import { fmaChain as referenceFmaChain } from '../../kernels/reference/fma-chain.ts';
import { withShape, type KernelSpec } from '../../kernels/spec.ts';
import type { Roofs } from '../rates.ts';
import { sampleTimes } from '../timing.ts';
import { wrongRoof } from '../wrong-roof.ts';
import { TimedRun, type TimedDevice } from './timed-run.ts';

const FACTOR = 0.5;
const TERM = 1;
/** Steps of the run that is verified: so few that every value is exact in float32. */
const VERIFIED_STEPS = 2;
/** Steps of the runs that are timed. */
const STEPS = 64;

export interface RoofSizes {
  /** Invocations of `fma_chain`. */
  readonly invocations: number;
  /** Words that `copy_words` copies, a multiple of 4. */
  readonly words: number;
}

/** The fastest of `repeats` samples of each roof. Rejects with 'gpu-failed' if a kernel computes a wrong value. */
export async function gpuRoofs(device: TimedDevice, sizes: RoofSizes, repeats: number): Promise<Roofs> {
  return {
    gflops: await arithmeticRoof(device, sizes.invocations, repeats),
    gbps: await memoryRoof(device, sizes.words, repeats),
  };
}

/** 1e9 operations per second; a multiply-add is two. */
async function arithmeticRoof(device: TimedDevice, invocations: number, repeats: number): Promise<number> {
  const kernel = withShape(fmaChain, { invocations, steps: STEPS });
  const run = await open(device, kernel, {
    params: fmaParams(VERIFIED_STEPS),
    y: new Float32Array(invocations),
  });
  try {
    await run.time(1);
    const y = new Float32Array(await run.read('y'));
    const steps = VERIFIED_STEPS * FMA_UNROLL;
    const expected = Array.from({ length: 64 }, (_, start) =>
      referenceFmaChain({ chains: FMA_CHAINS, start, steps, factor: FACTOR, term: TERM }),
    );
    const wrong = y.findIndex((value, i) => value !== expected[i % 64]);
    if (wrong >= 0) throw wrongRoof(fmaChain.name, wrong, y[wrong]!, expected[wrong % 64]!);
    run.write('params', fmaParams(STEPS));
    return (2 * kernel.cost(undefined, 0).macs) / Math.min(...(await sampleTimes(run, repeats))) / 1e9;
  } finally {
    run.close();
  }
}

/** 1e9 bytes per second, read and written. */
async function memoryRoof(device: TimedDevice, words: number, repeats: number): Promise<number> {
  const kernel = withShape(copyWords, { words });
  const x = new Uint32Array(words).map((_, i) => Math.imul(i, 0x9e3779b1));
  const contents = { params: Uint32Array.of(words / 4), x, y: new Uint32Array(words) };
  const run = await open(device, kernel, contents);
  try {
    await run.time(1);
    const y = new Uint32Array(await run.read('y'));
    const wrong = y.findIndex((value, i) => value !== x[i]);
    if (wrong >= 0) throw wrongRoof(copyWords.name, wrong, y[wrong]!, x[wrong]!);
    return kernel.cost(undefined, 0).bytes / Math.min(...(await sampleTimes(run, repeats))) / 1e9;
  } finally {
    run.close();
  }
}

function open(
  device: TimedDevice,
  spec: KernelSpec<void>,
  contents: Readonly<Record<string, Float32Array | Uint32Array>>,
): Promise<TimedRun> {
  return TimedRun.open(device, { spec, shape: undefined, images: 0, contents }, AUXILIARY_TILING);
}

function fmaParams(steps: number): Uint32Array {
  const words = Uint32Array.of(steps, 0, 0);
  new Float32Array(words.buffer).set([FACTOR, TERM], 1);
  return words;
}
