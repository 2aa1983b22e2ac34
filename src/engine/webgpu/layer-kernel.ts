import { add } from '../../kernels/add.ts';
import { affine } from '../../kernels/affine.ts';
import { concat } from '../../kernels/concat.ts';
import { maskedConv2d } from '../../kernels/masked-conv2d.ts';
import { maskedDense } from '../../kernels/masked-dense.ts';
import { maskedDepthwiseConv2d } from '../../kernels/masked-depthwise-conv2d.ts';
import { pad } from '../../kernels/pad.ts';
import { pool2d } from '../../kernels/pool2d.ts';
import { withShape, type KernelSpec } from '../../kernels/spec.ts';
import type { LayerShape } from '../../network/fused-layer.ts';

/** The kernel that runs a fused layer, with the layer's shape filled in. */
export function layerKernel(layer: LayerShape): KernelSpec<void> {
  switch (layer.kind) {
    case 'conv2d':
      return withShape(maskedConv2d, layer.shape);
    case 'depthwise':
      return withShape(maskedDepthwiseConv2d, layer.shape);
    case 'dense':
      return withShape(maskedDense, layer.shape);
    case 'pool2d':
      return withShape(pool2d, layer.shape);
    case 'affine':
      return withShape(affine, layer.shape);
    case 'add':
      return withShape(add, layer.shape);
    case 'concat':
      return withShape(concat, layer.shape);
    case 'pad':
      return withShape(pad, layer.shape);
  }
}
