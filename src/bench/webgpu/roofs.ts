/** What a WebGPU device does at best, by kernels that do one thing only. */
import type { GpuContext } from '../../engine/webgpu/device/context.ts';
import type { Pipelines } from '../../engine/webgpu/device/pipelines.ts';
import { AUXILIARY_TILING } from '../../engine/webgpu/tuning/tilings.ts';
import { fmaChain as referenceFmaChain } from '../../kernels/reference/fma-chain.ts';
import { copyWords } from '../../kernels/copy-words.ts';
import { FMA_CHAINS, FMA_UNROLL, fmaChain } from '../../kernels/fma-chain.ts';
import type { KernelSpec } from '../../kernels/spec.ts';
import { MasksearchError } from '../../core/error.ts';
import { GpuRun } from './run.ts';
import type { GpuTimer } from './timer.ts';
import { sampleTimes } from '../timing.ts';
import type { Roofs } from '../rates.ts';

const FACTOR = 0.5;
const TERM = 1;
/** Few enough for every value to be exact in float32, so that any slip shows. */
const VERIFIED_STEPS = 2;
const STEPS = 64;

export interface RoofSizes {
  readonly invocations: number;
  /** Copied, a multiple of 4. */
  readonly words: number;
}

/** The fastest of `repeats` samples of each. Rejects with 'gpu-failed' if one computes anything but what it should. */
export async function gpuRoofs(
  context: GpuContext,
  pipelines: Pipelines,
  timer: GpuTimer,
  { invocations, words }: RoofSizes,
  repeats: number,
): Promise<Roofs> {
  const gflops = await arithmeticRoof();
  return { gflops, gbps: await memoryRoof() };

  async function arithmeticRoof(): Promise<number> {
    const shape = { invocations, steps: STEPS };
    const run = await open(fmaChain, shape, {
      params: fmaParams(VERIFIED_STEPS),
      y: new Float32Array(invocations),
    });
    try {
      await run.time(1);
      const y = new Float32Array(await run.read('y'));
      const turns = VERIFIED_STEPS * FMA_UNROLL;
      const expected = Array.from({ length: 64 }, (_, i) =>
        referenceFmaChain({ chains: FMA_CHAINS, start: i, steps: turns, factor: FACTOR, term: TERM }),
      );
      const wrong = y.findIndex((value, i) => value !== expected[i % 64]);
      if (wrong >= 0) throw wrongRoof(fmaChain.name, wrong, y[wrong]!, expected[wrong % 64]!);
      run.write('params', fmaParams(STEPS));
      return (2 * fmaChain.cost(shape, 0).macs) / Math.min(...(await sampleTimes(run, repeats))) / 1e9;
    } finally {
      run.close();
    }
  }

  async function memoryRoof(): Promise<number> {
    const x = new Uint32Array(words).map((_, i) => Math.imul(i, 0x9e3779b1));
    const contents = { params: Uint32Array.of(words / 4), x, y: new Uint32Array(words) };
    const run = await open(copyWords, { words }, contents);
    try {
      await run.time(1);
      const y = new Uint32Array(await run.read('y'));
      const wrong = y.findIndex((value, i) => value !== x[i]);
      if (wrong >= 0) throw wrongRoof(copyWords.name, wrong, y[wrong]!, x[wrong]!);
      return copyWords.cost({ words }, 0).bytes / Math.min(...(await sampleTimes(run, repeats))) / 1e9;
    } finally {
      run.close();
    }
  }

  function open<Shape>(
    spec: KernelSpec<Shape>,
    shape: Shape,
    contents: Readonly<Record<string, Float32Array | Uint32Array>>,
  ): Promise<GpuRun> {
    const options = { spec, shape, tiling: AUXILIARY_TILING, images: 0, candidates: 1, contents };
    return GpuRun.open(context, pipelines, timer, options);
  }
}

function fmaParams(steps: number): Uint32Array {
  const words = Uint32Array.of(steps, 0, 0);
  new Float32Array(words.buffer).set([FACTOR, TERM], 1);
  return words;
}

export function wrongRoof(kernel: string, index: number, found: number, expected: number): MasksearchError {
  return new MasksearchError(
    'gpu-failed',
    `${kernel} wrote ${found} at ${index} but must write ${expected}`,
    'report this together with the output of `masksearch doctor`',
  );
}
