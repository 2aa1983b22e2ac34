import { test } from 'uvu';
import { fuse } from '../../src/network/fuse.ts';
import type { Layer, Network } from '../../src/network/network.ts';
import { assertClose } from '../helpers/assert-close.ts';
import { generator } from '../helpers/numbers.ts';
import { assertOnlyWrites, layoutOf, openKernels, UNWRITTEN } from '../helpers/wasm-kernel.ts';

for (const shared of [true, false]) {
  const build = shared ? 'shared' : 'unshared';

  test(`load_images brings images into the first layer's layout, ${build}`, async () => {
    const [height, width, total] = [5, 7, 60];
    for (const padding of [undefined, 0, 2]) {
      const layers = fuse(firstLayerNetwork(height, width, padding));
      const layout = layoutOf(layers, total, height, width);
      for (const count of [1, 2, 11, 12, 13, 23, 24]) {
        const random = generator(`gather ${padding} ${count}`);
        const opened = await openKernels(shared, layout.pages);
        const { kernels, bytes, words, floats } = opened;
        const table = random.floats(256);
        const order = Array.from({ length: count }, () => random.below(total));
        for (let i = 0; i < total * height * width; i++) bytes[layout.pixels + i] = random.below(256);
        floats.set(table, layout.table / 4);
        words.set(order, layout.order / 4);
        const { input } = layout.layers[0]!;
        const y = layout.workers[0]!.inputs[0]!;
        floats.fill(UNWRITTEN, y / 4, (y + input.blockBytes) / 4);

        const rowBytes = padding === undefined ? width * input.pixelBytes : input.rowBytes;
        const expected = new Map<number, number>();
        for (let lane = 0; lane < 24; lane++) {
          const image = order[Math.min(lane, count - 1)]!;
          const part = y + Math.floor(lane / input.lanes) * input.partBytes + input.originBytes;
          for (let row = 0; row < height; row++) {
            for (let column = 0; column < width; column++) {
              const byte = bytes[layout.pixels + (image * height + row) * width + column]!;
              const at = part + row * rowBytes + column * input.pixelBytes + (lane % input.lanes) * 4;
              expected.set(at / 4, table[byte]!);
            }
          }
        }
        const written = [...expected.keys()];
        assertOnlyWrites(opened, { start: 0, end: bytes.length, written }, () =>
          kernels.load_images(
            layout.pixels,
            layout.order,
            count,
            layout.table,
            height,
            width,
            y + input.originBytes,
            input.parts,
            input.lanes,
            input.partBytes,
            rowBytes,
          ),
        );
        const label = `padding ${padding}, ${count} images`;
        assertClose(
          written.map((word) => floats[word]!),
          [...expected.values()],
          { label },
        );
      }
    }
  });

  test(`gather_images puts every row into another order, ${build}`, async () => {
    for (const padding of [undefined, 1]) {
      const layers = fuse(firstLayerNetwork(3, 5, padding));
      for (const blocks of [1, 2, 5]) {
        const lanes = blocks * 24;
        const layout = layoutOf(layers, lanes, 3, 5);
        const random = generator(`permute ${padding} ${blocks}`);
        const opened = await openKernels(shared, layout.pages);
        const { kernels, bytes, words, floats } = opened;
        const { input } = layout.layers[1]!;
        const cache = layout.caches[1]!;
        const scratch = layout.workers[0]!.scratch;
        floats.fill(UNWRITTEN, cache / 4, (cache + blocks * input.blockBytes) / 4);
        const wordOf = (row: number, lane: number) => {
          const block = Math.floor(lane / 24);
          const part = Math.floor((lane % 24) / input.lanes);
          const start = cache + block * input.blockBytes + part * input.partBytes;
          return (start + (row * input.lanes + (lane % input.lanes)) * 4) / 4;
        };
        const before = Array.from({ length: input.rows }, () => random.floats(lanes));
        before.forEach((values, row) => values.forEach((v, lane) => (floats[wordOf(row, lane)] = v)));
        // Some places twice, and some not at all: a kernel that follows cycles would fail.
        const source = Uint32Array.from({ length: lanes }, () => random.below(lanes));
        words.set(source, layout.source / 4);

        const [first, end] = [1, input.rows - 1];
        const label = `padding ${padding}, ${blocks} blocks`;
        const written = before
          .slice(first, end)
          .flatMap((values, i) => Array.from(values, (_, lane) => wordOf(first + i, lane)))
          .concat(Array.from({ length: lanes }, (_, i) => scratch / 4 + i));
        assertOnlyWrites(opened, { start: 0, end: bytes.length, written }, () =>
          kernels.gather_images(
            cache,
            blocks,
            input.blockBytes,
            input.parts,
            input.partBytes,
            input.lanes,
            first,
            end,
            layout.source,
            scratch,
          ),
        );
        before.forEach((values, row) => {
          const isMoved = row >= first && row < end;
          const expected = isMoved ? Array.from(source, (place) => values[place]!) : values;
          const actual = Array.from(values, (_, lane) => floats[wordOf(row, lane)]!);
          assertClose(actual, expected, { label: `${label}, row ${row}` });
        });
      }
    }
  });
}

/** Begins with a dense layer if `padding` is undefined, then has 4 channels or 8 features. */
function firstLayerNetwork(height: number, width: number, padding: number | undefined): Network {
  const layers: Layer[] =
    padding === undefined
      ? [{ kind: 'flatten' }, { kind: 'dense', name: 'first', outputs: 8, activation: 'none' }]
      : [
          { kind: 'conv2d', name: 'first', outChannels: 4, kernel: 1, padding, activation: 'none' },
          { kind: 'conv2d', name: 'second', outChannels: 2, kernel: 3, padding: 1, activation: 'none' },
          { kind: 'flatten' },
        ];
  layers.push({ kind: 'dense', name: 'out', outputs: 2, activation: 'none' });
  return { input: { channels: 1, height, width }, layers };
}

test.run();
