/** The kernels of wasm/ that sum second moments, on the engine's memory layout. */
import { BLOCK, PAGE } from '../../../src/engine/wasm/layout.ts';
import { BlockMoments } from '../../../src/engine/wasm/moments/block-moments.ts';
import { momentsRegions } from '../../../src/engine/wasm/moments/regions.ts';
import { placeTables } from '../../../src/engine/wasm/place-tables.ts';
import { windowOrigin } from '../../../src/engine/wasm/tensor-layout.ts';
import { momentsSizes } from '../../../src/kernels/second-moments.ts';
import type { LayerShape } from '../../../src/network/fused-layer.ts';
import { momentsShapeOf } from '../../../src/network/moments-shape.ts';
import type { Im2colInput } from '../cases/im2col.ts';
import type { MomentsInput, MomentsOutput } from '../cases/second-moments.ts';
import {
  fused,
  giving,
  layOut,
  layOutLayers,
  placeTensor,
  reading,
  wordsOf,
  type InputTensor,
} from './wasm-layer.ts';
import { assertOnlyWrites, onBothBuilds, UNWRITTEN } from './wasm-memory.ts';

/** Second moments of the inputs of a layer in two tensors of the same layout, block by block. */
export async function runMoments(
  layer: LayerShape,
  { shape, padding }: InputTensor,
  { images, x, y }: Pick<MomentsInput, 'images' | 'x' | 'y'>,
): Promise<MomentsOutput> {
  const unpruned = fused(layer, [1], 0);
  const layers = [giving(shape), giving(shape), unpruned, fused(layer, [2], 1)];
  const readers = padding ? [reading(1, padding, shape), reading(2, padding, shape)] : [];
  const input = [1, 1, 1] as const;
  const moments = momentsRegions(layers, 1)!;
  const laidOut = layOutLayers([...layers, ...readers], images, { input, moments });
  const { layout } = laidOut;
  const { groups } = momentsShapeOf(layer);
  const { size } = momentsSizes(momentsShapeOf(layer));
  return onBothBuilds(layout.pages, (opened) => {
    const runner = new BlockMoments(opened.kernels, opened.memory, layout, 0, laidOut.layers);
    placeTables(laidOut.layers, layout, (address, table) => opened.words.set(table, address / 4));
    const { tensors, moments: at } = layout.workers[0]!;
    // Rows behind the last input may be anything.
    opened.floats.fill(UNWRITTEN, at!.x / 4, at!.gram / 4);
    const blocks = Math.ceil(images / BLOCK);
    const placed = [y, x].map((values, i) => ({
      values,
      words: wordsOf(laidOut, i + 1, tensors[i + 1], BLOCK),
    }));
    for (let block = 0; block < blocks; block++) {
      for (const { values, words } of placed) {
        words.forEach((word, i) => {
          const image = block * BLOCK + (i % BLOCK);
          // In a lane without an image what must not reach any sum.
          const value = image < images ? values[Math.floor(i / BLOCK) * images + image]! : UNWRITTEN;
          opened.floats[word] = value;
        });
      }
      const pass = {
        ...{ groups, size, uses: [2], run: [], isSame: false, firstRow: 0, endRow: groups * size },
        ...{ firstBlock: block, endBlock: block + 1, isFirst: block === 0, isLast: block === blocks - 1 },
        ...{ versions: [], images },
      };
      let sums: ReturnType<typeof runner.run>;
      const own = { start: 0, end: at!.x };
      assertOnlyWrites(opened, [], () => (sums = runner.run(pass)), own);
      if (sums) return { gram: sums.gram, cross: sums.cross! };
    }
    throw new Error('no sums');
  });
}

/** What `im2col` lays out of the tensor that a layer reads: [input, place, lane]. */
export async function runIm2col(
  tensor: InputTensor,
  { layer, group, images, places: [first, end], x }: Im2colInput,
): Promise<Float32Array> {
  const laidOut = layOut({ layer, inputs: [tensor], outputPadding: undefined }, images);
  const { layout } = laidOut;
  const shape = momentsShapeOf(layer);
  const { size, columns } = momentsSizes(shape);
  const bytes = (end - first) * BLOCK * 4;
  // A row is longer than its places.
  const yRowBytes = bytes + 48;
  const y = layout.pages * PAGE;
  const pages = layout.pages + Math.ceil((size * yRowBytes) / PAGE);
  return onBothBuilds(pages, (opened) => {
    const { words, floats, kernels } = opened;
    placeTables(laidOut.layers, layout, (address, table) => words.set(table, address / 4));
    placeTensor(opened, laidOut, 1, new Uint32Array(x.buffer));
    floats.fill(UNWRITTEN, y / 4);
    const written = Array.from({ length: (size * bytes) / 4 }, (_, i) => {
      return (y + Math.floor((i * 4) / bytes) * yRowBytes + ((i * 4) % bytes)) / 4;
    });
    const { partBytes, rowBytes, pixelBytes, ...placed } = layout.tensors[1]!;
    const origin = layer.kind === 'dense' ? 0 : windowOrigin(layout.tensors[1]!, shape.padding);
    const groupBytes = layer.kind === 'dense' ? 0 : (shape.channels / shape.groups) * placed.channelBytes;
    assertOnlyWrites(opened, written, () =>
      kernels.im2col(
        ...([layout.caches[1]! + origin + group * groupBytes, partBytes] as const),
        ...([shape.stride[0] * rowBytes, shape.stride[1] * pixelBytes, columns] as const),
        ...([layout.layers[1]!.table, size - 1, first, end, images, y, yRowBytes] as const),
      ),
    );
    return Float32Array.from(written, (word) => floats[word]!);
  });
}
