/** Replaces values in a message without knowing its schema: the lengths of the messages around them follow. */
import { fieldsIn, WIRE, type ByteRange } from './reader.ts';
import { joined, varint } from './writer.ts';

/** What a field's whole value becomes; of packed numbers and text, the bytes after their length. */
export interface Edit {
  readonly range: ByteRange;
  readonly bytes: Uint8Array;
}

/** `file` with the edits, which must not overlap. What lies in no message around an edit stays byte for byte. */
export function splice(file: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const ordered = [...edits].sort((a, b) => a.range.begin - b.range.begin);
  return rebuilt(file, { begin: 0, end: file.length }, ordered);
}

function rebuilt(file: Uint8Array, range: ByteRange, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = range.begin;
  let next = 0;
  for (const { wire, tagEnd, begin, end } of fieldsIn(file, range)) {
    const first = next;
    while (next < edits.length && edits[next]!.range.end <= end) next++;
    const own = edits.slice(first, next);
    if (own.length === 0) continue;
    const [edit] = own;
    const isWhole = edit!.range.begin === begin && edit!.range.end === end;
    const value = isWhole ? edit!.bytes : rebuilt(file, { begin, end }, own);
    parts.push(file.subarray(at, tagEnd));
    if (wire === WIRE.bytes) parts.push(varint(value.length));
    parts.push(value);
    at = end;
  }
  return joined([...parts, file.subarray(at, range.end)]);
}
