/** A network as layers: each weighted layer with what follows it up to the next. No runtime is known here. */
import type { Layer, Network } from 'masksearch';

type WeightedLayer = Extract<Layer, { readonly name: string }>;

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

export function fuse(network: Network): readonly FusedLayer[] {
  const { channels, height, width } = network.input;
  let shape: readonly number[] = [channels, height, width];
  let flattened: readonly number[] | undefined;
  const layers: FusedLayer[] = [];
  for (const layer of network.layers) {
    if ('name' in layer) {
      const weightShape = weightShapeOf(layer, shape);
      const outputShape = outputShapeOf(layer, shape);
      const perWeight = layer.kind === 'conv2d' ? sizeOf(outputShape.slice(1)) : 1;
      const macs = sizeOf(weightShape) * perWeight;
      layers.push({ layer, following: [], inputShape: shape, flattened, weightShape, macs });
      shape = outputShape;
      flattened = undefined;
    } else {
      const last = layers.at(-1);
      if (!last)
        throw new Error(`the network starts with ${layer.kind}, a layer with weights must come first`);
      layers[layers.length - 1] = { ...last, following: [...last.following, layer.kind] };
      if (layer.kind === 'flatten') flattened = shape;
      shape = outputShapeOf(layer, shape);
    }
  }
  return layers;
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

function outputShapeOf(layer: Layer, shape: readonly number[]): readonly number[] {
  const [channels, ...plane] = shape;
  switch (layer.kind) {
    case 'conv2d':
      return [layer.outChannels, ...plane.map((size) => size + 2 * layer.padding - layer.kernel + 1)];
    case 'avgpool2d':
      return [channels!, ...plane.map((size) => Math.floor(size / 2))];
    case 'flatten':
      return [sizeOf(shape)];
    case 'dense':
      return [layer.outputs];
  }
}
