import { MasksearchError } from '../core/error.ts';
import type { ConvShape } from '../kernels/masked-conv2d.ts';
import type { FusedLayer } from '../network/fused-layer.ts';

/** Whether a convolution has a square kernel, a stride of 1, the same padding on all sides, and means or no pooling. */
export function isPlain({ kernel, stride, padding, dilation, groups, pool }: ConvShape): boolean {
  const isSame = (sizes: readonly number[], size: number) => sizes.every((one) => one === size);
  return (
    isSame(kernel, kernel[0]) &&
    isSame(padding, padding[0]) &&
    isSame([...stride, ...dilation, groups], 1) &&
    pool !== 'max'
  );
}

/** The error for a layer that a backend has no kernel for. */
export function unsupported(backend: string, { kind, name }: FusedLayer): MasksearchError {
  return new MasksearchError(
    'bad-input',
    `${backend} has no kernel for layer ${name} (${kind})`,
    'use the reference backend',
  );
}
