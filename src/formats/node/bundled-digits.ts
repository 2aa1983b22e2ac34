import { fileURLToPath } from 'node:url';
import type { ByteImages } from '../../data/dataset.ts';
import { decodeMnist } from '../mnist.ts';
import { decodeFile } from './files.ts';

/** Path of the bundled digits: the same from src/formats/node and from dist/formats/node. */
export const BUNDLED_DIGITS = fileURLToPath(new URL('../../../dist/data/mnist.safetensors', import.meta.url));

/** The 10,000 bundled MNIST images. Rejects with 'bad-input' if the package was not built. */
export function readBundledDigits(): Promise<ByteImages> {
  return decodeFile(BUNDLED_DIGITS, 'MNIST', decodeMnist, 'run `npm run build`');
}
