/**
 * Safetensors in memory: named tensors and a few strings to bytes and back, in Node and in browsers. Knows neither
 * files nor networks. A host with big-endian floats is not supported.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { damaged, LENGTH_BYTES, METADATA_KEY, parseHeader, shown } from './header.ts';
import type { TensorEntry } from './header.ts';

/** `data` has one element per index of `shape`, row-major; an empty shape is one element. */
export type Tensor =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'U8'; readonly shape: readonly number[]; readonly data: Uint8Array };

export interface Safetensors {
  /** By name, in the order of the data. */
  readonly tensors: Map<string, Tensor>;
  /** Without a prototype. */
  readonly metadata: Record<string, string>;
}

/** The metadata key of the hexadecimal SHA-256 of the data, which is every byte after the header. */
export const DIGEST_KEY = 'sha256';

/**
 * The tensors and metadata of a safetensors file; tensors may share the memory of `bytes`. Throws 'bad-input', one
 * sentence with what was found and what is allowed, for a file that breaks the format, is not F32 or U8 throughout,
 * holds a number that is not finite, or differs from the SHA-256 in its own metadata.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { entries, metadata, dataStart } = parseHeader(bytes);
  checkDigest(bytes, dataStart, metadata);
  const tensors = new Map<string, Tensor>();
  for (const entry of entries) tensors.set(entry.name, readTensor(bytes, dataStart, entry));
  return { tensors, metadata };
}

/** Throws 'bad-input' if the data differ from the SHA-256 in the metadata of the file; without one there is nothing to check. */
export function checkDigest(
  file: Uint8Array,
  dataStart: number,
  metadata: Readonly<Record<string, string>>,
): void {
  const announced = metadata[DIGEST_KEY];
  if (announced === undefined) return;
  const found = bytesToHex(sha256(file.subarray(dataStart)));
  if (announced === found) return;
  throw damaged(
    `the data of the safetensors file has SHA-256 ${found}, its header allows only ${shown(announced)}`,
  );
}

function readTensor(
  file: Uint8Array,
  dataStart: number,
  { name, dtype, shape, begin, end }: TensorEntry,
): Tensor {
  const start = file.byteOffset + dataStart + begin;
  const bytes = new Uint8Array(file.buffer, start, end - begin);
  if (dtype === 'U8') return { dtype, shape, data: bytes };
  const elements = bytes.length / 4;
  const data =
    start % 4 === 0
      ? new Float32Array(file.buffer, start, elements)
      : new Float32Array(Uint8Array.from(bytes).buffer, 0, elements);
  checkFinite(name, data);
  return { dtype, shape, data };
}

function checkFinite(name: string, data: Float32Array): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw damaged(
      `tensor ${shown(name)} holds ${data[at]} at index ${at}, only finite numbers are allowed`,
      'train or export it again',
    );
  }
}

/**
 * The bytes of a safetensors file: equal arguments give equal bytes, whatever the order of their keys. The metadata
 * gets the SHA-256 of the data as `sha256`, in place of any given one. Throws 'bad-input' for what
 * `decodeSafetensors` rejects, such as a shape that does not fit its data.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  // F32 first keeps every float aligned, and is the order that the format's own writers use.
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      Number(a.dtype === 'U8') - Number(b.dtype === 'U8') || (nameA < nameB ? -1 : 1),
  );
  const data = new Uint8Array(ordered.reduce((sum, [, tensor]) => sum + tensor.data.byteLength, 0));
  let begin = 0;
  const members = ordered.map(([name, tensor]) => {
    if (tensor.dtype === 'F32') checkFinite(name, tensor.data);
    const { buffer, byteOffset, byteLength } = tensor.data;
    data.set(new Uint8Array(buffer, byteOffset, byteLength), begin);
    const offsets = [begin, begin + byteLength];
    begin += byteLength;
    return member(name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: offsets });
  });

  const texts = new Map(Object.entries(metadata)).set(DIGEST_KEY, bytesToHex(sha256(data)));
  const strings = [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, text]) => member(key, text));
  const json = `{${[`"${METADATA_KEY}":{${strings.join(',')}}`, ...members].join(',')}}`;
  const header = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(header.length / 8) * 8;

  const file = new Uint8Array(LENGTH_BYTES + headerBytes + data.length).fill(0x20, LENGTH_BYTES);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(header, LENGTH_BYTES);
  file.set(data, LENGTH_BYTES + headerBytes);
  parseHeader(file); // Refuses what a reader would: names, shapes, metadata, the size of the header.
  return file;
}

/** One member as JSON. Not by way of an object, which would move keys that look like numbers to the front. */
function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}
