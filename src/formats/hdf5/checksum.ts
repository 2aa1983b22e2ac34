/** The checksums of HDF5. */

/** Jenkins's lookup3, which follows headers of version 2 and superblocks from version 2 on. */
export function lookup3(bytes: Uint8Array): number {
  let a = (0xdeadbeef + bytes.length) | 0;
  let [b, c] = [a, a];
  const word = (at: number) =>
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24);
  const add = (at: number) => {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
  };
  if (bytes.length === 0) return c >>> 0;
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    add(at);
    a = (a - c) ^ rotated(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotated(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotated(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotated(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotated(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotated(b, 4);
    b = (b + a) | 0;
  }
  add(at);
  c = ((c ^ b) - rotated(b, 14)) | 0;
  a = ((a ^ c) - rotated(c, 11)) | 0;
  b = ((b ^ a) - rotated(a, 25)) | 0;
  c = ((c ^ b) - rotated(b, 16)) | 0;
  a = ((a ^ c) - rotated(c, 4)) | 0;
  b = ((b ^ a) - rotated(a, 14)) | 0;
  return ((c ^ b) - rotated(b, 24)) >>> 0;
}

const rotated = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

/** Words of 16 bits whose sums stay below 2^32. */
const MAX_WORDS = 360;

/** Fletcher's checksum of 32 bits over words of 16, the high byte first, as a filter of chunks appends it. */
export function fletcher32(bytes: Uint8Array): number {
  let [sum, sumOfSums] = [0, 0];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + 2 * MAX_WORDS);
    for (; at < end; at += 2) {
      sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
      sumOfSums += sum;
    }
    sum = folded(sum);
    sumOfSums = folded(sumOfSums);
  }
  return ((folded(sumOfSums) << 16) | folded(sum)) >>> 0;
}

const folded = (sum: number) => (sum & 0xffff) + (sum >>> 16);
