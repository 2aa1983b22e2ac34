/** Pooling. */
import type { PoolOperation } from '../../../../kernels/pool2d.ts';
import {
  activation,
  asGraphSees,
  attribute,
  flag,
  imageOf,
  integers,
  layoutAxes,
  axisOf,
  type Call,
} from '../call.ts';
import { unsupported } from '../errors.ts';
import type { Activation } from '../values/value.ts';
import { windowOf } from './window.ts';

export const maxPool = (call: Call): Activation => pool(call, 'max');
export const averagePool = (call: Call): Activation => pool(call, 'average');

function pool(call: Call, operation: PoolOperation): Activation {
  const { onnx, network } = call;
  if (onnx.outputs.slice(1).some((name) => name !== '' && call.readers(name) > 0))
    throw unsupported(onnx, 'gives the places of its maxima too');
  const image = imageOf(call, activation(call));
  const kernel = attribute(call, 'ints', 'kernel_shape');
  if (!kernel) throw unsupported(onnx, 'has no kernel_shape');
  const [, height, width] = image.x.layout;
  const window = windowOf(call, kernel, image, [height!, width!]);
  const flags = { countPadding: flag(call, 'count_include_pad'), ceil: flag(call, 'ceil_mode') };
  return asGraphSees(
    image,
    network.add(onnx, { kind: 'pool2d', operation, ...window, ...flags }, image.x.node),
  );
}

export function globalPool(operation: PoolOperation): (call: Call) => Activation {
  return (call) => {
    const image = imageOf(call, activation(call));
    return asGraphSees(image, call.network.add(call.onnx, { kind: 'globalPool', operation }, image.x.node));
  };
}

/** Over rows and columns, wherever these axes are. */
export function reduce(operation: PoolOperation): (call: Call) => Activation {
  return (call) => {
    const { onnx, network } = call;
    const x = network.computed(activation(call));
    const rank = x.shape.length;
    const given = integers(call, 1, 'axes') ?? [];
    const reduced = given.map((axis) => axisOf(call, axis, rank));
    const axes = layoutAxes(call, x);
    const rest = axes?.filter((_, i) => !reduced.includes(i + 1));
    const sizes = axes?.map((axis) => x.layout[axis]!) ?? [];
    // What is left over must be the channels, or of length 1.
    const isWhole =
      x.layout.length === 3 &&
      reduced.length > 0 &&
      !reduced.includes(0) &&
      rest?.every((axis) => axis === 0 || x.layout[axis] === 1) &&
      reduced.every((axis) => axes![axis - 1] !== 0);
    if (!isWhole || sizes.length === 0)
      throw unsupported(onnx, 'reduces other axes than all rows and columns of an image');
    const added = network.add(onnx, { kind: 'globalPool', operation }, x.node);
    const keeps = (attribute(call, 'int', 'keepdims') ?? 1) !== 0;
    const shape = x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
    return {
      ...{ kind: 'activation', ...added, order: undefined, isInput: false },
      shape: keeps ? shape : shape.filter((_, axis) => !reduced.includes(axis)),
    };
  };
}
