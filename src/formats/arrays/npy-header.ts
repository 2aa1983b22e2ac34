/** The header of an npy file: a Python dictionary as text. It may be hostile. */
import { shown } from '../safetensors/header.ts';
import { damagedFile } from './array.ts';

export interface NpyHeader {
  /** NumPy's name of the element type, such as "<f4". */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the data start in the file. */
  readonly dataStart: number;
}

/** NumPy pads headers to a multiple of 64 bytes; only structured types, which are not read, need long ones. */
const MAX_HEADER_BYTES = 2 ** 16;
/** NumPy has no arrays of more dimensions. */
const MAX_RANK = 64;

/** "'descr': '<f4', " and likewise for the other keys. */
const MEMBER = /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d\sL,]*)\))\s*(,|$)/y;

/** True if `bytes` start with the magic number of npy. */
export function isNpy(bytes: Uint8Array): boolean {
  return bytes[0] === 0x93 && [...'NUMPY'].every((letter, i) => bytes[i + 1] === letter.charCodeAt(0));
}

/** Throws 'bad-input' for anything but such a header with these three keys. */
export function parseNpyHeader(file: Uint8Array): NpyHeader {
  const { text, dataStart } = headerText(file);
  const members = dictionary(text);
  const descr = members.get('descr')?.[2];
  const order = members.get('fortran_order')?.[3];
  const shape = members.get('shape')?.[4];
  if (descr === undefined || order === undefined || shape === undefined) {
    if (/'descr'\s*:\s*\[/.test(text)) {
      throw damagedFile('the npy file holds records of several fields, only plain numbers or text are read');
    }
    throw damagedFile(
      `the npy header is ${shown(text)}, only descr, fortran_order and shape with their values are allowed`,
    );
  }
  return { descr, fortranOrder: order === 'True', shape: shapeOf(shape), dataStart };
}

function headerText(file: Uint8Array): { text: string; dataStart: number } {
  const major = file[6] ?? 0;
  const lengthBytes = major === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  if (!isNpy(file) || file.length < start) {
    throw damagedFile(`the npy file has ${file.length} bytes and no whole header`);
  }
  if (major < 1 || major > 3) {
    throw damagedFile(`the npy file has version ${major}, only 1, 2 and 3 are read`);
  }
  const view = new DataView(file.buffer, file.byteOffset, start);
  const length = lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > Math.min(MAX_HEADER_BYTES, file.length - start)) {
    throw damagedFile(
      `the npy file announces a header of ${length} bytes, at most ${Math.min(MAX_HEADER_BYTES, file.length - start)} are allowed`,
    );
  }
  const text = new TextDecoder('latin1').decode(file.subarray(start, start + length));
  return { text, dataStart: start + length };
}

/** Matches of `MEMBER` by key; empty for a text that is no such dictionary. */
function dictionary(text: string): ReadonlyMap<string, RegExpExecArray> {
  const members = new Map<string, RegExpExecArray>();
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return members;
  const inside = trimmed.slice(1, -1).trimEnd();
  MEMBER.lastIndex = 0;
  while (MEMBER.lastIndex < inside.length) {
    const match = MEMBER.exec(inside);
    if (match === null || members.has(match[1]!)) return new Map();
    members.set(match[1]!, match);
  }
  return members;
}

/** Python 2 wrote sizes with an L. */
function shapeOf(text: string): readonly number[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  const sizes = parts.map((part) => (/^\d{1,15}L?$/.test(part) ? parseInt(part, 10) : NaN));
  if (sizes.length > MAX_RANK || sizes.some(Number.isNaN)) {
    throw damagedFile(`the npy header has the shape ${shown(text)}, only a list of sizes is allowed`);
  }
  return sizes;
}
