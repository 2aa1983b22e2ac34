/** Writes the protobuf wire format: a message is a list of fields, each of which is bytes. */
import { WIRE, type WireType } from './reader.ts';

/** A field, or several of one number. */
export type FieldBytes = readonly Uint8Array[];

/** A whole number from -2^53 to 2^53 as a varint; negative ones have ten bytes. */
export function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const bits = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? bits | 0x80 : bits);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const tag = (number: number, wire: WireType) => varint(number * 8 + wire);

export const integerField = (number: number, value: number): FieldBytes => [
  tag(number, WIRE.varint),
  varint(value),
];

/** Repeated integers, packed; no field for none. */
export function integersField(number: number, values: readonly number[]): FieldBytes {
  return values.length === 0 ? [] : bytesField(number, joined(values.map(varint)));
}

export const floatField = (number: number, value: number): FieldBytes => [
  tag(number, WIRE.fixed32),
  new Uint8Array(Float32Array.of(value).buffer),
];

export const bytesField = (number: number, bytes: Uint8Array): FieldBytes => [
  tag(number, WIRE.bytes),
  varint(bytes.length),
  bytes,
];

export const textField = (number: number, text: string): FieldBytes =>
  bytesField(number, new TextEncoder().encode(text));

/** A message as a field of another. */
export const messageField = (number: number, ...fields: readonly FieldBytes[]): FieldBytes =>
  bytesField(number, message(...fields));

export const message = (...fields: readonly FieldBytes[]): Uint8Array => joined(fields.flat());

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
