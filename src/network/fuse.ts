/**
 * Fuses the nodes of a network into the layers that kernels run: weights with the normalisation, activation and 2x2 pooling after
 * them, an addition with its activation. Flattening changes no memory and goes away; so do nodes that the output does not depend on.
 */
import type { Activated } from '../kernels/activation.ts';
import type { FusedPool } from '../kernels/masked-conv2d.ts';
import type { PoolShape } from '../kernels/pool2d.ts';
import { layerSizes } from './layer-sizes.ts';
import type { FusedLayer, LayerShape, LayerSource, TensorIndex } from './fused-layer.ts';
import { INPUT, type Conv2dNode, type DenseNode, type Network, type Node, type Padding } from './network.ts';
import { channelsOf, elementsOf, inferShapes, type Shapes } from './shapes.ts';

export type { FusedLayer } from './fused-layer.ts';

/** The fused layers, in topological order; the last gives the scores. Throws 'bad-input' for a graph that does not fit together. */
export function fuse(network: Network): readonly FusedLayer[] {
  return new Fuser(network).layers();
}

/** Number of scores per image. */
export function classesOf(network: Network): number {
  return elementsOf(inferShapes(network).get(network.output)!);
}

/** Nodes that belong to the layer before them, as the article counts layers. */
const ELEMENTWISE: readonly Node['kind'][] = ['activation', 'batchNorm', 'affine'];

/** Index of each node among those that the article counts as layers, and their number. */
export function positionsOf({ nodes }: Network): {
  readonly of: ReadonlyMap<string, number>;
  readonly depth: number;
} {
  const of = new Map<string, number>();
  let depth = 0;
  for (const { kind, name } of nodes) of.set(name, ELEMENTWISE.includes(kind) ? depth : depth++);
  return { of, depth };
}

const LINEAR: Activated = { activation: 'none', alpha: 0 };
const NO_SOURCE: LayerSource = { affine: [] };

class Fuser {
  readonly #network: Network;
  readonly #shapes: Shapes;
  readonly #nodes: readonly Node[];
  readonly #positions: ReadonlyMap<string, number>;
  /** The nodes that read each tensor. */
  readonly #readers = new Map<string, Node[]>();
  readonly #byName: ReadonlyMap<string, Node>;
  /** Number of the tensor that holds the output of each node so far. */
  readonly #tensors = new Map<string, TensorIndex>([[INPUT, 0]]);
  /** Weights in the order of their masks. */
  readonly #weights: string[] = [];
  readonly #allWeights: ReadonlySet<string>;
  readonly #layers: FusedLayer[] = [];

  constructor(network: Network) {
    this.#network = network;
    this.#shapes = inferShapes(network);
    this.#positions = positionsOf(network).of;
    this.#nodes = neededNodes(network);
    this.#allWeights = new Set(this.#nodes.flatMap((node) => ('weight' in node ? [node.weight] : [])));
    this.#byName = new Map(network.nodes.map((node) => [node.name, node]));
    for (const node of this.#nodes) {
      for (const name of new Set(node.inputs)) {
        const readers = this.#readers.get(name);
        if (readers) readers.push(node);
        else this.#readers.set(name, [node]);
      }
    }
  }

  layers(): readonly FusedLayer[] {
    for (const node of this.#nodes) if (!this.#tensors.has(node.name)) this.#fuse(node);
    if (this.#layers.length === 0) this.#affine(this.#nodes.at(-1)!, []);
    return this.#layers;
  }

  #fuse(node: Node): void {
    switch (node.kind) {
      case 'flatten':
        return this.#alias(node);
      case 'conv2d':
      case 'dense':
        return this.#weighted(node);
      case 'pool2d':
      case 'globalPool':
        return this.#pool(node);
      case 'activation':
      case 'batchNorm':
      case 'affine':
        return this.#affine(node, [node]);
      case 'add':
      case 'concat':
        return this.#chain(node);
      case 'pad':
        return this.#pad(node);
    }
  }

  /** Pooling, or the activation alone, directly after `node`, if nothing else reads `node`. */
  #onlyReader(node: Node): Node | undefined {
    const readers = this.#readers.get(node.name) ?? [];
    return node.name === this.#network.output || readers.length !== 1 ? undefined : readers[0];
  }

  /** The output of `node` is the tensor that it reads. */
  #alias(node: Node): void {
    this.#tensors.set(node.name, this.#tensors.get(node.inputs[0]!)!);
  }

  #weighted(node: Conv2dNode | DenseNode): void {
    const padded = this.#byName.get(node.inputs[0]!);
    const absorbed: Node[] = [node];
    const affine = this.#absorbAffine(absorbed);
    let pool: FusedPool = 'none';
    let activated = this.#absorbActivation(absorbed);
    const next = this.#onlyReader(absorbed.at(-1)!);
    if (node.kind === 'conv2d' && !isDepthwise(node, this.#channels(node)) && next && isFusedPool(next)) {
      pool = next.operation;
      absorbed.push(next);
      // The maximum of a rising function is the function of the maximum, so it does not matter which comes first.
      if (pool === 'max' && activated === LINEAR) activated = this.#absorbActivation(absorbed, RISING);
    }
    const isPadded = padded?.kind === 'pad' && node.kind === 'conv2d' && this.#isFoldedPad(padded);
    const shape =
      node.kind === 'dense'
        ? this.#denseShape(node, activated)
        : this.#convShape(node, activated, pool, isPadded ? padded.padding : [0, 0, 0, 0]);
    const source = { weight: node.weight, bias: node.bias, affine };
    this.#push(absorbed, shape, source, [node.inputs[0]!]);
  }

  #denseShape(node: DenseNode, activated: Activated): LayerShape {
    const inputs = elementsOf(this.#shapes.get(node.inputs[0]!)!);
    return { kind: 'dense', shape: { inputs, outputs: node.outputs, ...activated } };
  }

  #convShape(node: Conv2dNode, activated: Activated, pool: FusedPool, more: Padding): LayerShape {
    const [channels, height, width] = this.#shapes.get(node.inputs[0]!)!;
    const { kernel, stride, dilation, groups, outChannels } = node;
    const padding = node.padding.map((pixels, side) => pixels + more[side]!) as unknown as Padding;
    const window = { kernel, stride, padding, dilation };
    // `height` includes the zeros of a pad node that became part of the padding.
    const size = { inHeight: height! - more[0] - more[2], inWidth: width! - more[1] - more[3] };
    if (isDepthwise(node, channels!)) {
      const multiplier = outChannels / channels!;
      return {
        kind: 'depthwise',
        shape: { channels: channels!, ...size, multiplier, ...window, ...activated },
      };
    }
    return {
      kind: 'conv2d',
      shape: { inChannels: channels!, ...size, outChannels, groups, ...window, pool, ...activated },
    };
  }

  #channels(node: Node): number {
    return this.#shapes.get(node.inputs[0]!)![0]!;
  }

  #pool(node: Extract<Node, { kind: 'pool2d' | 'globalPool' }>): void {
    const [channels, inHeight, inWidth] = this.#shapes.get(node.inputs[0]!)! as [number, number, number];
    const input = { channels, inHeight, inWidth, operation: node.operation };
    const shape: PoolShape =
      node.kind === 'pool2d'
        ? { ...input, ...windowOf(node), countPadding: node.countPadding, ceil: node.ceil }
        : { ...input, ...wholeImage(inHeight, inWidth), countPadding: false, ceil: false };
    this.#push([node], { kind: 'pool2d', shape }, NO_SOURCE, node.inputs);
  }

  /** A layer of normalisations and the activation after them, that follow nothing they could be fused into. */
  #affine(node: Node, absorbed: Node[]): void {
    const start = absorbed[0];
    const own = start?.kind === 'batchNorm' || start?.kind === 'affine' ? [start] : [];
    const more = own.length > 0 ? this.#absorbAffine(absorbed) : [];
    const activated =
      start?.kind === 'activation'
        ? { activation: start.activation, alpha: start.alpha }
        : absorbed.length > 0
          ? this.#absorbActivation(absorbed)
          : LINEAR;
    if (start?.kind === 'activation' && start.activation === 'none' && node.name !== this.#network.output) {
      this.#alias(node);
      return;
    }
    const shape = { ...channelsOf(this.#shapes.get(node.inputs[0]!)!), ...activated };
    const source = { affine: [...own, ...more] };
    this.#push(absorbed.length > 0 ? absorbed : [node], { kind: 'affine', shape }, source, node.inputs);
  }

  /** A sum or concatenation of more than two tensors is a chain of layers of two. */
  #chain(node: Extract<Node, { kind: 'add' | 'concat' }>): void {
    const absorbed: Node[] = [node];
    const activated = node.kind === 'add' ? this.#absorbActivation(absorbed) : LINEAR;
    const sizes = node.inputs.map((name) => channelsOf(this.#shapes.get(name)!));
    const { area } = sizes[0]!;
    let { channels } = sizes[0]!;
    let first = this.#tensors.get(node.inputs[0]!)!;
    for (let i = 1; i < node.inputs.length; i++) {
      const more = sizes[i]!.channels;
      const after = i + 1 === node.inputs.length ? activated : LINEAR;
      const shape: LayerShape =
        node.kind === 'add'
          ? { kind: 'add', shape: { channels, area, ...after } }
          : { kind: 'concat', shape: { channels: [channels, more], area } };
      const reads = [first, this.#tensors.get(node.inputs[i]!)!];
      first = this.#pushLayer(node, shape, NO_SOURCE, reads);
      if (node.kind === 'concat') channels += more;
    }
    for (const { name } of absorbed) this.#tensors.set(name, first);
  }

  #pad(node: Extract<Node, { kind: 'pad' }>): void {
    if (this.#isFoldedPad(node)) return this.#alias(node);
    const [channels, inHeight, inWidth] = this.#shapes.get(node.inputs[0]!)! as [number, number, number];
    const [before, after] = node.channels;
    const shape = { channels, inHeight, inWidth, padding: node.padding, before, after };
    this.#push([node], { kind: 'pad', shape }, NO_SOURCE, node.inputs);
  }

  /** Whether the zeros become part of the padding of the convolutions that read them. */
  #isFoldedPad(node: Extract<Node, { kind: 'pad' }>): boolean {
    const readers = this.#readers.get(node.name) ?? [];
    return (
      node.name !== this.#network.output &&
      node.channels.every((channels) => channels === 0) &&
      readers.every(({ kind }) => kind === 'conv2d')
    );
  }

  /** Takes the normalisations that follow the last of `absorbed`, and nothing else reads what is between. */
  #absorbAffine(absorbed: Node[]): LayerSource['affine'] {
    const found = [];
    for (;;) {
      const next = this.#onlyReader(absorbed.at(-1)!);
      if (next?.kind !== 'batchNorm' && next?.kind !== 'affine') return found;
      found.push(next);
      absorbed.push(next);
    }
  }

  /** Takes the activation that follows the last of `absorbed`, if it is one of `allowed`. */
  #absorbActivation(absorbed: Node[], allowed?: readonly Activated['activation'][]): Activated {
    const next = this.#onlyReader(absorbed.at(-1)!);
    if (next?.kind !== 'activation') return LINEAR;
    if (allowed && !(allowed.includes(next.activation) && next.alpha >= 0)) return LINEAR;
    absorbed.push(next);
    return { activation: next.activation, alpha: next.alpha };
  }

  #push(absorbed: readonly Node[], layer: LayerShape, source: LayerSource, inputs: readonly string[]): void {
    const reads = inputs.map((name) => this.#tensors.get(name)!);
    const output = this.#pushLayer(absorbed[0]!, layer, source, reads);
    for (const { name } of absorbed) this.#tensors.set(name, output);
  }

  /** Appends a layer and returns the number of its output. */
  #pushLayer(node: Node, layer: LayerShape, source: LayerSource, reads: readonly TensorIndex[]): TensorIndex {
    const { weight } = source;
    const isNew = weight !== undefined && !this.#weights.includes(weight);
    if (isNew) this.#weights.push(weight);
    this.#layers.push({
      name: weight === undefined ? node.name : layerName(weight, node.name, this.#allWeights),
      position: this.#positions.get(node.name)!,
      reads,
      source,
      mask: weight === undefined ? undefined : this.#weights.indexOf(weight),
      ...layerSizes(layer),
      ...layer,
    });
    return this.#layers.length;
  }
}

/** The nodes that the output depends on, in order. */
function neededNodes({ nodes, output }: Network): readonly Node[] {
  const needed = new Set([output]);
  for (const { name, inputs } of nodes.toReversed()) {
    if (needed.has(name)) for (const input of inputs) needed.add(input);
  }
  return nodes.filter(({ name }) => needed.has(name));
}

/** Names that an exporter makes up, as PyTorch does for weights that it has folded something into. */
const MADE_UP = /^(onnx::\w+_)?\d+$/;

/**
 * Name of a prunable layer: that of its weights without `.weight`, or of its node where theirs says nothing, unless other weights have that
 * name.
 */
function layerName(weight: string, node: string, all: ReadonlySet<string>): string {
  const short = MADE_UP.test(weight) ? node : weight.replace(/\.weight$/, '');
  return all.has(short) ? weight : short;
}

const RISING: readonly Activated['activation'][] = [
  'none',
  'sigmoid',
  'tanh',
  'relu',
  'relu6',
  'leaky-relu',
  'elu',
];

/** Every output channel reads one input channel. */
const isDepthwise = ({ groups }: Conv2dNode, channels: number) => groups === channels && channels > 1;

const windowOf = ({ kernel, stride, padding, dilation }: Extract<Node, { kind: 'pool2d' }>) => ({
  ...{ kernel, stride, padding, dilation },
});

const wholeImage = (height: number, width: number) =>
  ({ kernel: [height, width], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] }) as const;

/** Whether it is 2x2 pooling without overlap, which the convolution's kernel does. */
function isFusedPool(node: Node): node is Extract<Node, { kind: 'pool2d' }> {
  if (node.kind !== 'pool2d') return false;
  const { kernel, stride, dilation, padding, ceil } = node;
  return (
    [...kernel, ...stride].every((size) => size === 2) &&
    dilation.every((step) => step === 1) &&
    padding.every((pixels) => pixels === 0) &&
    !ceil
  );
}
