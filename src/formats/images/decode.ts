/** Image files of any type that is read. Loaded on demand: most data are arrays. */
import { decodeJpeg } from './jpeg.ts';
import { decodePng } from './png.ts';
import { imageSizeOf, type DecodedImage, type ImageType } from './size.ts';

/** Throws 'bad-input' for a damaged file. */
export function decodeImage(file: Uint8Array, type: ImageType): DecodedImage {
  const size = imageSizeOf(file, type);
  return type === 'PNG' ? decodePng(file, size) : decodeJpeg(file, size);
}
