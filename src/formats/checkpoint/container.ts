/** A file of weights with other numbers in it: everything else stays as it came. */
import type { Container, ContainerFiles, TensorLayout } from '../../network/container.ts';
import type { Tensors } from '../../network/model.ts';
import type { StoredParameter } from './parameters.ts';
import { writeNumbers, type FloatTensor } from './stored-tensor.ts';

/** What a format of such files does. */
export interface CheckpointFormat {
  /** What the names of such files end with. */
  readonly extension: string;
  /** Corrects the checksums of a file in which numbers of these tensors were changed, in place. */
  seal(file: Uint8Array, changed: readonly FloatTensor[]): void;
}

type Changes = ReadonlyMap<number, number>;

export class CheckpointContainer implements Container {
  readonly extension: string;
  readonly beside: readonly string[] = [];
  readonly layouts: ReadonlyMap<string, TensorLayout>;
  readonly options: readonly string[];
  readonly #file: Uint8Array;
  readonly #parameters: ReadonlyMap<string, StoredParameter>;
  readonly #format: CheckpointFormat;
  readonly #reopen: (file: Uint8Array) => Tensors;

  /**
   * @param options those that said which network it is
   * @param reopen the parameters in such a file
   */
  constructor(
    file: Uint8Array,
    parameters: ReadonlyMap<string, StoredParameter>,
    format: CheckpointFormat,
    options: readonly string[],
    reopen: (file: Uint8Array) => Tensors,
  ) {
    this.extension = format.extension;
    this.options = options;
    this.layouts = new Map(
      [...parameters].map(([name, { tensor, order }]) => [name, { shape: tensor.shape, order }] as const),
    );
    this.#file = file;
    this.#parameters = parameters;
    this.#format = format;
    this.#reopen = reopen;
  }

  write(tensors: Tensors): ContainerFiles {
    // Not slice(): that of Node's Buffer does not copy, and the model's numbers are views of the file.
    const main = new Uint8Array(this.#file);
    const changed: FloatTensor[] = [];
    const change = (tensor: FloatTensor, changes: Changes) => {
      if (changes.size === 0) return;
      writeNumbers(main, tensor, changes);
      changed.push(tensor);
    };
    for (const [name, { values, order, tensor, mask }] of this.#parameters) {
      const changes = changesOf(values, tensors.get(name)!, order);
      if (!mask) change(tensor, changes);
      else {
        // Pruned as torch.nn.utils.prune does it: in the mask, so that the weights stay 0 when training goes on.
        change(mask, new Map([...changes].map(([at, value]) => [at, value === 0 ? 0 : 1])));
        change(tensor, new Map([...changes].filter(([, value]) => value !== 0)));
      }
    }
    if (changed.length > 0) this.#format.seal(main, changed);
    return { main, beside: new Map() };
  }

  read({ main }: ContainerFiles): Tensors {
    return this.#reopen(main);
  }
}

/** By index in the file. */
function changesOf(before: Float32Array, after: Float32Array, order: Uint32Array | undefined): Changes {
  const changes = new Map<number, number>();
  for (let i = 0; i < before.length; i++) {
    if (!Object.is(before[i], after[i])) changes.set(order ? order[i]! : i, after[i]!);
  }
  return changes;
}
