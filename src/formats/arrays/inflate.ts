/** Deflated data, inflated step by step, so that a small file cannot fill the memory. */
import { Inflate } from 'fflate';
import { damagedFile } from './array.ts';

/** Of compressed data, inflated before the size is checked: to at most a thousand times as much. */
const STEP = 2 ** 14;

/** Bytes that a byte of deflated data can stand for at most, rounded up. */
const MAX_RATIO = 1040;

/** The data in `compressed`, called `what` in messages. Throws 'bad-input' for more than `limit` bytes, and for damaged or cut data. */
export function inflate(compressed: Uint8Array, limit: number, what: string): Uint8Array {
  if (limit > MAX_RATIO * compressed.length) {
    throw damagedFile(
      `${what} announces ${limit} bytes, more than its ${compressed.length} compressed bytes can hold`,
    );
  }
  // Its pages are taken as they are written to: no second copy of a large array.
  const data = new Uint8Array(limit);
  let length = 0;
  const inflater = new Inflate((chunk) => {
    if (length + chunk.length <= limit) data.set(chunk, length);
    length += chunk.length;
  });
  for (let at = 0; at === 0 || at < compressed.length; at += STEP) {
    try {
      inflater.push(compressed.subarray(at, at + STEP), at + STEP >= compressed.length);
    } catch (cause) {
      throw damagedFile(
        `the compressed data of ${what} break off or are damaged after ${length} bytes`,
        cause,
      );
    }
    if (length > limit)
      throw damagedFile(`${what} has at least ${length} bytes, its directory allows ${limit}`);
  }
  return data.subarray(0, length);
}
