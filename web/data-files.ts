/** The digits and the model as files of the page, compressed: hosts do not compress what they do not know. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { decodeMnist } from '../src/formats/mnist.ts';
import { encodeSafetensors } from '../src/formats/safetensors/tensors.ts';
import { splitMnist } from '../src/data/splits.ts';
import type { ByteImages } from '../src/data/dataset.ts';

/** Adds `data/*.safetensors.gz`: each split of the digits by itself, so that a page loads what it needs, and the model. */
export function dataFiles(root: string): Plugin {
  const read = (path: string) => readFileSync(join(root, path));
  return {
    name: 'data-files',
    apply: 'build',
    generateBundle() {
      const splits = splitMnist(decodeMnist(read('dist/data/mnist.safetensors')));
      const files = {
        search: digits(splits.search),
        test: digits(splits.test),
        train: digits(splits.train),
        model: read('models/lenet5-mnist.safetensors'),
      };
      for (const [name, bytes] of Object.entries(files)) {
        this.emitFile({
          type: 'asset',
          fileName: `data/${name}.safetensors.gz`,
          source: gzipSync(bytes, { level: 9 }),
        });
      }
    },
  };
}

/** As the library's decoder of the bundled digits takes them. */
function digits({ count, height, width, pixels, labels }: ByteImages): Uint8Array {
  return encodeSafetensors(
    new Map([
      ['images', { dtype: 'U8', shape: [count, height, width], data: pixels }],
      ['labels', { dtype: 'U8', shape: [count], data: labels }],
    ]),
    {},
  );
}
