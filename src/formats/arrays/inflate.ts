/** Deflated data, inflated step by step, so that a small file cannot fill the memory. */
import { Inflate } from 'fflate';
import { damagedFile } from './array.ts';

/** Of compressed data, inflated before the size is checked: to at most a thousand times as much. */
const STEP = 2 ** 14;

/** The data in `compressed`, called `what` in messages. Throws 'bad-input' for more than `limit` bytes, and for damaged or cut data. */
export function inflate(compressed: Uint8Array, limit: number, what: string): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const inflater = new Inflate((chunk) => {
    length += chunk.length;
    chunks.push(chunk);
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
  const data = new Uint8Array(length);
  let to = 0;
  for (const chunk of chunks) {
    data.set(chunk, to);
    to += chunk.length;
  }
  return data;
}
