import { MasksearchError } from '../core/error.ts';

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
  const chunks: Uint8Array[] = [];
  let length = 0;
  let limit = headBytes;
  let headSeen = false;
  for (;;) {
    const chunk = await reader.read().catch((cause: unknown) => {
      throw new MasksearchError(
        'bad-input',
        `the gzip data of ${compressed.length} bytes breaks off or is damaged after ${length} decompressed bytes, only whole gzip data is allowed`,
        'take a fresh copy of the file',
        { cause },
      );
    });
    if (chunk.done) return concat(chunks, length);
    const value = chunk.value as Uint8Array;
    chunks.push(value);
    length += value.length;
    try {
      if (!headSeen && length >= headBytes) {
        limit = sizeOf(concat(chunks, length));
        headSeen = true;
      }
      if (headSeen && length > limit) {
        throw new MasksearchError(
          'bad-input',
          `the gzip data decompresses to at least ${length} bytes, its header allows ${limit}`,
          'take a fresh copy of the file',
        );
      }
    } catch (error) {
      await reader.cancel();
      throw error;
    }
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
