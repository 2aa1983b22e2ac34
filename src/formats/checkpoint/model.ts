/** A model from a file of weights: a state dict of PyTorch, or safetensors. */
import { MasksearchError } from '../../core/error.ts';
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
import { FLATTENS, hasFlattenOrder, ordersOfRowsFirst, type Orders } from './flatten-order.ts';
import { checkAllUsed, checkParameters, listed, namedAsInFile, unusedFloats } from './fit.ts';
import { placesIn, readParameter, type Place, type StoredParameter } from './parameters.ts';
import type { StoredTensors } from './stored-tensor.ts';
import {
  EXPORTS,
  flattenOf,
  OPTIONS_OF,
  whichNetwork,
  type Framework,
  type Metadata,
  type WhichNetwork,
} from './which-network.ts';

/** A file of weights. */
export interface Checkpoint {
  readonly file: Uint8Array;
  readonly tensors: StoredTensors;
  /** Empty if the format has none. */
  readonly metadata: Metadata;
  readonly format: CheckpointFormat;
  /** Whose conventions the weights have: of flattening and of epsilons. */
  readonly framework: Framework;
  /** What is in it, for messages: "weights and no graph". */
  readonly what: string;
  /** Whether it sorts its tensors by their names. */
  readonly isSorted?: boolean;
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
  const { file, metadata, format } = checkpoint;
  const given = normalizationFrom(options);
  const places = placesIn(checkpoint.tensors);
  const { network: said, from } = whichNetwork(places, metadata, options, checkpoint);
  const network = namedAsInFile(said, places);
  const fix = FIXES[from];
  if (from !== 'option') checkAllUsed(network, places, fix);
  checkParameters(network, places, fix);
  const orders = ordersIn(checkpoint, network, from, options);
  const parameters = parametersOf(network, places, file, orders);
  const reopen = (written: Uint8Array): Tensors =>
    valuesOf(parametersOf(network, placesIn(open(written).tensors), written, orders));
  const mayFlatten = checkpoint.framework !== 'Keras' && from !== 'metadata' && hasFlattenOrder(network);
  const optionNames = [...OPTIONS_OF[from], ...(mayFlatten ? ['flatten'] : [])];
  const container = new CheckpointContainer(file, parameters, format, optionNames, reopen);
  const task = options.task ?? storedTask(metadata);
  const unused = from === 'option' ? unusedFloats(network, places) : [];
  const model: Model & { readonly container: Container } = {
    ...{ network, tensors: valuesOf(parameters), container, ...(task && { task }) },
    normalization: { ...given, ...storedNormalization(metadata, options) },
    ...(unused.length > 0 && { warnings: [unusedText(unused, parameters.size)] }),
  };
  checkModel(model);
  return model;
}

/** The orders of parameters whose features are flattened as rows, columns, channels. Throws 'bad-input' where they cannot be told, or the option has no effect. */
function ordersIn(
  { framework, metadata }: Checkpoint,
  network: Network,
  from: WhichNetwork['from'],
  options: ModelOptions,
): Orders {
  if (framework === 'Keras') {
    refuseUseless('a file of Keras, whose order is known', [['flatten', options.flatten]]);
    return ordersOfRowsFirst(
      network,
      (why) =>
        new MasksearchError(
          'bad-input',
          `the order of features, which Keras flattens as rows, columns, channels, is not known: ${why}`,
          EXPORTS.Keras,
        ),
    );
  }
  if (flattenOf(from, metadata, options) === FLATTENS[0]) return new Map();
  const refused = (why: string) =>
    new MasksearchError(
      'bad-input',
      phrase`${optionName('flatten')} rows-columns-channels has no effect that is known: ${why}`,
      'leave it out',
      { option: 'flatten', value: 'rows-columns-channels' },
    );
  const orders = ordersOfRowsFirst(network, refused);
  if (orders.size === 0) throw refused('no dense layer of the network reads an image of several channels');
  return orders;
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
