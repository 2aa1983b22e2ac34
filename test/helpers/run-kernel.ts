import type { GpuContext } from '../../src/engine/webgpu/device/context.ts';
import { KernelRun } from '../../src/engine/webgpu/device/kernel-run.ts';
import type { Pipelines } from '../../src/engine/webgpu/device/pipelines.ts';
import { QUAD, quadsOf, type KernelSpec, type Tiling } from '../../src/kernels/spec.ts';

/** Outputs start as this, so that an element that a kernel does not write is noticed. */
const UNWRITTEN = 3e33;

interface Run<Shape> {
  readonly spec: KernelSpec<Shape>;
  readonly shape: Shape;
  readonly images: number;
  readonly tiling: Tiling;
  readonly candidates?: number;
  /** Contents of every binding but the output, by name. */
  readonly inputs: Readonly<Record<string, Float32Array | Uint32Array>>;
  readonly output: { readonly name: string; readonly words: number; readonly initial?: Uint32Array };
}

/** Runs one kernel once and returns the words of its output. */
export async function runKernel<Shape>(
  context: GpuContext,
  pipelines: Pipelines,
  { spec, shape, images, tiling, candidates = 1, inputs, output }: Run<Shape>,
): Promise<ArrayBuffer> {
  const { name, words, initial = new Float32Array(words).fill(UNWRITTEN) } = output;
  const contents = { ...inputs, [name]: initial };
  const run = await KernelRun.open(context, pipelines, { spec, shape, images, candidates, contents });
  try {
    await run.submit(await run.bind(tiling));
    return (await run.read(name)).slice(0, words * 4);
  } finally {
    run.close();
  }
}

/** Rows of `images` values, each padded to quads with a value that must not leak into other images. */
export function padImages(x: Float32Array, images: number, filler = 7): Float32Array {
  const stride = quadsOf(images) * QUAD;
  const padded = new Float32Array((x.length / images) * stride).fill(filler);
  for (let i = 0; i < x.length; i++) padded[Math.floor(i / images) * stride + (i % images)] = x[i]!;
  return padded;
}

/** The inverse of `padImages`. */
export function unpadImages<T extends Float32Array | Float64Array>(padded: T, images: number): T {
  const stride = quadsOf(images) * QUAD;
  return padded.filter((_, i) => i % stride < images) as T;
}
