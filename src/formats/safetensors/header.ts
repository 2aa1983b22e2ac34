/**
 * Reads and checks the header of a safetensors file, which may be hostile: no number in it is used before it
 * has been compared with the size of the file, and text from it is shortened and escaped in messages.
 */
import { MasksearchError } from '../../core/error.ts';
import { MAX_NAME_LENGTH } from '../../network/network.ts';

/** Bytes per element of the element types that models and masks have. */
export const DTYPE_BYTES = { F32: 4, U8: 1 } as const;

export type Dtype = keyof typeof DTYPE_BYTES;

/** Bytes before the header: its length, u64 little-endian. */
export const LENGTH_BYTES = 8;
export const METADATA_KEY = '__metadata__';

/**
 * The front of a network of 281 layers with long names has more than 1 MB. A header is parsed as a whole before it can be checked,
 * hence the limit.
 */
const MAX_HEADER_BYTES = 2 ** 23;
/** Masks of a Pareto front have their number before the name of the weights. */
const MAX_TENSOR_NAME = MAX_NAME_LENGTH + 24;

export interface TensorEntry<Type extends string = Dtype> {
  readonly name: string;
  readonly dtype: Type;
  readonly shape: readonly number[];
  /** Byte range in the data, which starts after the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header<Type extends string = Dtype> {
  /** In the order of the data, which they fill without holes or overlaps. */
  readonly entries: readonly TensorEntry<Type>[];
  /** Without a prototype, so that a key such as `constructor` is not inherited. */
  readonly metadata: Record<string, string>;
  /** Where the data starts in the file. */
  readonly dataStart: number;
}

export function damaged(message: string, fix = 'use an undamaged safetensors file'): MasksearchError {
  return new MasksearchError('bad-input', message, fix);
}

/** A value from a file, for a message: short and printable whatever it is. */
export function shown(value: unknown): string {
  if (!Array.isArray(value)) return shownScalar(value);
  const start = value.slice(0, 8).map(shownScalar).join(', ');
  return value.length > 8 ? `[${start}, ...]` : `[${start}]`;
}

function shownScalar(value: unknown): string {
  if (typeof value === 'string') {
    // Terminals interpret some control characters beyond ASCII too.
    const text = value.length > 64 ? `${value.slice(0, 64)}...` : value;
    return JSON.stringify(text).replace(/[^\x20-\x7e]/g, '?');
  }
  // Not JSON.stringify: it recurses, and the file decides how deep.
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = String(value);
  return text === 'undefined' ? 'none' : text;
}

/**
 * The header of `file`, a whole safetensors file with tensors of the element types in `elementBytes`. Throws 'bad-input' for anything
 * the format does not allow.
 */
export function parseHeader(file: Uint8Array): Header;
export function parseHeader<Type extends string>(
  file: Uint8Array,
  elementBytes: Readonly<Record<Type, number>>,
): Header<Type>;
export function parseHeader(
  file: Uint8Array,
  elementBytes: Readonly<Record<string, number>> = DTYPE_BYTES,
): Header<string> {
  const text = headerText(file);
  const dataStart = LENGTH_BYTES + text.bytes;
  const dataBytes = file.length - dataStart;
  const header = parseObject(text.json);
  const entries: TensorEntry<string>[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== METADATA_KEY) entries.push(checkEntry(name, value, dataBytes, elementBytes));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end || (a.name < b.name ? -1 : 1));
  checkLayout(entries, dataBytes);
  const metadata = checkMetadata(Object.hasOwn(header, METADATA_KEY) ? header[METADATA_KEY] : {});
  return { entries, metadata, dataStart };
}

function headerText(file: Uint8Array): { json: string; bytes: number } {
  if (file.length < LENGTH_BYTES) {
    throw damaged(`the safetensors file has ${file.length} bytes, at least ${LENGTH_BYTES} are needed`);
  }
  const announced = new DataView(file.buffer, file.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (announced > BigInt(MAX_HEADER_BYTES)) {
    throw damaged(
      `the safetensors file announces a header of ${announced.toString()} bytes, at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const bytes = Number(announced);
  if (bytes > file.length - LENGTH_BYTES) {
    throw damaged(
      `the safetensors file announces a header of ${bytes} bytes, only ${file.length - LENGTH_BYTES} follow`,
    );
  }
  const header = file.subarray(LENGTH_BYTES, LENGTH_BYTES + bytes);
  if (header[0] !== 0x7b) {
    throw damaged(
      `the safetensors header starts with ${bytes === 0 ? 'nothing' : `byte ${header[0]}`}, only "{" is allowed`,
    );
  }
  try {
    return { json: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header), bytes };
  } catch {
    throw damaged('the safetensors header is not UTF-8 text, only UTF-8 is allowed');
  }
}

/** `json` starts with "{", so what parses is an object. */
function parseObject(json: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch {
    throw damaged('the safetensors header is not JSON, only a JSON object is allowed');
  }
  const twice = duplicateKey(json);
  if (twice !== undefined) {
    throw damaged(`the safetensors header holds the key ${shown(twice)} twice, once is allowed`);
  }
  return header as Record<string, unknown>;
}

/** The first key that an object of the valid text `json` holds twice; JSON.parse silently takes the last. */
function duplicateKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  const colon = /\s*:/y;
  for (let i = 0; i < json.length; i++) {
    if (json[i] === '{') objects.push(new Set());
    else if (json[i] === '}') objects.pop();
    else if (json[i] === '"') {
      const start = i++;
      while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
      colon.lastIndex = i + 1;
      if (!colon.test(json)) continue;
      const key = JSON.parse(json.slice(start, i + 1)) as string;
      if (objects.at(-1)!.has(key)) return key;
      objects.at(-1)!.add(key);
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function checkEntry(
  name: string,
  value: unknown,
  dataBytes: number,
  elementBytes: Readonly<Record<string, number>>,
): TensorEntry<string> {
  if (name.length === 0 || name.length > MAX_TENSOR_NAME) {
    throw damaged(`a tensor name has ${name.length} characters, 1 to ${MAX_TENSOR_NAME} are allowed`);
  }
  const tensor = `tensor ${shown(name)}`;
  if (!isObject(value)) throw damaged(`${tensor} is described by ${shown(value)}, only an object is allowed`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(elementBytes, dtype)) {
    const allowed = Object.keys(elementBytes).join(' and ');
    throw damaged(`${tensor} has dtype ${shown(dtype)}, only ${allowed} are read`, 'convert the tensor');
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw damaged(`${tensor} has shape ${shown(shape)}, only a list of whole numbers from 0 is allowed`);
  }
  let bytes = elementBytes[dtype]!;
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) {
      throw damaged(
        `${tensor} has shape ${shown(shape)}, at most ${Number.MAX_SAFE_INTEGER} bytes are allowed`,
      );
    }
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw damaged(`${tensor} has data_offsets ${shown(offsets)}, only two whole numbers from 0 are allowed`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    throw damaged(
      `${tensor} has data_offsets ${shown(offsets)}, only rising ones up to the ${dataBytes} bytes of data are allowed`,
    );
  }
  if (end - begin !== bytes) {
    throw damaged(
      `${tensor} has data_offsets ${shown(offsets)}, its shape ${shown(shape)} in ${dtype} needs ${bytes} bytes`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function checkLayout(entries: readonly TensorEntry<string>[], dataBytes: number): void {
  let filled = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== filled) {
      throw damaged(
        `tensor ${shown(name)} starts at byte ${begin} of the data, only byte ${filled} is allowed`,
      );
    }
    filled = end;
  }
  if (filled !== dataBytes) {
    throw damaged(`the safetensors file has ${dataBytes} bytes of data, its tensors fill ${filled}`);
  }
}

function checkMetadata(value: unknown): Record<string, string> {
  if (!isObject(value)) {
    throw damaged(`the safetensors ${METADATA_KEY} is ${shown(value)}, only an object is allowed`);
  }
  const metadata = Object.create(null) as Record<string, string>;
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw damaged(`the safetensors metadata ${shown(key)} is ${shown(text)}, only a string is allowed`);
    }
    metadata[key] = text;
  }
  return metadata;
}
