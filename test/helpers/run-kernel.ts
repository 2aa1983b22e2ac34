import { BUFFER_USAGE, MAP_READ } from '../../src/engine/webgpu/device/constants.ts';
import type { GpuContext } from '../../src/engine/webgpu/device/context.ts';
import type { Pipelines } from '../../src/engine/webgpu/device/pipelines.ts';
import { QUAD, quadsOf, type KernelSpec, type Tiling } from '../../src/kernels/spec.ts';

/** Outputs start as this, so that an element that a kernel leaves out is seen. */
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
  const { pipeline, layout } = await pipelines.get(spec, shape, tiling);
  const { uniform, storage, copySource, copyTarget, mapRead } = BUFFER_USAGE;
  const bytes = output.words * 4;
  const buffers: GPUBuffer[] = [];
  const host = context.createBuffer('readback', bytes, mapRead | copyTarget);
  try {
    return await context.scoped(`a run of ${spec.name}`, async () => {
      const { device } = context;
      for (const { name, type } of spec.bindings) {
        const isOutput = name === output.name;
        const data = isOutput
          ? (output.initial ?? new Float32Array(output.words).fill(UNWRITTEN))
          : inputs[name]!;
        const usage = (type === 'uniform' ? uniform : storage | copySource) | copyTarget;
        const buffer = context.createBuffer(name, data.byteLength, usage);
        device.queue.writeBuffer(buffer, 0, data as GPUAllowSharedBufferSource);
        buffers.push(buffer);
      }
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      const offsets = spec.bindings.filter(({ perDispatch }) => perDispatch).map(() => 0);
      pass.setBindGroup(0, device.createBindGroup({ layout, entries }), offsets);
      pass.dispatchWorkgroups(...spec.grid(shape, images, tiling, candidates));
      pass.end();
      const y = buffers[spec.bindings.findIndex(({ name }) => name === output.name)]!;
      encoder.copyBufferToBuffer(y, 0, host, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await host.mapAsync(MAP_READ);
      return host.getMappedRange().slice(0);
    });
  } finally {
    for (const buffer of [...buffers, host]) context.destroyBuffer(buffer);
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
