import { isPlain } from '../unsupported.ts';
import { maskedConv2d } from '../../kernels/masked-conv2d.ts';
import { maskedDense } from '../../kernels/masked-dense.ts';
import { withShape, type KernelSpec } from '../../kernels/spec.ts';
import type { FusedLayer } from '../../network/fused-layer.ts';
import { unsupported } from '../unsupported.ts';

/** The kernel that runs a fused layer, with the layer's shape filled in. */
export function layerKernel(layer: FusedLayer): KernelSpec<void> {
  if (layer.kind === 'conv2d' && isPlain(layer.shape)) return withShape(maskedConv2d, layer.shape);
  if (layer.kind === 'dense') return withShape(maskedDense, layer.shape);
  throw unsupported('WebGPU', layer);
}
