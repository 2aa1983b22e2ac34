/** Pooling. */
import type { PoolOperation } from '../../../kernels/pool2d.ts';
import type { Value } from '../value.ts';
import { imageShape, singleOf, type LayerImport } from './call.ts';
import { windowOf } from './window.ts';

export const pool =
  (operation: PoolOperation, axes: 1 | 2): LayerImport =>
  (call) => {
    const { layer, network } = call;
    const x = singleOf(call, axes === 1 ? 'signal' : 'image');
    const [, height, width] = imageShape(call, x);
    const kernel = layer.sizes(axes, 2, 'pool_size', 'pool_length');
    const strides = layer.get('strides', 'stride');
    const stride = strides === undefined ? kernel : layer.sizes(axes, undefined, 'strides', 'stride');
    const window = windowOf(call, [height, width], { kernel, stride, dilation: [1, 1] });
    // Padding never counts, as in TensorFlow.
    const step = { kind: 'pool2d', operation, ...window, countPadding: false, ceil: false } as const;
    return { node: network.add(layer, step, [x.node]).node, kind: x.kind };
  };

export const globalPool =
  (operation: PoolOperation, axes: 1 | 2): LayerImport =>
  (call): Value => {
    const { layer, network } = call;
    const x = singleOf(call, axes === 1 ? 'signal' : 'image');
    const { node } = network.add(layer, { kind: 'globalPool', operation }, [x.node]);
    return { node, kind: layer.flag(false, 'keepdims') ? x.kind : 'vector' };
  };
