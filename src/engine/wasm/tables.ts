/** Tables of byte offsets that the host computes from the shape of a layer, so that kernels need not know it. */
import { pooledSize, type PoolShape } from '../../kernels/pool2d.ts';
import { paddedSizes } from '../../kernels/pad.ts';
import type { Size2d } from '../../kernels/window.ts';
import type { FusedLayer, TensorIndex } from '../../network/fused-layer.ts';
import { elementOffsets, type TensorLayout } from './tensor-layout.ts';

/** The tensors whose kernels go through their elements one by one: the images, and those of layers without windows or weights. */
export function elementwiseTensors(layers: readonly FusedLayer[]): ReadonlySet<TensorIndex> {
  const tensors = new Set([0]);
  layers.forEach(({ kind, reads }, s) => {
    if (!['affine', 'add', 'concat', 'pad'].includes(kind)) return;
    for (const tensor of [...reads, s + 1]) tensors.add(tensor);
  });
  return tensors;
}

/**
 * The table of a layer; empty if its kernel takes none. With weights: [input of an output] offset, for `list_kept`.
 *
 * @param x layout of the first tensor that the layer reads
 * @param y layout of its output
 */
export function layerTable(layer: FusedLayer, x: TensorLayout, y: TensorLayout): Uint32Array {
  switch (layer.kind) {
    case 'conv2d': {
      const { inChannels, groups, kernel, dilation } = layer.shape;
      return windowOffsets(inChannels / groups, kernel, dilation, x);
    }
    case 'depthwise':
      return windowOffsets(1, layer.shape.kernel, layer.shape.dilation, x);
    case 'dense':
      return elementOffsets(x);
    case 'pool2d':
      return poolWindows(layer.shape, x);
    case 'pad':
      return padTargets(layer.shape, y);
    case 'affine':
    case 'add':
    case 'concat':
      return new Uint32Array(0);
  }
}

/** For `list_kept`: how many outputs read the same inputs, and bytes from those inputs to the next outputs'. */
export function groupsOf(layer: FusedLayer, { channelBytes }: TensorLayout) {
  if (layer.kind === 'conv2d') {
    const { inChannels, outChannels, groups } = layer.shape;
    return { groupOutputs: outChannels / groups, groupBytes: (inChannels / groups) * channelBytes };
  }
  if (layer.kind === 'depthwise') return { groupOutputs: layer.shape.multiplier, groupBytes: channelBytes };
  return { groupOutputs: layer.biases, groupBytes: 0 };
}

/** Offset of each input of a window from its first pixel, in the order of the weights of an output: u32. */
function windowOffsets(
  channels: number,
  [height, width]: Size2d,
  [down, across]: Size2d,
  { channelBytes, rowBytes, pixelBytes }: TensorLayout,
): Uint32Array {
  return Uint32Array.from({ length: channels * height * width }, (_, i) => {
    const column = i % width;
    const row = Math.floor(i / width) % height;
    const channel = Math.floor(i / width / height);
    return channel * channelBytes + row * down * rowBytes + column * across * pixelBytes;
  });
}

/** For `pool2d`: for each window its number of pixels u32, the divisor of a mean f32, and the pixels' offsets u32. */
function poolWindows(shape: PoolShape, { rowBytes, pixelBytes }: TensorLayout): Uint32Array {
  const [outHeight, outWidth] = pooledSize(shape);
  const divisorBits = new Uint32Array(1);
  const divisorValue = new Float32Array(divisorBits.buffer);
  const words: number[] = [];
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column++) {
      const { pixels, divisor } = pixelsUnder(shape, row, column);
      divisorValue[0] = divisor;
      words.push(pixels.length, divisorBits[0]!);
      for (const [y, x] of pixels) words.push(y * rowBytes + x * pixelBytes);
    }
  }
  return Uint32Array.from(words);
}

/** The pixels of the image under the window of one output pixel, and what the sum of a mean is divided by. */
function pixelsUnder(shape: PoolShape, row: number, column: number) {
  const { inHeight, inWidth, kernel, stride, padding, dilation, countPadding } = shape;
  const pixels: [y: number, x: number][] = [];
  let divisor = 0;
  for (let ky = 0; ky < kernel[0]; ky++) {
    for (let kx = 0; kx < kernel[1]; kx++) {
      const y = row * stride[0] - padding[0] + ky * dilation[0];
      const x = column * stride[1] - padding[1] + kx * dilation[1];
      const isInside = y >= 0 && x >= 0 && y < inHeight && x < inWidth;
      if (isInside) pixels.push([y, x]);
      const isPadded = y < inHeight + padding[2] && x < inWidth + padding[3];
      if (isInside || (countPadding && isPadded)) divisor++;
    }
  }
  // A dilated window can have all its pixels outside of a small image: the mean of none is 0.
  return { pixels, divisor: Math.max(divisor, 1) };
}

/** For `pad`: offset in the output of each element of the input: u32. */
function padTargets(shape: Extract<FusedLayer, { kind: 'pad' }>['shape'], y: TensorLayout): Uint32Array {
  const { channels, inHeight, inWidth, padding, before } = shape;
  const { outHeight, outWidth } = paddedSizes(shape);
  const offsets = elementOffsets(y);
  return Uint32Array.from({ length: channels * inHeight * inWidth }, (_, i) => {
    const column = padding[1] + (i % inWidth);
    const row = padding[0] + (Math.floor(i / inWidth) % inHeight);
    const channel = before + Math.floor(i / inWidth / inHeight);
    return offsets[(channel * outHeight + row) * outWidth + column]!;
  });
}
