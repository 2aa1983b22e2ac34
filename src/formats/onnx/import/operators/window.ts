/** Kernels, strides and padding of convolutions and pooling. */
import type { Padding, Size2d, Window } from '../../../../kernels/window.ts';
import { attribute, type Call, type Image } from '../call.ts';
import { unsupported } from '../errors.ts';
import { imageAxes } from '../values/value.ts';

/**
 * The window of a node over an image of `size` rows and columns, in the layout's directions.
 *
 * @param kernel of each axis of the image as the graph sees it
 */
export function windowOf(call: Call, kernel: readonly number[], image: Image, size: Size2d): Window {
  const { onnx } = call;
  const axes = imageAxes(image.x).length - 1;
  const list = (name: string, length: number, usual: number) => {
    const found = attribute(call, 'ints', name) ?? new Array<number>(length).fill(usual);
    if (found.length === length) return found;
    throw unsupported(onnx, `has ${found.length} numbers in ${name}, ${length} are needed`);
  };
  const shape = list('kernel_shape', axes, 1);
  if (onnx.attributes.has('kernel_shape') && shape.some((length, axis) => length !== kernel[axis]))
    throw unsupported(
      onnx,
      `has a kernel_shape of ${shape.join(' x ')} and weights of ${kernel.join(' x ')}`,
    );
  const pair = (values: readonly number[], missing: number): Size2d => {
    const [first, second] = values.length === 1 ? [missing, values[0]!] : (values as Size2d);
    return image.isTurned ? [second, first] : [first, second];
  };
  const window = {
    kernel: pair(kernel, 1),
    stride: pair(list('strides', axes, 1), 1),
    dilation: pair(list('dilations', axes, 1), 1),
  };
  const pads = list('pads', 2 * axes, 0);
  const [top, left] = pair(pads.slice(0, axes), 0);
  const [bottom, right] = pair(pads.slice(axes), 0);
  const auto = attribute(call, 'text', 'auto_pad') ?? 'NOTSET';
  return { ...window, padding: paddingOf(call, auto, [top, left, bottom, right], window, size) };
}

function paddingOf(
  { onnx }: Call,
  auto: string,
  given: Padding,
  { kernel, stride, dilation }: Omit<Window, 'padding'>,
  size: Size2d,
): Padding {
  switch (auto) {
    case 'NOTSET':
    case '':
      if (given.every((pixels) => pixels >= 0)) return given;
      throw unsupported(onnx, `has the padding ${given.join(', ')}, only 0 and more is supported`);
    case 'VALID':
      return [0, 0, 0, 0];
    case 'SAME_UPPER':
    case 'SAME_LOWER': {
      const [vertical, horizontal] = ([0, 1] as const).map((axis) => {
        const places = Math.ceil(size[axis] / stride[axis]);
        const extent = (kernel[axis] - 1) * dilation[axis] + 1;
        return Math.max(0, (places - 1) * stride[axis] + extent - size[axis]);
      }) as [number, number];
      const less = (total: number) => Math.floor(total / 2);
      const more = (total: number) => Math.ceil(total / 2);
      const [before, after] = auto === 'SAME_UPPER' ? [less, more] : [more, less];
      return [before(vertical), before(horizontal), after(vertical), after(horizontal)];
    }
    default:
      throw unsupported(onnx, `has an unknown auto_pad`);
  }
}
