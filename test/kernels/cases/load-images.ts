/** load_images: turns the pixels of a block of images into the first layer's input. For a GPU the host does that. */
import { assertClose } from '../../helpers/assert/close.ts';
import { generator } from '../../helpers/data/numbers.ts';
import type { KernelCase } from '../table.ts';

export interface LoadInput {
  readonly height: number;
  readonly width: number;
  /** Padding of the first layer if it is a convolution; undefined if it is a dense layer. */
  readonly padding: number | undefined;
  /** [image, row, column]. */
  readonly pixels: Uint8Array;
  /** The network's input for each value of a pixel. */
  readonly table: Float32Array;
  /** [place] index of an image. The output is [pixel, 24]; lanes beyond the last place repeat it. */
  readonly order: Uint32Array;
}

const [height, width] = [5, 7];

export const loadImages = [undefined, 0, 2].flatMap((padding) =>
  [1, 2, 11, 12, 13, 23, 24].map((count): KernelCase<LoadInput, Float32Array> => ({
    name: `${count} images into ${padding === undefined ? 'a dense layer' : `padding ${padding}`}`,
    input: () => {
      const random = generator(`load ${padding} ${count}`);
      const pixels = Uint8Array.from({ length: count * height * width }, () => random.below(256));
      const order = Uint32Array.from({ length: count }, () => random.below(count));
      return { height, width, padding, pixels, table: random.floats(256), order };
    },
    check(y, { pixels, table, order }) {
      const expected = Float32Array.from({ length: height * width * 24 }, (_, i) => {
        const image = order[Math.min(i % 24, count - 1)]!;
        return table[pixels[image * height * width + Math.floor(i / 24)]!]!;
      });
      assertClose(y, expected, { label: 'the block' });
    },
  })),
);
