import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import {
  imageShape,
  pixelsPerImage,
  softTargetsPerImage,
  targetsPerImage,
  type ImageSet,
} from './dataset.ts';

/**
 * Hexadecimal SHA-256 over sets of images: of each, in order, its element type and shape, its pixels, its labels and its targets of
 * either kind. Equal digests mean equal sets; how the labels are stored, and names of classes, do not count.
 */
export function datasetDigest(...sets: readonly ImageSet[]): string {
  const hash = sha256.create();
  for (const set of sets) {
    const { count, pixels, labels, targets, softTargets } = set;
    const type = pixels instanceof Uint8Array ? 'uint8' : 'float32';
    // A set with labels alone is described as before there were targets, so that its digest stays the same.
    const described = labels && !targets ? [] : [labels ? 'labels' : '', targetsPerImage(set)];
    if (softTargets) described.push('soft targets', softTargetsPerImage(set));
    hash.update(new TextEncoder().encode(JSON.stringify([type, count, ...imageShape(set), ...described])));
    hash.update(bytesOf(pixels.subarray(0, count * pixelsPerImage(set))));
    if (labels) hash.update(bytesOf(new Uint16Array(labels.subarray(0, count))));
    if (targets) hash.update(bytesOf(targets.subarray(0, count * targetsPerImage(set))));
    if (softTargets) hash.update(bytesOf(softTargets.subarray(0, count * softTargetsPerImage(set))));
  }
  return bytesToHex(hash.digest());
}

/** Little-endian, as hosts are. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
