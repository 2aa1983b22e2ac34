import { maskedConv2d } from '../../kernels/masked-conv2d.ts';
import { maskedDense } from '../../kernels/masked-dense.ts';
import { withShape, type KernelSpec } from '../../kernels/spec.ts';
import type { FusedLayer } from '../../network/fuse.ts';

/** The kernel that runs a fused layer, with the layer's shape filled in. */
export function layerKernel(layer: FusedLayer): KernelSpec<void> {
  return layer.kind === 'conv2d' ? withShape(maskedConv2d, layer.shape) : withShape(maskedDense, layer.shape);
}
