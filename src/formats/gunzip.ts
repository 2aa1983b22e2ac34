import { MasksearchError } from '../core/error.ts';
import { checkInflation } from './arrays/array.ts';

/** True if `bytes` start with gzip's magic number. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The decompressed bytes of `compressed`. `sizeOf` gets the first `headBytes` of them and returns the largest number of bytes
 * allowed, or throws: a small file cannot fill the memory. Rejects with 'bad-input' for damaged or cut data.
 */
export async function gunzip(
  compressed: Uint8Array,
  headBytes: number,
  sizeOf: (head: Uint8Array) => number,
): Promise<Uint8Array> {
  // A copy, since a blob takes no shared memory.
  const source = new Blob([new Uint8Array(compressed)]).stream();
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader();
  const damaged = (what: string, cause?: unknown) =>
    new MasksearchError('bad-input', `the gzip data ${what}`, 'take a fresh copy of the file', { cause });
  let data: Uint8Array = new Uint8Array(0);
  let length = 0;
  let limit: number | undefined;
  for (;;) {
    const chunk = await reader.read().catch((cause: unknown) => {
      throw damaged(
        `of ${compressed.length} bytes breaks off or is damaged after ${length} decompressed bytes, only whole gzip data is allowed`,
        cause,
      );
    });
    if (chunk.done) return data.subarray(0, length);
    const value = chunk.value as Uint8Array;
    try {
      if (limit !== undefined && length + value.length > limit)
        throw damaged(
          `decompresses to at least ${length + value.length} bytes, at most ${limit} are allowed`,
        );
      // Until the header is known, it grows by the little that the header takes.
      if (limit === undefined) data = concat(data, value);
      else data.set(value, length);
      length += value.length;
      if (limit === undefined && length >= headBytes) {
        limit = sizeOf(data);
        checkInflation(compressed.length, limit, 'the gzip data');
        if (length > limit)
          throw damaged(`decompresses to at least ${length} bytes, at most ${limit} are allowed`);
        const head = data;
        data = new Uint8Array(limit);
        data.set(head);
      }
    } catch (error) {
      await reader.cancel();
      throw error;
    }
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
