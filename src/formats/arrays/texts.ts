/** NumPy's texts: each of the same number of bytes, padded with zeros. */
import { damagedFile } from './array.ts';

export interface TextType {
  /** Characters of four bytes each, as numbers; otherwise UTF-8. */
  readonly wide: boolean;
  readonly bigEndian: boolean;
}

const MAX_CHARACTER = 0x10ffff;
/** A text in memory takes many times its bytes. */
const MAX_TEXTS = 2 ** 24;

/** The texts in `bytes`, each of `size` bytes. Throws 'bad-input' for too many of them, and for a number that is no character. */
export function decodeTexts(bytes: Uint8Array, size: number, type: TextType): readonly string[] {
  const count = bytes.length / size;
  if (count > MAX_TEXTS)
    throw damagedFile(`the npy file holds ${count} texts, at most ${MAX_TEXTS} are allowed`);
  const utf8 = new TextDecoder();
  return Array.from({ length: count }, (_, i) => {
    const text = bytes.subarray(i * size, (i + 1) * size);
    return type.wide ? wideText(text, type.bigEndian) : utf8.decode(text.subarray(0, usedBytes(text)));
  });
}

function wideText(bytes: Uint8Array, bigEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, usedBytes(bytes, 4));
  const characters: string[] = [];
  for (let at = 0; at < view.byteLength; at += 4) {
    const character = view.getUint32(at, !bigEndian);
    if (character > MAX_CHARACTER) {
      throw damagedFile(
        `the npy file holds the character ${character}, only up to ${MAX_CHARACTER} are allowed`,
      );
    }
    characters.push(String.fromCodePoint(character));
  }
  return characters.join('');
}

/** Bytes without the padding, in whole characters. */
function usedBytes(bytes: Uint8Array, size = 1): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return Math.ceil(end / size) * size;
}
