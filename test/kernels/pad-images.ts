import { QUAD, quadsOf } from '../../src/kernels/spec.ts';

/** Rows of `images` values, each padded to quads with a value that must not leak into other images. */
export function padImages<T extends Float32Array | Uint32Array>(x: T, images: number, filler = 7): T {
  const stride = quadsOf(images) * QUAD;
  const Words = x.constructor as new (length: number) => T;
  const padded = new Words((x.length / images) * stride).fill(filler) as T;
  for (let i = 0; i < x.length; i++) padded[Math.floor(i / images) * stride + (i % images)] = x[i]!;
  return padded;
}

/** The inverse of `padImages`. */
export function unpadImages<T extends Float32Array | Float64Array | Uint32Array>(
  padded: T,
  images: number,
): T {
  const stride = quadsOf(images) * QUAD;
  return padded.filter((_, i) => i % stride < images) as T;
}
