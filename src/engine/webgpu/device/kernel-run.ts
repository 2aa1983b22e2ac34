/**
 * One kernel with buffers of its own, to run it once or many times: for the tuner, the kernel benchmark and tests. It
 * must not know networks, candidates' masks or what the contents mean.
 *
 * The runner does not use it: there, kernels share buffers (device-network.ts).
 */
import type { Grid, KernelSpec, Tiling } from '../../../kernels/spec.ts';
import { BufferSet } from './buffer-set.ts';
import { BUFFER_USAGE, MAP_READ } from './constants.ts';
import type { GpuContext } from './context.ts';
import type { Pipelines } from './pipelines.ts';

export interface KernelRunOptions<Shape> {
  readonly spec: KernelSpec<Shape>;
  readonly shape: Shape;
  /** Images of every candidate. */
  readonly images: number;
  /** Default: 1. */
  readonly candidates?: number;
  /** Initial contents of every binding, by its name. */
  readonly contents: Readonly<Record<string, Float32Array | Uint32Array>>;
}

/** The kernel compiled in one tiling, ready to dispatch over the run's buffers. */
export interface BoundKernel {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: Grid;
}

export class KernelRun<Shape = void> {
  readonly #context: GpuContext;
  readonly #pipelines: Pipelines;
  readonly #options: KernelRunOptions<Shape>;
  readonly #set: BufferSet;
  /** By name, in the order of the kernel's bindings. */
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;

  /**
   * Creates and fills a buffer for every binding. Rejects with 'limit-exceeded' or 'gpu-failed' if the device cannot
   * hold them. Call `close` in `finally`.
   */
  static async open<Shape>(
    context: GpuContext,
    pipelines: Pipelines,
    options: KernelRunOptions<Shape>,
  ): Promise<KernelRun<Shape>> {
    const set = new BufferSet(context);
    try {
      const create = () => new KernelRun(context, pipelines, options, set);
      return await context.scoped(`the data of ${options.spec.name}`, create);
    } catch (error) {
      set.destroyAll();
      throw error;
    }
  }

  private constructor(
    context: GpuContext,
    pipelines: Pipelines,
    options: KernelRunOptions<Shape>,
    set: BufferSet,
  ) {
    this.#context = context;
    this.#pipelines = pipelines;
    this.#options = options;
    this.#set = set;
    const { uniform, storage, copySource, copyTarget } = BUFFER_USAGE;
    const buffers = options.spec.bindings.map(({ name, type }) => {
      const usage = (type === 'uniform' ? uniform : storage | copySource) | copyTarget;
      return [name, set.create(name, options.contents[name]!.byteLength, usage)] as const;
    });
    this.#buffers = new Map(buffers);
    for (const [name] of buffers) this.write(name, options.contents[name]!);
  }

  /** Overwrites the first elements of a buffer. */
  write(name: string, data: Float32Array | Uint32Array): void {
    this.#context.device.queue.writeBuffer(this.#buffers.get(name)!, 0, data as GPUAllowSharedBufferSource);
  }

  /**
   * Compiles the kernel in a tiling. Rejects with 'limit-exceeded' if the device does not allow the tiling or its grid.
   */
  async bind(tiling: Tiling): Promise<BoundKernel> {
    const { spec, shape, images, candidates = 1 } = this.#options;
    const grid = spec.grid(shape, images, tiling, candidates);
    const what = `the grid of ${spec.name}`;
    this.#context.checkLimit(what, Math.max(...grid), 'maxComputeWorkgroupsPerDimension', 'workgroups');
    const { pipeline, layout } = await this.#pipelines.get(spec, shape, tiling);
    const entries = [...this.#buffers.values()].map((buffer, binding) => ({ binding, resource: { buffer } }));
    const group = await this.#context.scoped(`the bindings of ${spec.name}`, () =>
      this.#context.device.createBindGroup({ label: spec.name, layout, entries }),
    );
    return { pipeline, group, grid };
  }

  /** Writes `dispatches` equal dispatches into a pass. */
  encode(pass: GPUComputePassEncoder, { pipeline, group, grid }: BoundKernel, dispatches = 1): void {
    const perDispatch = this.#options.spec.bindings.filter((binding) => binding.perDispatch);
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      group,
      perDispatch.map(() => 0),
    );
    for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(...grid);
  }

  /** Submits one dispatch. */
  async submit(kernel: BoundKernel): Promise<void> {
    const { name } = this.#options.spec;
    await this.#context.scoped(`a run of ${name}`, () => {
      const encoder = this.#context.device.createCommandEncoder({ label: name });
      const pass = encoder.beginComputePass({ label: name });
      this.encode(pass, kernel);
      pass.end();
      this.#context.device.queue.submit([encoder.finish()]);
    });
  }

  /** The contents of a whole buffer, after all that was submitted before. */
  async read(name: string): Promise<ArrayBuffer> {
    const source = this.#buffers.get(name)!;
    const { copyTarget, mapRead } = BUFFER_USAGE;
    const host = this.#set.create('readback', source.size, copyTarget | mapRead);
    try {
      return await this.#context.scoped(`the readback of ${this.#options.spec.name}`, async () => {
        const encoder = this.#context.device.createCommandEncoder({ label: 'readback' });
        encoder.copyBufferToBuffer(source, 0, host, 0, source.size);
        this.#context.device.queue.submit([encoder.finish()]);
        await host.mapAsync(MAP_READ);
        return host.getMappedRange().slice(0);
      });
    } finally {
      this.#set.destroy(host);
    }
  }

  /** Destroys all buffers. */
  close(): void {
    this.#set.destroyAll();
  }
}
