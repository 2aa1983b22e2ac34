import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { imageShape, pixelsPerImage, type ImageSet } from './dataset.ts';

/**
 * Hexadecimal SHA-256 over sets of images: of each, in order, its element type and shape, its pixels and its labels. Equal digests mean
 * equal sets; how the labels are stored, and names of classes, do not count.
 */
export function datasetDigest(...sets: readonly ImageSet[]): string {
  const hash = sha256.create();
  for (const set of sets) {
    const { count, pixels, labels } = set;
    const type = pixels instanceof Uint8Array ? 'uint8' : 'float32';
    hash.update(new TextEncoder().encode(JSON.stringify([type, count, ...imageShape(set)])));
    hash.update(bytesOf(pixels.subarray(0, count * pixelsPerImage(set))));
    hash.update(bytesOf(new Uint16Array(labels.subarray(0, count))));
  }
  return bytesToHex(hash.digest());
}

/** Little-endian, as hosts are. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
