/** PNG files as bytes of grey or RGB. */
import { convertIndexedToRgb, decode, type DecodedPng } from 'fast-png';
import { MasksearchError } from '../../core/error.ts';
import { damagedFile } from '../arrays/array.ts';
import { inflate } from '../arrays/inflate.ts';
import { joined } from '../protobuf/writer.ts';
import type { DecodedImage, ImageSize } from './size.ts';

/** Chunks that pixels depend on; others, such as profiles and comments, are not even looked at. */
const CRITICAL = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
const SIGNATURE_BYTES = 8;
/** Where the header says what pixels are, and its value for numbers of a palette. */
const COLOUR_TYPE = 25;
const INDEXED = 3;
/** Length, name and checksum of a chunk. */
const AROUND = 12;
/** Bits per pixel of the largest pixel. */
const MAX_PIXEL_BITS = 64;
/** Bytes that a byte of deflated data can stand for. */
const MAX_RATIO = 1032;
/** An interlaced image has so many partial ones, with a byte more for each row. */
const PASSES = 7;

/** The pixels of a PNG whose header gives this size. Throws 'bad-input' for a damaged one, for 16 bits per channel and for transparency. */
export function decodePng(file: Uint8Array, { height, width }: ImageSize): DecodedImage {
  const chunks = criticalChunks(file);
  if (file[COLOUR_TYPE] === INDEXED && !chunks.some(({ name }) => name === 'PLTE'))
    throw damagedFile('the PNG has colours of a palette, and no palette');
  const zlib = joined(chunks.flatMap(({ name, data }) => (name === 'IDAT' ? [data] : [])));
  // The decoder inflates whatever there is: its amount is checked before, behind the two bytes of zlib.
  const deflated = zlib.subarray(2);
  const most = (height + PASSES) * (Math.ceil((width * MAX_PIXEL_BITS) / 8) + PASSES) * 2;
  inflate(deflated, Math.min(most, MAX_RATIO * deflated.length), 'the PNG');
  const plain = joined([file.subarray(0, SIGNATURE_BYTES), ...chunks.map(({ whole }) => whole)]);
  try {
    return imageOf(decode(plain, { checkCrc: true }));
  } catch (cause) {
    throw cause instanceof MasksearchError ? cause : damagedFile('the PNG is damaged', cause);
  }
}

interface Chunk {
  readonly name: string;
  readonly data: Uint8Array;
  readonly whole: Uint8Array;
}

function criticalChunks(file: Uint8Array): readonly Chunk[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at + AROUND <= file.length;) {
    const length = view.getUint32(at);
    const end = at + AROUND + length;
    if (end > file.length) break;
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (name === 'IHDR' && chunks.length > 0) throw damagedFile('the PNG has two headers');
    if (CRITICAL.has(name))
      chunks.push({ name, data: file.subarray(at + 8, end - 4), whole: file.subarray(at, end) });
    if (name === 'IEND') return chunks;
    at = end;
  }
  throw damagedFile(`the PNG of ${file.length} bytes breaks off`);
}

function imageOf(png: DecodedPng): DecodedImage {
  const { height, width, channels, depth, data, palette, transparency } = png;
  const isOpaque =
    transparency === undefined && (palette?.every((colour) => (colour[3] ?? 255) === 255) ?? true);
  if (!isOpaque) throw transparent();
  if (palette) {
    const opaque = palette.map((colour) => colour.slice(0, 3));
    return { height, width, channels: 3, pixels: convertIndexedToRgb({ ...png, palette: opaque }) };
  }
  if (depth !== 8 || !(data instanceof Uint8Array || data instanceof Uint8ClampedArray))
    throw new MasksearchError(
      'bad-input',
      `the PNG has ${depth} bits for each channel, 8 are read`,
      'store it with 8 bits',
    );
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (channels === 1 || channels === 3) return { height, width, channels, pixels: bytes };
  const colours = channels === 2 ? 1 : 3;
  const pixels = new Uint8Array(height * width * colours);
  for (let pixel = 0; pixel < height * width; pixel++) {
    if (bytes[(pixel + 1) * channels - 1] !== 255) throw transparent();
    for (let c = 0; c < colours; c++) pixels[pixel * colours + c] = bytes[pixel * channels + c]!;
  }
  return { height, width, channels: colours, pixels };
}

const transparent = () =>
  new MasksearchError('bad-input', 'the PNG has transparent pixels', 'store it without transparency');
