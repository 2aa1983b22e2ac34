import { damagedTorch } from '../errors.ts';

const decoder = new TextDecoder();

/** Reads bytes of a pickle in order, and no byte beyond its end. */
export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
  }

  /** Where the next `count` bytes are; they are passed. */
  #pass(count: number): number {
    const begin = this.at;
    if (!(count <= this.#bytes.length - begin))
      throw damagedTorch(
        `the pickle breaks off: ${count} bytes are announced at byte ${begin}, ${this.#bytes.length - begin} follow`,
      );
    this.at = begin + count;
    return begin;
  }

  u8 = (): number => this.#view.getUint8(this.#pass(1));
  u16 = (): number => this.#view.getUint16(this.#pass(2), true);
  u32 = (): number => this.#view.getUint32(this.#pass(4), true);
  i32 = (): number => this.#view.getInt32(this.#pass(4), true);
  f64 = (): number => this.#view.getFloat64(this.#pass(8), false);

  /** Too large a number is more than any file has. */
  u64 = (): number => Number(this.#view.getBigUint64(this.#pass(8), true));

  bytes(count: number): Uint8Array {
    const begin = this.#pass(count);
    return this.#bytes.subarray(begin, begin + count);
  }

  text(count: number): string {
    return decoder.decode(this.bytes(count));
  }

  /** Text to the end of its line, which is passed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw damagedTorch(`the pickle breaks off at byte ${this.at}, within a name`);
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  /** A whole number of so many bytes in two's complement. */
  long(count: number): number | bigint {
    if (count > MAX_LONG)
      throw damagedTorch(`the pickle holds a whole number of ${count} bytes, at most ${MAX_LONG} are read`);
    const bytes = this.bytes(count);
    let value = 0n;
    for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    if (count > 0) value = BigInt.asIntN(8 * count, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
}

const MAX_LONG = 255;
