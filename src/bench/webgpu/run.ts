/** One kernel with its buffers, to be run again and again. */
import { BUFFER_USAGE, MAP_READ } from '../../engine/webgpu/device/constants.ts';
import type { GpuContext } from '../../engine/webgpu/device/context.ts';
import type { Pipeline, Pipelines } from '../../engine/webgpu/device/pipelines.ts';
import type { KernelSpec, Tiling } from '../../kernels/spec.ts';
import type { GpuTimer } from './timer.ts';

export interface GpuRunOptions<Shape> {
  readonly spec: KernelSpec<Shape>;
  readonly shape: Shape;
  readonly tiling: Tiling;
  /** Of every candidate. */
  readonly images: number;
  readonly candidates: number;
  /** What every binding holds at first, by its name. */
  readonly contents: Readonly<Record<string, Float32Array | Uint32Array>>;
}

export class GpuRun {
  readonly #context: GpuContext;
  readonly #timer: GpuTimer;
  readonly #name: string;
  readonly #pipeline: Pipeline;
  readonly #grid: readonly [number, number, number];
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  readonly #group: GPUBindGroup;

  /** Rejects with 'limit-exceeded' where the device does not allow so much. */
  static async open<Shape>(
    context: GpuContext,
    pipelines: Pipelines,
    timer: GpuTimer,
    { spec, shape, tiling, images, candidates, contents }: GpuRunOptions<Shape>,
  ): Promise<GpuRun> {
    const grid = spec.grid(shape, images, tiling, candidates);
    const what = `the grid of ${spec.name}`;
    context.checkLimit(what, Math.max(...grid), 'maxComputeWorkgroupsPerDimension', 'workgroups');
    const pipeline = await pipelines.get(spec, shape, tiling);
    const buffers = new Map<string, GPUBuffer>();
    try {
      const group = await context.scoped(`the data of ${spec.name}`, () => {
        for (const { name, type } of spec.bindings) {
          const { uniform, storage, copySource, copyTarget } = BUFFER_USAGE;
          const usage = (type === 'uniform' ? uniform : storage | copySource) | copyTarget;
          const data = contents[name]!;
          const buffer = context.createBuffer(name, data.byteLength, usage);
          buffers.set(name, buffer);
          context.device.queue.writeBuffer(buffer, 0, data as GPUAllowSharedBufferSource);
        }
        const entries = [...buffers.values()].map((buffer, binding) => ({ binding, resource: { buffer } }));
        return context.device.createBindGroup({ label: spec.name, layout: pipeline.layout, entries });
      });
      return new GpuRun(context, timer, spec, pipeline, grid, buffers, group);
    } catch (error) {
      for (const buffer of buffers.values()) context.destroyBuffer(buffer);
      throw error;
    }
  }

  private constructor(
    context: GpuContext,
    timer: GpuTimer,
    { name, bindings }: Pick<KernelSpec<never>, 'name' | 'bindings'>,
    pipeline: Pipeline,
    grid: readonly [number, number, number],
    buffers: ReadonlyMap<string, GPUBuffer>,
    group: GPUBindGroup,
  ) {
    this.#context = context;
    this.#timer = timer;
    this.#name = name;
    this.#pipeline = pipeline;
    this.#grid = grid;
    this.#buffers = buffers;
    this.#group = group;
    this.#offsets = bindings.filter(({ perDispatch }) => perDispatch).map(() => 0);
  }

  readonly #offsets: readonly number[];

  write(name: string, data: Float32Array | Uint32Array): void {
    this.#context.device.queue.writeBuffer(this.#buffers.get(name)!, 0, data as GPUAllowSharedBufferSource);
  }

  /** Seconds of `runs` dispatches, one after the other. */
  time(runs: number): Promise<number> {
    return this.#timer.time(this.#name, (pass) => {
      pass.setPipeline(this.#pipeline.pipeline);
      pass.setBindGroup(0, this.#group, this.#offsets);
      for (let run = 0; run < runs; run++) pass.dispatchWorkgroups(...this.#grid);
    });
  }

  /** All of a buffer. */
  async read(name: string): Promise<ArrayBuffer> {
    const source = this.#buffers.get(name)!;
    const { copyTarget, mapRead } = BUFFER_USAGE;
    const host = this.#context.createBuffer('readback', source.size, copyTarget | mapRead);
    try {
      return await this.#context.scoped(`the readback of ${this.#name}`, async () => {
        const encoder = this.#context.device.createCommandEncoder({ label: 'readback' });
        encoder.copyBufferToBuffer(source, 0, host, 0, source.size);
        this.#context.device.queue.submit([encoder.finish()]);
        await host.mapAsync(MAP_READ);
        return host.getMappedRange().slice(0);
      });
    } finally {
      this.#context.destroyBuffer(host);
    }
  }

  close(): void {
    for (const buffer of this.#buffers.values()) this.#context.destroyBuffer(buffer);
  }
}
