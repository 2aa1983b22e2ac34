import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Masks } from '../core/mask.ts';

/** The digest of a run in which nothing has been accepted yet. */
export const EMPTY_DIGEST = bytesToHex(sha256(new Uint8Array()));

/**
 * Adds an accepted step or generation to a run's digest. The digest is a chain, each link the SHA-256 of the one
 * before and the new record, so that a snapshot can carry it as 64 characters.
 *
 * `loss` and `accuracy` enter as float64 bits: for a given number of images they stand for the integer sums.
 */
export function extendDigest(
  digest: string,
  layer: number,
  step: number,
  { masks, loss, accuracy }: { masks: Masks; loss: number; accuracy: number },
): string {
  const head = new DataView(new ArrayBuffer(24));
  head.setUint32(0, layer, true);
  head.setUint32(4, step, true);
  head.setFloat64(8, loss, true);
  head.setFloat64(16, accuracy, true);
  const hash = sha256.create().update(hexToBytes(digest)).update(new Uint8Array(head.buffer));
  for (const { words } of masks) {
    const bytes = new DataView(new ArrayBuffer(words.length * 4));
    words.forEach((word, i) => bytes.setUint32(i * 4, word, true));
    hash.update(new Uint8Array(bytes.buffer));
  }
  return bytesToHex(hash.digest());
}
