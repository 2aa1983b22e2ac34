/** Structures of HDF5 files as lists of their fields. */

export const UNDEFINED = 2n ** 64n - 1n;

export type Field = readonly [bytes: 1 | 2 | 4 | 8, value: number | bigint] | Uint8Array | string;
export const text = (value: string) => new TextEncoder().encode(value);

export function joined(fields: readonly Field[]): Uint8Array {
  const parts = fields.map((field) => {
    if (field instanceof Uint8Array) return field;
    if (typeof field === 'string') return text(field);
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(field[1]), true);
    return new Uint8Array(view.buffer, 0, field[0]);
  });
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const padded = (bytes: Uint8Array, to = 8) => {
  const all = new Uint8Array(Math.ceil(bytes.length / to) * to);
  all.set(bytes);
  return all;
};

export interface Message {
  readonly type: number;
  readonly bytes: Uint8Array;
}
