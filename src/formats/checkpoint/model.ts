/** A model from a file of weights: a state dict of PyTorch, or safetensors. */
import { optionName, phrase, type Phrase } from '../../core/phrase.ts';
import { checkModel } from '../../network/check-model.ts';
import type { Container, Tensors } from '../../network/container.ts';
import type { Model } from '../../network/model.ts';
import type { Network } from '../../network/network.ts';
import { parameterShapes } from '../../network/parameter-shapes.ts';
import { normalizationFrom, refuseUseless, type ModelOptions } from '../model-options.ts';
import { shown } from '../safetensors/header.ts';
import { storedNormalization, storedTask } from './metadata.ts';
import { CheckpointContainer, type CheckpointFormat } from './container.ts';
import { FLATTENS, ordersOfRowsFirst, type Orders } from './flatten-order.ts';
import { checkAllUsed, checkParameters, listed, namedAsInFile, unusedFloats } from './fit.ts';
import { placesIn, readParameter, type Place, type StoredParameter } from './parameters.ts';
import type { StoredTensors } from './stored-tensor.ts';
import { flattenOf, OPTIONS_OF, whichNetwork, type Metadata, type WhichNetwork } from './which-network.ts';

/** A file of weights. */
export interface Checkpoint {
  readonly file: Uint8Array;
  readonly tensors: StoredTensors;
  /** Empty if the format has none. */
  readonly metadata: Metadata;
  readonly format: CheckpointFormat;
  /** What is in it, for messages: "weights and no graph". */
  readonly what: string;
  /** Whether it sorts its tensors by their names. */
  readonly isSorted?: boolean;
  /** The tensors as a network takes them, where that depends on it. */
  readonly arranged?: (network: Network) => StoredTensors;
}

const FIXES: Readonly<Record<WhichNetwork['from'], string | Phrase>> = {
  metadata: 'use the parameters of the network in the file',
  option: phrase`correct the network of ${optionName('architecture')}, or use weights of this network`,
  lenet5: 'use a file for LeNet-5 in PyTorch’s names and layouts',
};

/**
 * The model, which remembers its file. Its parameters have the names of the file and share its memory where they can. Throws 'bad-input' for tensors that
 * are not the parameters of the network, and if neither the file nor an option says which network it is.
 *
 * @param open reads a file as this one was read
 */
export function modelFromCheckpoint(
  checkpoint: Checkpoint,
  options: ModelOptions,
  open: (file: Uint8Array) => Checkpoint,
): Model {
  const { file, metadata, format, what } = checkpoint;
  const given = normalizationFrom(options);
  const places = placesIn(checkpoint.tensors);
  const { network: said, from } = whichNetwork(places, metadata, options, what);
  const network = namedAsInFile(said, places);
  const placesFor = (read: Checkpoint) => placesIn(read.arranged?.(network) ?? read.tensors);
  const arranged = placesFor(checkpoint);
  const fix = FIXES[from];
  if (from !== 'option') checkAllUsed(network, arranged, fix);
  checkParameters(network, arranged, fix);
  if (checkpoint.arranged)
    refuseUseless('a file of Keras, whose order is known', [['flatten', options.flatten]]);
  const rowsFirst = flattenOf(from, metadata, options) !== FLATTENS[0];
  const orders: Orders = rowsFirst ? ordersOfRowsFirst(network) : new Map();
  const parameters = parametersOf(network, arranged, file, orders);
  const reopen = (written: Uint8Array): Tensors =>
    valuesOf(parametersOf(network, placesFor(open(written)), written, orders));
  const container = new CheckpointContainer(file, parameters, format, OPTIONS_OF[from], reopen);
  const task = options.task ?? storedTask(metadata);
  const unused = from === 'option' ? unusedFloats(network, arranged) : [];
  const model: Model & { readonly container: Container } = {
    ...{ network, tensors: valuesOf(parameters), container, ...(task && { task }) },
    normalization: { ...given, ...storedNormalization(metadata, options) },
    ...(unused.length > 0 && { warnings: [unusedText(unused, parameters.size)] }),
  };
  checkModel(model);
  return model;
}

function parametersOf(
  network: Network,
  places: ReadonlyMap<string, Place>,
  file: Uint8Array,
  orders: Orders,
): ReadonlyMap<string, StoredParameter> {
  return new Map(
    [...parameterShapes(network).keys()].map(
      (name) => [name, readParameter(file, places.get(name)!, orders.get(name))] as const,
    ),
  );
}

const valuesOf = (parameters: ReadonlyMap<string, StoredParameter>): Tensors =>
  new Map([...parameters].map(([name, { values }]) => [name, values]));

const unusedText = (unused: readonly string[], used: number) =>
  `the network uses ${used} tensors of the file and not ${unused.length === 1 ? shown(unused[0]) : `${unused.length} others: ${listed(unused)}`}`;
