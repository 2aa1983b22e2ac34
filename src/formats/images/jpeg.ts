/** JPEG files as bytes of RGB. */
import jpeg from 'jpeg-js';
import { damagedFile } from '../arrays/array.ts';
import type { DecodedImage, ImageSize } from './size.ts';

/** MiB that decoding may take beside the pixels. */
const MAX_MEMORY = 1024;

/** The pixels of a JPEG whose header gives this size; grey ones have three equal channels. Throws 'bad-input' for a damaged one. */
export function decodeJpeg(file: Uint8Array, { height, width }: ImageSize): DecodedImage {
  try {
    const image = jpeg.decode(file, {
      ...{ useTArray: true, formatAsRGBA: false, tolerantDecoding: false },
      ...{ maxResolutionInMP: (height * width) / 1e6 + 1, maxMemoryUsageInMB: MAX_MEMORY },
    });
    if (image.height !== height || image.width !== width) throw new Error('its frame is another one');
    return { height, width, channels: 3, pixels: image.data };
  } catch (cause) {
    throw damagedFile('the JPEG is damaged, or of a kind that is not read', cause);
  }
}
