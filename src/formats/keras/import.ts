/** The network that a configuration of Keras describes, with the weights of a file. */
import { MasksearchError } from '../../core/error.ts';
import { INPUT, type Network } from '../../network/network.ts';
import { elementsOf, shapeText } from '../../network/shapes.ts';
import type { Task } from '../../network/task.ts';
import { shown } from '../safetensors/header.ts';
import { FIX, invalid, plain } from './errors.ts';
import { graphOf, isAlias, NETWORK_INPUT, type KerasGraph, type LayerCall } from './config/graph.ts';
import type { JsonObject } from './config/json.ts';
import type { LayerImport } from './layers/call.ts';
import { LAYERS, OPERATIONS, SKIPPED } from './layers/index.ts';
import { MAX_ELEMENTS, NetworkImport } from './network-import.ts';
import { inputShape, type Value, type ValueKind } from './value.ts';
import type { Parameters, WeightSource } from './weights.ts';

export interface ImportedNetwork {
  readonly network: Network;
  readonly parameters: Parameters;
  readonly task: Task;
  /** Whether the network scales bytes itself, so that they enter as they are. */
  readonly scalesBytes: boolean;
}

/** Layers in a message. */
const MAX_NAMED = 4;
/** Factors of bytes are 1/255, 1/127.5 or these over a standard deviation; those of numbers around 1 are larger. */
const MAX_BYTE_FACTOR = 1 / 32;

/**
 * Throws 'bad-input' for what no network here can do.
 *
 * @param version major version of Keras
 */
export function importNetwork(
  model: JsonObject,
  source: WeightSource,
  version: number,
  asked: Task | undefined,
): ImportedNetwork {
  const graph = graphOf(model);
  checkLayers(graph.calls);
  const channelsFirst = hasChannelsFirst(graph.calls, version);
  const kind = inputKind(graph);
  const { input } = graph;
  const shape = channelsFirst && kind === 'image' ? input : inputShape(kind, input);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 1) || elementsOf(shape) > MAX_ELEMENTS)
    throw invalid(
      `the input of the model is ${shapeText(input.map((size) => (size === 0 ? NaN : size))).replaceAll('NaN', '?')}, only fixed sizes of at most ${MAX_ELEMENTS} numbers can be read`,
      'build the model with a fixed input shape',
    );
  const network = new NetworkImport(shape, source);
  const values = new Map<string, Value>([[NETWORK_INPUT, { node: INPUT, kind }]]);
  for (const { id, layer, inputs } of graph.calls) {
    const isSkipped = SKIPPED.includes(layer.className);
    const read = inputs.map((input) => {
      const value = values.get(input)!;
      if (isSkipped || !value.ending) return value;
      if (value.ending.function === 'softmax')
        throw layer.unsupported('reads the output of a softmax, which only the end of a network may be');
      return { ...value, ending: undefined };
    });
    const call = { layer, inputs: read, network, channelsFirst, version };
    values.set(id, importOf({ layer })!(call));
  }
  return finished(network, values.get(graph.output)!, asked, channelsFirst);
}

function importOf({ layer: { className, config } }: Pick<LayerCall, 'layer'>): LayerImport | undefined {
  if (className === 'TFOpLambda') {
    const name = config['function'];
    return typeof name === 'string' && Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  }
  return Object.hasOwn(LAYERS, className) ? LAYERS[className] : undefined;
}

/** All classes at once that no network here has, the most frequent first. */
function checkLayers(calls: readonly LayerCall[]): void {
  const found = new Map<string, { count: number; first: string }>();
  for (const call of calls) {
    if (importOf(call)) continue;
    const { className, name, config } = call.layer;
    const called =
      className === 'TFOpLambda'
        ? `TFOpLambda ${typeof config['function'] === 'string' ? config['function'] : ''}`
        : className;
    const entry = found.get(called);
    found.set(called, { count: (entry?.count ?? 0) + 1, first: entry?.first ?? name });
  }
  if (found.size === 0) return;
  const ordered = [...found].sort(([, a], [, b]) => b.count - a.count);
  const texts = ordered
    .slice(0, MAX_NAMED)
    .map(([className, { count, first }]) => `${plain(className)} (${count}, the first is ${shown(first)})`);
  const more = ordered.length > MAX_NAMED ? ` and ${ordered.length - MAX_NAMED} more` : '';
  throw new MasksearchError(
    'bad-input',
    `the network has layers that are not supported: ${texts.join(', ')}${more}`,
    FIX,
  );
}

/** Whether images have their channels first in all layers, or in none. */
function hasChannelsFirst(calls: readonly LayerCall[], version: number): boolean {
  const formats = new Set<string>();
  for (const { layer } of calls) {
    if (!/Conv|Pooling|Padding/.test(layer.className)) continue;
    const format = layer.text('channels_last', 'data_format', 'dim_ordering');
    const isFirst = format === 'channels_first' || format === 'th';
    if (!isFirst && format !== 'channels_last' && format !== 'tf' && format !== 'default')
      throw layer.unsupported(`has the data format ${shown(format)}, which is not known`);
    if (isFirst && (version < 2 || /1D/.test(layer.className)))
      throw layer.unsupported('has its channels first, which is supported for images since Keras 2 alone');
    formats.add(isFirst ? 'first' : 'last');
  }
  if (formats.size > 1)
    throw invalid(
      'the model has layers with channels first and with channels last',
      'build it with one of them',
    );
  return formats.has('first');
}

/** What an input of two axes is shows in the first layer that tells: a signal for one of signals, else an image. */
function inputKind({ input, calls }: KerasGraph): ValueKind {
  if (input.length === 1) return 'vector';
  if (input.length === 3) return 'image';
  if (input.length !== 2)
    throw invalid(
      `the input of the model has ${input.length} axes besides the batch, only 1 to 3 can be read`,
      'build the model for vectors, signals or images',
    );
  const first = calls.find(
    (call) => !isAlias(call) && /1D|Flatten|Reshape|Dense|BatchNormalization/.test(call.layer.className),
  );
  return first !== undefined && /1D|Dense|BatchNormalization/.test(first.layer.className)
    ? 'signal'
    : 'plane';
}

/** What the last function says of the task goes to the loss. */
function finished(
  network: NetworkImport,
  value: Value,
  asked: Task | undefined,
  channelsFirst: boolean,
): ImportedNetwork {
  const { ending } = value;
  const elements = elementsOf(network.shapeOf(value.node));
  const isAutoencoder = elements > 1 && elements === elementsOf(network.input);
  if (ending?.function === 'softmax' && asked === 'regression')
    throw new MasksearchError(
      'bad-input',
      'the network ends in a softmax, and a regression is asked for',
      'build the network without it, or leave the task out',
    );
  const isBinary =
    ending?.function === 'sigmoid' && asked !== 'regression' && (asked !== undefined || !isAutoencoder);
  // The sigmoid is the last node: nothing else reads it.
  if (isBinary) network.removeLast();
  const scores = isBinary || ending?.function === 'softmax' ? ending.of : value;
  const node = scoresOf(network, scores, channelsFirst);
  if (node === INPUT) throw invalid('the model computes nothing');
  const found: Task =
    ending?.function === 'softmax'
      ? 'classes'
      : isBinary
        ? 'binary'
        : isAutoencoder
          ? 'regression'
          : 'classes';
  const { input, nodes, parameters } = network;
  return {
    network: { input, nodes, output: node },
    ...{ parameters, task: asked ?? found, scalesBytes: scalesBytes(network) },
  };
}

/** The node whose numbers are the outputs in the order of Keras. */
function scoresOf(network: NetworkImport, value: Value, channelsFirst: boolean): string {
  const [channels, height = 1, width = 1] = network.shapeOf(value.node);
  const isMoved = value.pieces !== undefined || (value.kind !== 'vector' && !channelsFirst && channels! > 1);
  if (isMoved && (value.pieces !== undefined || height * width > 1))
    throw invalid(
      'the output of the model has its channels last',
      'build it with a vector as its output, after a global pooling or dense layer',
    );
  return value.node;
}

/** Whether all that reads the input makes numbers up to 255 small: nothing else is done with bytes as they are. */
function scalesBytes({ nodes, parameters }: NetworkImport): boolean {
  const readers = nodes.filter(({ inputs }) => inputs.includes(INPUT));
  return (
    readers.length > 0 &&
    readers.every(
      (node) =>
        node.kind === 'affine' &&
        parameters.get(node.scale)!.values.every((factor) => Math.abs(factor) <= MAX_BYTE_FACTOR),
    )
  );
}
