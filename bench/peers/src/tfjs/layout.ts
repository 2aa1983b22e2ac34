import { sizeOf, type FusedLayer } from '../layers.ts';

/** Of a layer's weights in TensorFlow's layout: [ky, kx, in, out] or [in, out]. */
export function weightShape({ weightShape: [out, ...rest] }: FusedLayer): number[] {
  const [inputs, ...kernel] = rest;
  return [...kernel, inputs!, out!];
}

/**
 * Where TensorFlow's layout has each weight of PyTorch's. Activations are [image, row, column, channel], so the inputs
 * of a dense layer behind a flatten come in that order too.
 */
export function weightLayout({ weightShape: [out, ...rest], flattened }: FusedLayer): Uint32Array {
  // [in, ky, kx] of a convolution or of what was flattened; a plain vector is a 1x1 image.
  const [channels, rows, columns] = rest.length > 1 ? rest : (flattened ?? [rest[0]!, 1, 1]);
  const plane = rows! * columns!;
  return Uint32Array.from({ length: out! * sizeOf(rest) }, (_, i) => {
    const pixel = i % plane;
    const channel = Math.floor(i / plane) % channels!;
    const output = Math.floor(i / (plane * channels!));
    return (pixel * channels! + channel) * out! + output;
  });
}
