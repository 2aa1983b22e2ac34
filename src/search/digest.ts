import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Masks } from '../core/mask.ts';
import type { Score } from './contract.ts';

/** The digest of a run that has accepted nothing. */
export const EMPTY_DIGEST = bytesToHex(sha256(new Uint8Array()));

/**
 * The digest of a run after one more accepted step or generation. It is the SHA-256 of the digest before and the new record,
 * so that a snapshot stores the whole chain as 64 characters.
 *
 * `loss` and `accuracy`, 0 if there is none, are hashed as float64 bits. For a given number of images they follow from integer sums.
 *
 * @param layer position of the layer that was searched
 * @param step number of the step or generation
 */
export function extendDigest(
  digest: string,
  layer: number,
  step: number,
  { masks, loss, accuracy = 0 }: Score & { readonly masks: Masks },
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
