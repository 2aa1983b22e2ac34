/**
 * Weights without a network in an .h5, as `save_weights` of Keras 1 to 3 writes them: a checkpoint with the names and layouts of PyTorch, which are views of the
 * file.
 */
import type { Checkpoint } from '../checkpoint/model.ts';
import type { StoredTensor, StoredTensors } from '../checkpoint/stored-tensor.ts';
import { openHdf5, type Dataset, type Hdf5Object } from '../hdf5/file.ts';
import { damaged } from '../hdf5/reader.ts';
import { shown } from '../safetensors/header.ts';
import { invalid } from './errors.ts';
import { namesIn, roleOf } from './h5-names.ts';

/** What the group of the layers is called since Keras 2.14, and before. */
const CONTAINERS = ['layers', '_layer_checkpoint_dependencies'];

/** Names of Keras, and those of PyTorch. */
const MEMBERS: Readonly<Record<string, string>> = {
  ...{ kernel: 'weight', depthwise_kernel: 'weight', gamma: 'weight', beta: 'bias', bias: 'bias' },
  ...{ moving_mean: 'running_mean', moving_variance: 'running_var' },
};
/** Keras 3 numbers the weights of a layer: those of a normalisation, and of others. */
const NUMBERED = {
  normalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
  depthwise: ['depthwise_kernel', 'bias'],
  other: ['kernel', 'bias'],
} as const;

/** The weights; undefined for a file that holds a network too, or no weights. Throws 'bad-input' for damage. */
export function h5Checkpoint(file: Uint8Array): Checkpoint | undefined {
  const root = openHdf5(file);
  const found = checkpointIn(root, file);
  // All tensors are views of one file.
  const contiguous = root.fileWithoutChunks();
  if (!contiguous) return found;
  const opened = openHdf5(contiguous);
  const again = checkpointIn(opened, contiguous);
  if (opened.fileWithoutChunks()) throw damaged('has datasets whose headers overlap');
  return again;
}

function checkpointIn(root: Hdf5Object, file: Uint8Array): Checkpoint | undefined {
  if (root.texts('model_config')) return undefined;
  const layers = namesIn(root, 'layer_names');
  const container = CONTAINERS.flatMap((name) => root.get(name) ?? [])[0];
  const tensors = layers ? namedWeights(root, layers) : container && numberedWeights(container);
  if (!tensors || tensors.size === 0) return undefined;
  return {
    ...{ file, tensors, metadata: {}, what: 'weights and no graph', framework: 'Keras', isSorted: !layers },
    // Keras 3 tells numbered weights from named ones by the file's name.
    format: { extension: layers ? 'h5' : 'weights.h5', seal: () => undefined },
  };
}

function namedWeights(root: Hdf5Object, layers: readonly string[]): StoredTensors {
  const tensors = new Map<string, StoredTensor>();
  for (const layer of layers) {
    const group = root.get(layer);
    for (const weight of (group && namesIn(group, 'weight_names')) ?? []) {
      const found = group!.get(weight);
      if (found) add(tensors, layer, roleOf(weight), found.dataset());
    }
  }
  return tensors;
}

function numberedWeights(container: Hdf5Object): StoredTensors {
  const tensors = new Map<string, StoredTensor>();
  for (const layer of container.names) {
    const vars = container.child(layer)!.get('vars');
    if (!vars?.isGroup) continue;
    const kind = /normalization/.test(layer)
      ? 'normalization'
      : /^depthwise/.test(layer)
        ? 'depthwise'
        : 'other';
    if (/batch_normalization/.test(layer)) checkWhole(layer, vars.names.length);
    for (const number of vars.names) {
      const role = NUMBERED[kind][Number(number)] ?? number;
      add(tensors, layer, role, vars.child(number)!.dataset());
    }
  }
  return tensors;
}

/** Numbers do not tell whether gamma or beta is missing. */
function checkWhole(layer: string, count: number): void {
  const whole = NUMBERED.normalization.length;
  if (count === whole) return;
  throw invalid(
    `the normalisation ${shown(layer)} has ${count} arrays in place of ${whole}, and their numbers do not tell which`,
    'save the whole model with model.save("model.keras")',
  );
}

function add(tensors: Map<string, StoredTensor>, layer: string, role: string, dataset: Dataset): void {
  const member = Object.hasOwn(MEMBERS, role) ? MEMBERS[role]! : role;
  const name = `${layer}.${member}`;
  const { type, begin, bigEndian } = dataset;
  tensors.set(name, { name, ...viewOf(role, dataset.shape), type, typeName: type, begin, bigEndian });
}

type View = Pick<StoredTensor, 'shape' | 'strides'>;

/** Outputs first, in place of last. */
function viewOf(role: string, shape: readonly number[]): View {
  const [a = 1, b = 1, c = 1, d = 1] = shape;
  switch (shape.length) {
    case 2:
      return { shape: [b, a], strides: [1, b] };
    case 3:
      return { shape: [c, b, a], strides: [1, c, b * c] };
    case 4:
      return role === 'depthwise_kernel'
        ? { shape: [c * d, 1, a, b], strides: [1, 1, b * c * d, c * d] }
        : { shape: [d, c, a, b], strides: [1, d, b * c * d, c * d] };
    default:
      return { shape, strides: shape.map((_, i) => shape.slice(i + 1).reduce((x, y) => x * y, 1)) };
  }
}
