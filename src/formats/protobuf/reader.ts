/**
 * Reads the protobuf wire format (protobuf.dev/programming-guides/encoding) field by field, without a schema and without copies. The
 * bytes may be hostile: every length is compared with what is left before it is used.
 */
import { MasksearchError } from '../../core/error.ts';

/** Range of bytes in the file. */
export interface ByteRange {
  readonly begin: number;
  readonly end: number;
}

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
export type WireType = (typeof WIRE)[keyof typeof WIRE];

export interface Field extends ByteRange {
  readonly number: number;
  readonly wire: WireType;
  /** The first byte of its tag, and the first after it: of the length of `bytes`, else of the value. `begin` is the value's first. */
  readonly tag: number;
  readonly tagEnd: number;
}

/** Throws 'bad-input' with what is wrong with the file. */
export function damagedMessage(what: string): MasksearchError {
  return new MasksearchError('bad-input', what, 'use an undamaged file');
}

/** The fields of the message in `range`, in the order of the file. Throws 'bad-input' for what is no message. */
export function* fieldsIn(file: Uint8Array, { begin, end }: ByteRange): Generator<Field> {
  let at = begin;
  while (at < end) {
    const tag = at;
    const key = varintAt(file, at, end);
    const tagEnd = key.end;
    at = tagEnd;
    // A tag is a 32-bit number.
    const number = Math.floor(key.low / 8) + (key.high > 0 ? Infinity : 0);
    if (number < 1 || number >= 2 ** 29) throw damagedMessage(`byte ${tag} starts no field of a message`);
    const wire = key.low % 8;
    let valueEnd: number;
    switch (wire) {
      case WIRE.varint:
        valueEnd = varintAt(file, at, end).end;
        break;
      case WIRE.fixed64:
        valueEnd = at + 8;
        break;
      case WIRE.fixed32:
        valueEnd = at + 4;
        break;
      case WIRE.bytes: {
        const length = varintAt(file, at, end);
        at = length.end;
        valueEnd = at + unsigned(length);
        break;
      }
      default:
        throw damagedMessage(`the field at byte ${tag} has wire type ${wire}, only 0, 1, 2 and 5 are known`);
    }
    if (valueEnd > end)
      throw damagedMessage(`the field at byte ${tag} ends at byte ${valueEnd}, its message at byte ${end}`);
    yield { number, wire, tag, tagEnd, begin: at, end: valueEnd };
    at = valueEnd;
  }
}

/** A 64-bit number in two halves, and the byte after it. */
interface Varint {
  readonly low: number;
  readonly high: number;
  readonly end: number;
}

const unsigned = ({ low, high }: Varint) => high * 2 ** 32 + low;

function varintAt(file: Uint8Array, at: number, end: number): Varint {
  let low = 0;
  let high = 0;
  for (let i = 0; i < 10; i++) {
    if (at + i >= end) break;
    const byte = file[at + i]!;
    const bits = byte & 0x7f;
    if (i < 4) low += bits * 2 ** (7 * i);
    else if (i === 4) {
      low += (bits & 0xf) * 2 ** 28;
      high += bits >> 4;
    } else high += bits * 2 ** (7 * i - 32);
    // The tenth byte has one bit left.
    if (byte < 0x80) return { low, high: high % 2 ** 32, end: at + i + 1 };
  }
  throw damagedMessage(`the number at byte ${at} does not end`);
}

/** The numbers of a field of 64-bit integers, packed or not, each clamped to what float64 can hold exactly. */
export function integersIn(file: Uint8Array, field: Field): Generator<number> {
  const { wire, begin } = field;
  if (wire !== WIRE.varint && wire !== WIRE.bytes)
    throw damagedMessage(`the field at byte ${begin} has wire type ${wire}, only whole numbers are allowed`);
  return packedIntegers(file, field);
}

/** Those that lie one after the other in a range. */
export function* packedIntegers(file: Uint8Array, { begin, end }: ByteRange): Generator<number> {
  for (let at = begin; at < end;) {
    const varint = varintAt(file, at, end);
    yield signed(varint);
    at = varint.end;
  }
}

function signed(varint: Varint): number {
  // Not the unsigned number less 2^64, whose low bits float64 does not have.
  const { low, high } = varint;
  const value = (high >= 2 ** 31 ? high - 2 ** 32 : high) * 2 ** 32 + low;
  return Math.min(Math.max(value, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

/** The only number of a field that is not repeated. */
export function integerIn(file: Uint8Array, field: Field): number {
  if (field.wire !== WIRE.varint)
    throw damagedMessage(
      `the field at byte ${field.tag} has wire type ${field.wire}, only a whole number is allowed`,
    );
  return signed(varintAt(file, field.begin, field.end));
}

/** Throws 'bad-input' unless the field holds bytes: text, a message or packed numbers. */
export function bytesRange(field: Field): ByteRange {
  if (field.wire !== WIRE.bytes)
    throw damagedMessage(
      `the field at byte ${field.tag} has wire type ${field.wire}, only bytes are allowed`,
    );
  return { begin: field.begin, end: field.end };
}

/** Text of a field. Throws 'bad-input' for more than `most` bytes. */
export function textIn(file: Uint8Array, field: Field, most: number): string {
  const { begin, end } = bytesRange(field);
  if (end - begin > most)
    throw damagedMessage(`the text at byte ${begin} has ${end - begin} bytes, at most ${most} are allowed`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.subarray(begin, end));
  } catch {
    throw damagedMessage(`the text at byte ${begin} is not UTF-8`);
  }
}
