/** The end of a network, and what it and the start say of its use. */
import { MasksearchError } from '../../../core/error.ts';
import { INPUT, type Network } from '../../../network/network.ts';
import { elementsOf } from '../../../network/shapes.ts';
import type { Task } from '../../../network/task.ts';
import { invalid } from './errors.ts';
import type { NetworkImport, Parameter } from './network-import.ts';
import { sizeOf, type Activation } from './values/value.ts';

/** Factors of bytes are 1/255, 1/127.5 or these over a standard deviation; those of numbers around 1 are larger. */
const MAX_BYTE_FACTOR = 1 / 32;
/** Means of bytes are around 128, of numbers around 1 far below this. */
const MIN_BYTE_SHIFT = 16;

export interface ImportedNetwork {
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly task: Task;
  /** Whether the network scales bytes itself, so that they enter as they are. */
  readonly scalesBytes: boolean;
}

export interface Tasks {
  /** Of a file that `modelToOnnx` wrote: the network ends with its scores, so that a sigmoid there is part of it. */
  readonly stored: Task | undefined;
  /** What the caller says, whatever the file ends with. */
  readonly asked: Task | undefined;
}

/** The network that ends with `value`: what the last operator says of the task goes to the loss. */
export function finished(
  network: NetworkImport,
  value: Activation,
  { stored, asked }: Tasks,
): ImportedNetwork {
  const elements = sizeOf(value.shape.slice(1));
  const isAutoencoder = elements > 1 && elements === elementsOf(network.input);
  const { pending } = value;
  const endsInSigmoid = pending?.last.kind === 'unary' && pending.node.operator === 'Sigmoid';
  if (value.ending !== undefined && asked === 'regression')
    throw new MasksearchError(
      'bad-input',
      `the network ends in ${value.ending}, and a regression is asked for`,
      'export the network without it, or leave the task out',
    );
  const isBinary =
    stored === undefined &&
    endsInSigmoid &&
    asked !== 'regression' &&
    (asked !== undefined || !isAutoencoder);
  const scores = isBinary && pending.last.kind === 'unary' ? pending.last.inner : value;
  const found: Task =
    value.ending !== undefined ? 'classes' : isBinary ? 'binary' : isAutoencoder ? 'regression' : 'classes';
  const { node, order } = network.computed({ ...scores, ending: undefined });
  if (order !== undefined)
    throw new MasksearchError(
      'bad-input',
      'the output of the network has its channels last',
      'export the network with a vector as its output',
    );
  if (node === INPUT) throw invalid('the network computes nothing');
  const { input, nodes, parameters } = network;
  const task = asked ?? stored ?? found;
  return { network: { input, nodes, output: node }, parameters, task, scalesBytes: scalesBytes(network) };
}

/** Whether all that reads the input makes numbers up to 255 small, or moves them far: nothing else is done with bytes as they are. */
function scalesBytes({ nodes, parameters }: NetworkImport): boolean {
  const readers = nodes.filter(({ inputs }) => inputs.includes(INPUT));
  const valuesOf = (name: string | undefined) =>
    name === undefined ? undefined : parameters.get(name)?.values;
  return (
    readers.length > 0 &&
    readers.every((node) => {
      if (node.kind === 'affine') return takesBytes(valuesOf(node.scale)!, valuesOf(node.shift)!);
      if (node.kind !== 'batchNorm') return false;
      const scale = valuesOf(node.scale);
      const factors = valuesOf(node.variance)!.map(
        (variance, c) => (scale?.[c] ?? 1) / Math.sqrt(variance + node.epsilon),
      );
      return takesBytes(factors, valuesOf(node.mean)!);
    })
  );
}

const takesBytes = (factors: Float32Array, shifts: Float32Array) =>
  factors.every((factor) => Math.abs(factor) <= MAX_BYTE_FACTOR) ||
  shifts.every((shift) => Math.abs(shift) >= MIN_BYTE_SHIFT);
