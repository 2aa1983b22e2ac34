/** What the header of a PNG or JPEG file says, before anything is decoded. */
import { MasksearchError } from '../../core/error.ts';
import { damagedFile } from '../arrays/array.ts';

export type ImageType = 'PNG' | 'JPEG';

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

export interface DecodedImage {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** [row, column, channel] */
  readonly pixels: Uint8Array;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Pixels of an image at the most. */
const MAX_PIXELS = 2 ** 24;
/** Scans of a progressive JPEG at the most: each goes over all pixels. Encoders write about ten. */
const MAX_SCANS = 64;

/** The type of an image file that starts with `bytes`; undefined for any other file. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  if (SIGNATURE.every((byte, i) => bytes[i] === byte)) return 'PNG';
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff ? 'JPEG' : undefined;
}

/** Throws 'bad-input' for a damaged header, and for more pixels than images may have. */
export function imageSizeOf(file: Uint8Array, type: ImageType): ImageSize {
  const { height, width } = type === 'PNG' ? pngSize(file) : jpegSize(file);
  if (!(height >= 1 && width >= 1)) throw damagedFile(`the ${type} is ${height} x ${width} pixels`);
  if (height * width > MAX_PIXELS)
    throw new MasksearchError(
      'bad-input',
      `the ${type} announces ${height} x ${width} pixels, at most ${MAX_PIXELS} are allowed`,
      'make the images as small as the network takes them',
    );
  return { height, width };
}

function pngSize(file: Uint8Array): ImageSize {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  // The length and the name of the first chunk, which is the header.
  if (file.length < 33 || view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452)
    throw damagedFile('the PNG has no header');
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function jpegSize(file: Uint8Array): ImageSize {
  let size: ImageSize | undefined;
  let scans = 0;
  let at = 2;
  while (at + 4 <= file.length) {
    const marker = file[at + 1]!;
    // Entropy-coded data between segments: a marker is 0xff and neither 0, a restart nor padding.
    if (file[at] !== 0xff || marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7)) {
      at++;
      continue;
    }
    if (marker === 0xd9) break;
    // Start of a frame, of any kind but tables that share the range.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame && at + 9 <= file.length) {
      if (size) throw damagedFile('the JPEG has several frames');
      const word = (from: number) => file[from]! * 256 + file[from + 1]!;
      size = { height: word(at + 5), width: word(at + 7) };
    }
    if (marker === 0xda && ++scans > MAX_SCANS)
      throw damagedFile(`the JPEG has more than ${MAX_SCANS} scans`);
    at += 2 + Math.max(2, file[at + 2]! * 256 + file[at + 3]!);
  }
  if (!size) throw damagedFile('the JPEG has no frame');
  return size;
}
