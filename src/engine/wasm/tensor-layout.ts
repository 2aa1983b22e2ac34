/**
 * Where the elements of a tensor are: for each block of 24 images [part, channel, row, column, 12] f32 if a convolution reads it,
 * else [channel, row, column, part, 12]. So a convolution has two neighbouring pixels and a dense layer a feature of the
 * whole block in consecutive vectors. All kernels go by strides, so each can read what any other has written. Around each
 * image are as many zeros as the largest padding of the convolutions that read the tensor; nothing else ever writes there.
 *
 * Sizes, strides and offsets are in bytes.
 */
import { depthwiseSizes } from '../../kernels/masked-depthwise-conv2d.ts';
import { convSizes } from '../../kernels/masked-conv2d.ts';
import { paddedSizes } from '../../kernels/pad.ts';
import { pooledSize } from '../../kernels/pool2d.ts';
import type { Padding } from '../../kernels/window.ts';
import type { FusedLayer, TensorIndex } from '../../network/fused-layer.ts';
import type { Shape } from '../../network/network.ts';

/** Images that the kernels process together. */
export const BLOCK = 24;
/** Parts that a block is split into. */
export const PARTS = 2;
/** Images of a part. */
export const LANES = BLOCK / PARTS;

export const FLOAT = 4;
/** Bytes of one pixel or feature of a part. */
export const PIXEL = LANES * FLOAT;
/** Every region starts at a multiple of this: a cache line. */
export const LINE = 64;

/** Addresses a multiple of this apart share few sets of the first-level cache. */
const CACHE_STRIDE = 512;

/** Channels, height and width; features are channels of one pixel. */
export type ImageShape = readonly [channels: number, height: number, width: number];

export function imageShape([channels = 1, height = 1, width = 1]: Shape): ImageShape {
  return [channels, height, width];
}

/** Layout of a tensor within one block. */
export interface TensorLayout {
  readonly shape: ImageShape;
  readonly pixelBytes: number;
  readonly rowBytes: number;
  readonly channelBytes: number;
  readonly partBytes: number;
  readonly blockBytes: number;
  /** From the start of a part to its first pixel that is not padding. */
  readonly originBytes: number;
  /** Pixels or features of a part, including padding. */
  readonly pixels: number;
}

/** The layouts of all tensors, by number. */
export function tensorLayouts(layers: readonly FusedLayer[], input: ImageShape): readonly TensorLayout[] {
  const shapes: ImageShape[] = [input];
  for (const layer of layers) {
    shapes.push(
      outputShape(
        layer,
        layer.reads.map((tensor) => shapes[tensor]!),
      ),
    );
  }
  /** Largest padding of the convolutions that read each tensor. */
  const paddings = new Map<TensorIndex, Padding>();
  for (const { kind, shape, reads } of layers) {
    if (kind !== 'conv2d' && kind !== 'depthwise') continue;
    const before = paddings.get(reads[0]!) ?? [0, 0, 0, 0];
    const largest = before.map((pixels, side) => Math.max(pixels, shape.padding[side]!));
    paddings.set(reads[0]!, largest as unknown as Padding);
  }
  return shapes.map((shape, tensor) => layoutOf(shape, paddings.get(tensor)));
}

/** Bytes from the start of a part to the first pixel of the first window of a convolution with this padding. */
export function windowOrigin(
  { originBytes, rowBytes, pixelBytes }: TensorLayout,
  [top, left]: Padding,
): number {
  return originBytes - top * rowBytes - left * pixelBytes;
}

/** Offset of every element in a part, in the order channel, row, column: u32. */
export function elementOffsets({
  shape: [channels, height, width],
  channelBytes,
  rowBytes,
  pixelBytes,
  originBytes,
}: TensorLayout): Uint32Array {
  return Uint32Array.from({ length: channels * height * width }, (_, i) => {
    const column = i % width;
    const row = Math.floor(i / width) % height;
    const channel = Math.floor(i / width / height);
    return originBytes + channel * channelBytes + row * rowBytes + column * pixelBytes;
  });
}

/** @param padding undefined if no convolution reads the tensor */
function layoutOf(shape: ImageShape, padding: Padding | undefined): TensorLayout {
  const [channels, height, width] = shape;
  const [top, left, bottom, right] = padding ?? [0, 0, 0, 0];
  const arePartsInside = padding === undefined;
  const pixelBytes = arePartsInside ? PARTS * PIXEL : PIXEL;
  const rowBytes = (left + width + right) * pixelBytes;
  const imageBytes = (top + height + bottom) * rowBytes;
  // A convolution goes through the channels: if they were powers of two apart, they would compete for few lines of the cache.
  const channelBytes = imageBytes + (!arePartsInside && imageBytes % CACHE_STRIDE === 0 ? pixelBytes : 0);
  const bytes = Math.ceil((channels * channelBytes) / LINE) * LINE;
  return {
    shape,
    pixelBytes,
    rowBytes,
    channelBytes,
    partBytes: arePartsInside ? PIXEL : bytes,
    blockBytes: arePartsInside ? bytes : PARTS * bytes,
    originBytes: top * rowBytes + left * pixelBytes,
    pixels: (channels * channelBytes) / pixelBytes,
  };
}

function outputShape(layer: FusedLayer, inputs: readonly ImageShape[]): ImageShape {
  switch (layer.kind) {
    case 'conv2d': {
      const { outHeight, outWidth } = convSizes(layer.shape);
      return [layer.shape.outChannels, outHeight, outWidth];
    }
    case 'depthwise': {
      const { outChannels, outHeight, outWidth } = depthwiseSizes(layer.shape);
      return [outChannels, outHeight, outWidth];
    }
    case 'dense':
      return [layer.shape.outputs, 1, 1];
    case 'pool2d':
      return [layer.shape.channels, ...pooledSize(layer.shape)];
    case 'pad': {
      const { outChannels, outHeight, outWidth } = paddedSizes(layer.shape);
      return [outChannels, outHeight, outWidth];
    }
    case 'affine':
    case 'add':
      return likeInput(layer.shape.channels, layer.shape.channels, inputs);
    case 'concat': {
      const [first, second] = layer.shape.channels;
      return likeInput(first, first + second, inputs.slice(0, 1));
    }
  }
}

/**
 * An elementwise layer knows its channels and their area, but not height and width: they are those of an input, unless the inputs
 * were flattened.
 */
function likeInput(channels: number, outChannels: number, inputs: readonly ImageShape[]): ImageShape {
  const same = inputs.find((shape) => shape[0] === channels);
  return same ? [outChannels, same[1], same[2]] : [outChannels, 1, 1];
}
