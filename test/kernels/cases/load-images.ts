/** load_images: turns the pixels of a block of images into the network's input. For a GPU the host does that. */
import { assertClose } from '../../helpers/assert/close.ts';
import { generator } from '../../helpers/data/numbers.ts';
import type { KernelCase } from '../table.ts';

export interface LoadInput {
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Zeros around each image that a convolution needs; undefined if a dense layer reads it. */
  readonly padding: number | undefined;
  /** [image, channel, row, column]: bytes, or the network's input as it is. */
  readonly pixels: Uint8Array | Float32Array;
  /** The network's input for each value of a byte: [channel, 256]; undefined if pixels are not bytes. */
  readonly table: Float32Array | undefined;
  /** [place] index of an image. The output is [element, 24]; lanes beyond the last place repeat it. */
  readonly order: Uint32Array;
}

const shapes = [
  [1, 5, 7],
  [3, 4, 3],
] as const;

export const loadImages = shapes.flatMap((shape) =>
  [undefined, 0, 2].flatMap((padding) =>
    [1, 2, 11, 12, 13, 23, 24].map((count): KernelCase<LoadInput, Float32Array> => {
      // Half of the cases each.
      const isBytes = count % 2 === 1 || padding === undefined;
      const size = shape[0] * shape[1] * shape[2];
      return {
        name: `${count} images of ${shape.join(' x ')} ${isBytes ? 'bytes' : 'floats'}, padding ${padding}`,
        input: () => {
          const random = generator(`load ${padding} ${count}`);
          const pixels = isBytes
            ? Uint8Array.from({ length: count * size }, () => random.below(256))
            : random.floats(count * size);
          const order = Uint32Array.from({ length: count }, () => random.below(count));
          const table = isBytes ? random.floats(shape[0] * 256) : undefined;
          return { shape, padding, pixels, table, order };
        },
        check(y, { pixels, table, order }) {
          const expected = Float32Array.from({ length: size * 24 }, (_, i) => {
            const image = order[Math.min(i % 24, count - 1)]!;
            const element = Math.floor(i / 24);
            const pixel = pixels[image * size + element]!;
            const channel = Math.floor(element / (size / shape[0]));
            return table ? table[channel * 256 + pixel]! : pixel;
          });
          assertClose(y, expected, { label: 'the block' });
        },
      };
    }),
  ),
);
