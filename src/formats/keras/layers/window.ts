/** Kernels, strides and paddings as Keras and TensorFlow count them. */
import type { Padding, Size2d, Window } from '../../../kernels/window.ts';
import { shown } from '../../safetensors/header.ts';
import type { Call } from './call.ts';

/**
 * Pixels that TensorFlow adds for padding "same": as many as ceil(size / stride) places need, where their number is odd one more at the
 * end.
 */
function sameBefore(size: number, extent: number, stride: number): readonly [number, number] {
  const places = Math.ceil(size / stride);
  const total = Math.max(0, (places - 1) * stride + extent - size);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

interface Sizes {
  readonly kernel: Size2d;
  readonly stride: Size2d;
  readonly dilation: Size2d;
}

/** A kernel of one pixel. */
export const POINT: Window = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0] };

/** The window that a layer moves over an image of this height and width. */
export function windowOf({ layer }: Call, size: Size2d, { kernel, stride, dilation }: Sizes): Window {
  const padding = layer.text('valid', 'padding', 'border_mode').toLowerCase();
  for (const value of [...kernel, ...stride, ...dilation])
    if (!(Number.isSafeInteger(value) && value >= 1))
      throw layer.unsupported(
        `has ${value} as a size, stride or dilation, only whole numbers from 1 are allowed`,
      );
  const extent = kernel.map((length, axis) => (length - 1) * dilation[axis]! + 1) as unknown as Size2d;
  const pads = (): Padding => {
    if (padding === 'valid') return [0, 0, 0, 0];
    if (padding === 'causal') return [0, extent[1] - 1, 0, 0];
    if (padding !== 'same')
      throw layer.unsupported(`has the padding ${shown(padding)}, only valid, same and causal are supported`);
    const [top, bottom] = sameBefore(size[0], extent[0], stride[0]);
    const [left, right] = sameBefore(size[1], extent[1], stride[1]);
    return [top, left, bottom, right];
  };
  return { kernel, stride, dilation, padding: pads() };
}
