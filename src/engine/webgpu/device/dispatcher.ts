/** Writes dispatches into compute passes. Bind groups are kept and reused as long as their buffers live. */
import type { Grid } from '../../../kernels/spec.ts';
import type { GpuContext } from './context.ts';
import type { ParamsEntry } from './params-table.ts';
import type { Pipeline } from './pipelines.ts';

export interface Dispatch {
  readonly pipeline: Pipeline;
  /** The kernel's uniform, binding 0. */
  readonly params: ParamsEntry;
  /** The kernel's other bindings, in order. */
  readonly buffers: readonly GPUBuffer[];
  readonly grid: Grid;
}

export class Dispatcher {
  readonly #context: GpuContext;
  readonly #groups = new Map<string, GPUBindGroup>();
  /** A number for each layout and buffer seen, to build keys from. */
  readonly #numbers = new WeakMap<object, number>();
  #next = 0;

  constructor(context: GpuContext) {
    this.#context = context;
  }

  encode(pass: GPUComputePassEncoder, dispatch: Dispatch): void {
    const { pipeline, params, grid } = dispatch;
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, this.#groupOf(dispatch), [params.offset]);
    pass.dispatchWorkgroups(...grid);
  }

  /** Forgets all bind groups. Call it after buffers were destroyed or replaced. */
  clear(): void {
    this.#groups.clear();
  }

  #groupOf({ pipeline: { layout }, params, buffers }: Dispatch): GPUBindGroup {
    const key = [layout, params.buffer, ...buffers].map((object) => this.#numberOf(object)).join(' ');
    let group = this.#groups.get(key);
    if (!group) {
      const resources = [
        { buffer: params.buffer, size: params.bytes },
        ...buffers.map((buffer) => ({ buffer })),
      ];
      const entries = resources.map((resource, binding) => ({ binding, resource }));
      group = this.#context.device.createBindGroup({ layout, entries });
      this.#groups.set(key, group);
    }
    return group;
  }

  #numberOf(object: object): number {
    let number = this.#numbers.get(object);
    if (number === undefined) this.#numbers.set(object, (number = this.#next++));
    return number;
  }
}
