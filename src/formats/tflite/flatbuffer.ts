/**
 * The FlatBuffers wire format: tables whose fields are found through a table of offsets, vectors and text. Every access is compared with the
 * length of the file, as it may be hostile; FlatBuffers' own library trusts the file.
 */
import { damagedFile } from '../arrays/array.ts';
import type { ByteRange } from '../protobuf/reader.ts';

/** Elements read in all, for each byte of the file: many tables may point to one long vector. */
const MAX_PER_BYTE = 4;
const FREE_ELEMENTS = 2 ** 16;
/** Of text, in bytes. */
const MAX_TEXT = 2 ** 16;

/** Throws 'bad-input' for whatever lies outside of the file. */
export class Flatbuffer {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #left: number;

  constructor(file: Uint8Array) {
    this.#bytes = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.length);
    this.#left = MAX_PER_BYTE * file.length + FREE_ELEMENTS;
  }

  get root(): Table {
    return new Table(this, this.target(0));
  }

  /** What the offset at this place points to. */
  target = (at: number): number => at + this.uint32(at);

  /** Where the elements of a vector start, and their number. */
  vector(at: number, size: number): { readonly begin: number; readonly length: number } {
    const length = this.uint32(at);
    const begin = at + 4;
    if (length * size > this.#bytes.length - begin)
      throw damagedFile(
        `the TFLite file announces ${length} elements at byte ${at}, where it has no room for them`,
      );
    return { begin, length };
  }

  /** Counts elements that are looked at one by one. */
  count(elements: number): void {
    this.#left -= elements;
    if (this.#left < 0) throw damagedFile('the tables of the TFLite file lead to the same bytes too often');
  }

  text(at: number): string {
    const { begin, length } = this.vector(at, 1);
    if (length > MAX_TEXT) throw damagedFile(`the TFLite file has a text of ${length} bytes`);
    this.count(length);
    return new TextDecoder().decode(this.#bytes.subarray(begin, begin + length));
  }

  uint8 = (at: number): number => this.#view.getUint8(this.#checked(at, 1));
  int8 = (at: number): number => this.#view.getInt8(this.#checked(at, 1));
  uint16 = (at: number): number => this.#view.getUint16(this.#checked(at, 2), true);
  int32 = (at: number): number => this.#view.getInt32(this.#checked(at, 4), true);
  uint32 = (at: number): number => this.#view.getUint32(this.#checked(at, 4), true);
  float32 = (at: number): number => this.#view.getFloat32(this.#checked(at, 4), true);
  /** Rounded to float64. */
  int64 = (at: number): number => Number(this.#view.getBigInt64(this.#checked(at, 8), true));
  uint64 = (at: number): number => Number(this.#view.getBigUint64(this.#checked(at, 8), true));

  #checked(at: number, size: number): number {
    if (!(at >= 0 && at + size <= this.#bytes.length))
      throw damagedFile(`the TFLite file of ${this.#bytes.length} bytes points to byte ${at}`);
    return at;
  }
}

/** Fields by their index in the schema; those that a file leaves out have the value that is passed. */
export class Table {
  readonly #file: Flatbuffer;
  readonly #at: number;
  readonly #offsets: number;
  readonly #fields: number;

  constructor(file: Flatbuffer, at: number) {
    this.#file = file;
    this.#at = at;
    this.#offsets = at - file.int32(at);
    this.#fields = (file.uint16(this.#offsets) - 4) / 2;
    file.count(1);
  }

  /** Where a field lies; undefined if it is left out. */
  #place(index: number): number | undefined {
    if (index >= this.#fields) return undefined;
    const offset = this.#file.uint16(this.#offsets + 4 + 2 * index);
    return offset === 0 ? undefined : this.#at + offset;
  }

  #scalar(index: number, missing: number, read: (at: number) => number): number {
    const place = this.#place(index);
    return place === undefined ? missing : read(place);
  }

  int8 = (index: number, missing = 0): number => this.#scalar(index, missing, this.#file.int8);
  uint8 = (index: number, missing = 0): number => this.#scalar(index, missing, this.#file.uint8);
  int32 = (index: number, missing = 0): number => this.#scalar(index, missing, this.#file.int32);
  uint32 = (index: number, missing = 0): number => this.#scalar(index, missing, this.#file.uint32);
  uint64 = (index: number, missing = 0): number => this.#scalar(index, missing, this.#file.uint64);
  float32 = (index: number, missing = 0): number => this.#scalar(index, missing, this.#file.float32);

  #pointer(index: number): number | undefined {
    const place = this.#place(index);
    return place === undefined ? undefined : this.#file.target(place);
  }

  has(index: number): boolean {
    return this.#place(index) !== undefined;
  }

  text(index: number): string {
    const at = this.#pointer(index);
    return at === undefined ? '' : this.#file.text(at);
  }

  table(index: number): Table | undefined {
    const at = this.#pointer(index);
    return at === undefined ? undefined : new Table(this.#file, at);
  }

  #elements(index: number, size: number, read: (at: number) => number): readonly number[] {
    const at = this.#pointer(index);
    if (at === undefined) return [];
    const { begin, length } = this.#file.vector(at, size);
    this.#file.count(length);
    return Array.from({ length }, (_, i) => read(begin + i * size));
  }

  ints = (index: number): readonly number[] => this.#elements(index, 4, this.#file.int32);
  floats = (index: number): readonly number[] => this.#elements(index, 4, this.#file.float32);
  longs = (index: number): readonly number[] => this.#elements(index, 8, this.#file.int64);

  tables(index: number): readonly Table[] {
    return this.#elements(index, 4, this.#file.target).map((at) => new Table(this.#file, at));
  }

  /** Of a vector of bytes. */
  range(index: number): ByteRange | undefined {
    const at = this.#pointer(index);
    if (at === undefined) return undefined;
    const { begin, length } = this.#file.vector(at, 1);
    return { begin, end: begin + length };
  }
}
