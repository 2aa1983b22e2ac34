/** Bind groups, kept as long as the buffers they refer to. */
import type { Binding } from '../../../kernels/spec.ts';
import type { GpuContext } from './context.ts';
import type { Pipeline } from './pipelines.ts';

export class BindGroups {
  readonly #context: GpuContext;
  readonly #groups = new Map<string, GPUBindGroup>();
  /** A number for each buffer and layout seen, to make keys of. */
  readonly #numbers = new WeakMap<object, number>();
  #next = 0;

  constructor(context: GpuContext) {
    this.#context = context;
  }

  /** The group of `buffers`, in the order of `bindings`; a block per dispatch is bound `blockBytes` wide. */
  get(
    { layout }: Pipeline,
    bindings: readonly Binding[],
    buffers: readonly GPUBuffer[],
    blockBytes: number,
  ): GPUBindGroup {
    const key = [layout, ...buffers].map((object) => this.#numberOf(object)).join(' ');
    let group = this.#groups.get(key);
    if (!group) {
      const entries = buffers.map((buffer, binding) => {
        const size = bindings[binding]!.perDispatch && { size: blockBytes };
        return { binding, resource: { buffer, ...size } };
      });
      group = this.#context.device.createBindGroup({ layout, entries });
      this.#groups.set(key, group);
    }
    return group;
  }

  /** Forgets all: buffers were destroyed. */
  clear(): void {
    this.#groups.clear();
  }

  #numberOf(object: object): number {
    let number = this.#numbers.get(object);
    if (number === undefined) this.#numbers.set(object, (number = this.#next++));
    return number;
  }
}
