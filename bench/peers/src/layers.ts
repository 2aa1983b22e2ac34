/** A network as layers: each weighted layer with what follows it up to the next. No runtime is known here. */
import type { Activation, Model, Network, Node } from 'masksearch';

/** A convolution of stride 1 with a square kernel, or a dense layer. */
export type WeightedLayer =
  | {
      readonly kind: 'conv2d';
      readonly name: string;
      readonly outChannels: number;
      readonly kernel: number;
      readonly padding: number;
      readonly activation: Activation;
    }
  | {
      readonly kind: 'dense';
      readonly name: string;
      readonly outputs: number;
      readonly activation: Activation;
    };

export interface LayerParameters {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface FusedLayer {
  readonly layer: WeightedLayer;
  /** Layers without weights after it, in order. */
  readonly following: readonly ('avgpool2d' | 'flatten')[];
  /** Of one image: [channel, row, column], or [feature] behind a flatten. */
  readonly inputShape: readonly number[];
  /** What the features of `inputShape` were before they were flattened; undefined if nothing was. */
  readonly flattened: readonly number[] | undefined;
  /** PyTorch's layout: [out, in, ky, kx] or [out, in]. */
  readonly weightShape: readonly number[];
  /** Multiply-accumulates per image with nothing pruned. */
  readonly macs: number;
}

/** The layers of a chain such as LeNet-5. Throws for any other network. */
export function fuse(network: Network): readonly FusedLayer[] {
  let shape: readonly number[] = network.input;
  let flattened: readonly number[] | undefined;
  const layers: FusedLayer[] = [];
  const change = (changed: Partial<FusedLayer>) => {
    if (layers.length === 0) throw new Error('a layer with weights must come first');
    layers[layers.length - 1] = { ...layers.at(-1)!, ...changed };
  };
  for (const node of network.nodes) {
    const last = layers.at(-1);
    if (node.kind === 'conv2d' || node.kind === 'dense') {
      const layer = weightedLayer(node);
      const weightShape = weightShapeOf(layer, shape);
      const outputShape = weightedShape(layer, shape);
      const perWeight = layer.kind === 'conv2d' ? sizeOf(outputShape.slice(1)) : 1;
      const macs = sizeOf(weightShape) * perWeight;
      layers.push({ layer, following: [], inputShape: shape, flattened, weightShape, macs });
      shape = outputShape;
      flattened = undefined;
    } else if (node.kind === 'activation' && last) {
      change({ layer: { ...last.layer, activation: node.activation } });
    } else if (node.kind === 'pool2d' && node.operation === 'average') {
      change({ following: [...(last?.following ?? []), 'avgpool2d'] });
      shape = [shape[0]!, ...shape.slice(1).map((size) => Math.floor(size / 2))];
    } else if (node.kind === 'flatten') {
      change({ following: [...(last?.following ?? []), 'flatten'] });
      flattened = shape;
      shape = [sizeOf(shape)];
    } else {
      throw new Error(`${node.kind} is no layer of a chain such as LeNet-5`);
    }
  }
  return layers;
}

/** Weight and bias of each layer. */
export function parametersOf({ network, tensors }: Model): readonly LayerParameters[] {
  return network.nodes.flatMap((node) =>
    node.kind === 'conv2d' || node.kind === 'dense'
      ? [{ weight: tensors.get(node.weight)!, bias: tensors.get(node.bias!)! }]
      : [],
  );
}

function weightedLayer(node: Extract<Node, { kind: 'conv2d' | 'dense' }>): WeightedLayer {
  const { name } = node;
  if (node.kind === 'dense') return { kind: 'dense', name, outputs: node.outputs, activation: 'none' };
  const { outChannels, kernel, padding } = node;
  return { kind: 'conv2d', name, outChannels, kernel: kernel[0], padding: padding[0], activation: 'none' };
}

/** Number of elements of a tensor. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function weightShapeOf(layer: WeightedLayer, [inputs]: readonly number[]): readonly number[] {
  return layer.kind === 'conv2d'
    ? [layer.outChannels, inputs!, layer.kernel, layer.kernel]
    : [layer.outputs, inputs!];
}

function weightedShape(layer: WeightedLayer, shape: readonly number[]): readonly number[] {
  if (layer.kind === 'dense') return [layer.outputs];
  return [layer.outChannels, ...shape.slice(1).map((size) => size + 2 * layer.padding - layer.kernel + 1)];
}
