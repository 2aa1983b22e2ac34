/** Writes networks by hand: a function per kind of node with the usual defaults, and a builder that connects them. */
import { DEFAULT_ALPHA, type Activation } from '../kernels/activation.ts';
import type { PoolOperation } from '../kernels/pool2d.ts';
import type { Padding, Size2d, Window } from '../kernels/window.ts';
import { INPUT, type Network, type Node, type Shape } from './network.ts';

/** A node that does not yet say what it reads. */
export type Step = Node extends infer One ? (One extends Node ? Omit<One, 'inputs'> : never) : never;

/** A number stands for both directions or all sides. */
interface WindowOptions {
  readonly kernel: number | Size2d;
  readonly stride?: number | Size2d;
  readonly padding?: number | Padding;
  readonly dilation?: number | Size2d;
}

const both = (size: number | Size2d): Size2d => (typeof size === 'number' ? [size, size] : size);

function windowOf({ kernel, stride = 1, padding = 0, dilation = 1 }: WindowOptions): Window {
  return {
    kernel: both(kernel),
    stride: both(stride),
    padding: typeof padding === 'number' ? [padding, padding, padding, padding] : padding,
    dilation: both(dilation),
  };
}

interface WeightOptions {
  /** Default: true. */
  readonly bias?: boolean;
  /** Name of the weight. Default: the node's name and `.weight`. */
  readonly weight?: string;
}

const weightNames = (name: string, { bias = true, weight = `${name}.weight` }: WeightOptions) => ({
  weight,
  ...(bias && { bias: `${name}.bias` }),
});

export function conv2d(
  name: string,
  options: WindowOptions & WeightOptions & { readonly outChannels: number; readonly groups?: number },
): Step {
  const { outChannels, groups = 1 } = options;
  return { kind: 'conv2d', name, ...windowOf(options), outChannels, groups, ...weightNames(name, options) };
}

export function dense(name: string, options: WeightOptions & { readonly outputs: number }): Step {
  return { kind: 'dense', name, outputs: options.outputs, ...weightNames(name, options) };
}

/** The stride is the kernel unless given. */
export function pool2d(
  name: string,
  options: WindowOptions & {
    readonly operation: PoolOperation;
    readonly countPadding?: boolean;
    readonly ceil?: boolean;
  },
): Step {
  const { operation, countPadding = false, ceil = false } = options;
  const window = windowOf({ stride: options.kernel, ...options });
  return { kind: 'pool2d', name, ...window, operation, countPadding, ceil };
}

export const globalPool = (name: string, operation: PoolOperation): Step => ({
  kind: 'globalPool',
  name,
  operation,
});

export const activation = (name: string, kind: Activation, alpha = DEFAULT_ALPHA[kind] ?? 0): Step => ({
  kind: 'activation',
  name,
  activation: kind,
  alpha,
});

/** Its parameters have PyTorch's names: `.weight`, `.bias`, `.running_mean` and `.running_var`. */
export const batchNorm = (name: string, epsilon = 1e-5): Step => ({
  kind: 'batchNorm',
  name,
  scale: `${name}.weight`,
  shift: `${name}.bias`,
  mean: `${name}.running_mean`,
  variance: `${name}.running_var`,
  epsilon,
});

export const affine = (name: string): Step => ({
  kind: 'affine',
  name,
  scale: `${name}.weight`,
  shift: `${name}.bias`,
});

export const add = (name: string): Step => ({ kind: 'add', name });
export const concat = (name: string): Step => ({ kind: 'concat', name });
export const flatten = (name: string): Step => ({ kind: 'flatten', name });

export const pad = (
  name: string,
  options: { readonly padding?: Padding; readonly channels?: readonly [number, number] },
): Step => ({ kind: 'pad', name, padding: [0, 0, 0, 0], channels: [0, 0], ...options });

/** Connects nodes in the order in which they are added. */
export class NetworkBuilder {
  readonly #input: Shape;
  readonly #nodes: Node[] = [];

  constructor(input: Shape) {
    this.#input = input;
  }

  /** Name of the node that was added last, or `INPUT`. */
  get last(): string {
    return this.#nodes.at(-1)?.name ?? INPUT;
  }

  /** Adds a node that reads `inputs`, or else the one before, and returns its name. */
  add(step: Step, ...inputs: string[]): string {
    this.#nodes.push({ ...step, inputs: inputs.length > 0 ? inputs : [this.last] });
    return step.name;
  }

  /** The network whose output is the node that was added last. */
  build(): Network {
    return { input: this.#input, nodes: this.#nodes, output: this.last };
  }
}

/** A network in which every node reads the one before. */
export function sequential(input: Shape, ...steps: readonly Step[]): Network {
  const builder = new NetworkBuilder(input);
  for (const step of steps) builder.add(step);
  return builder.build();
}
