/** The kernels of wasm/, in both builds, on data that is placed as the engine's layouts say. */
import * as assert from 'uvu/assert';
import { BlockRunner } from '../../../src/engine/wasm/block-runner.ts';
import { BLOCK, inputOffsets, type InputLayout } from '../../../src/engine/wasm/layout.ts';
import { fuse, type FusedLayer } from '../../../src/network/fuse.ts';
import type { Layer, Network } from '../../../src/network/network.ts';
import type { ConvShape } from '../../../src/kernels/masked-conv2d.ts';
import type { DenseShape } from '../../../src/kernels/masked-dense.ts';
import { assertClose } from '../../helpers/assert-close.ts';
import type { KernelDevice } from '../cases/index.ts';
import type { LayerInput, NextLayer } from '../cases/masked-layers.ts';
import { assertOnlyWrites, layoutOf, onBothBuilds, UNWRITTEN, type KernelMemory } from './wasm-memory.ts';

const FLOAT = 4;

/** In the lanes of no image: must not leak into others. */
const FILLER = 7;

export const wasmKernels: KernelDevice = {
  masked_conv2d: (input) => runMaskedLayer(aroundConvolution(input.shape, input.next), input),
  masked_dense: (input) => runMaskedLayer(aroundDense(input.shape), input),

  async softmax_cross_entropy({ classes, images, logits, labels }) {
    const at = { logits: 4_096, labels: 12_288, order: 16_384, losses: 20_480 };
    return onBothBuilds(1, (opened) => {
      const { kernels, bytes, words, floats } = opened;
      const losses: number[] = [];
      let correct = 0;
      for (let first = 0; first < images; first += BLOCK) {
        const count = Math.min(BLOCK, images - first);
        // The block's images are somewhere among more, in an order of their own.
        const order = Uint32Array.from({ length: count }, (_, i) => (i * 37 + 5) % 64);
        words.set(order, at.order / 4);
        bytes.fill(255, at.labels, at.labels + 64);
        order.forEach((place, i) => (bytes[at.labels + place] = labels[first + i]!));
        // Lanes of no image hold what would be seen in every loss it got into.
        floats.fill(UNWRITTEN, at.logits / 4, at.logits / 4 + classes * BLOCK);
        for (let c = 0; c < classes; c++) {
          const row = logits.subarray(c * images + first, c * images + first + count);
          floats.set(row, at.logits / 4 + c * BLOCK);
        }
        floats.fill(UNWRITTEN, at.losses / 4, at.losses / 4 + BLOCK);
        const written = order.map((_, i) => at.losses / 4 + i);
        assertOnlyWrites(opened, written, () => {
          correct += kernels.softmax_cross_entropy(at.logits, classes, at.labels, at.order, count, at.losses);
        });
        losses.push(...words.subarray(at.losses / 4, at.losses / 4 + count));
      }
      return { losses, correct, units: losses.reduce((sum, loss) => sum + loss, 0) };
    });
  },

  async gather_images({ rows, images, x, source }) {
    const results: Uint32Array[] = [];
    for (const padding of [undefined, 1]) {
      // The rows are in the middle of those of a layer: others before and after them must stay as they are.
      const network = firstLayerNetwork(
        3,
        5,
        padding,
        padding === undefined ? rows + 2 : Math.ceil((rows + 2) / 35),
      );
      const layout = layoutOf(network, images);
      const { input } = layout.layers[1]!;
      const cache = layout.caches[1]!;
      const { scratch } = layout.workers[0]!;
      const lanes = layout.blocks * BLOCK;
      const wordOf = (row: number, lane: number) => {
        const part = Math.floor((lane % BLOCK) / input.lanes);
        const start = cache + Math.floor(lane / BLOCK) * input.blockBytes + part * input.partBytes;
        return start / 4 + (1 + row) * input.lanes + (lane % input.lanes);
      };
      const y = await onBothBuilds(layout.pages, (opened) => {
        const { kernels, words, floats } = opened;
        floats.fill(UNWRITTEN, cache / 4, (cache + layout.blocks * input.blockBytes) / 4);
        words.set(source, layout.source / 4);
        for (let lane = images; lane < lanes; lane++) words[layout.source / 4 + lane] = lane;
        x.forEach((word, i) => (words[wordOf(Math.floor(i / images), i % images)] = word));
        const moved = Array.from({ length: rows * lanes }, (_, i) =>
          wordOf(Math.floor(i / lanes), i % lanes),
        );
        const written = [...moved, ...Array.from({ length: lanes }, (_, i) => scratch / 4 + i)];
        const { blockBytes, parts, partBytes } = input;
        assertOnlyWrites(opened, written, () =>
          kernels.gather_images(
            ...([cache, layout.blocks, blockBytes, parts, partBytes, input.lanes] as const),
            ...([1, 1 + rows, layout.source, scratch] as const),
          ),
        );
        return x.map((_, i) => words[wordOf(Math.floor(i / images), i % images)]!);
      });
      results.push(y);
    }
    assertClose(results[1]!, results[0]!, { label: 'in the input of a convolution', allowConstant: true });
    return results[0]!;
  },

  async load_images({ height, width, padding, pixels, table, order }) {
    const layout = layoutOf(firstLayerNetwork(height, width, padding, 4), pixels.length / (height * width));
    const { input } = layout.layers[0]!;
    const block = layout.workers[0]!.inputs[0]!;
    const y = block + input.originBytes;
    // To a dense layer a row is as many features as it has pixels.
    const rowBytes = padding === undefined ? width * input.pixelBytes : input.rowBytes;
    const wordOf = (pixel: number, lane: number) => {
      const part = y + Math.floor(lane / input.lanes) * input.partBytes;
      const at = part + Math.floor(pixel / width) * rowBytes + (pixel % width) * input.pixelBytes;
      return at / 4 + (lane % input.lanes);
    };
    const written = Uint32Array.from({ length: height * width * BLOCK }, (_, i) =>
      wordOf(Math.floor(i / BLOCK), i % BLOCK),
    );
    return onBothBuilds(layout.pages, (opened) => {
      const { kernels, bytes, words, floats } = opened;
      bytes.set(pixels, layout.pixels);
      floats.set(table, layout.table / 4);
      words.set(order, layout.order / 4);
      floats.fill(UNWRITTEN, block / 4, (block + input.blockBytes) / 4);
      assertOnlyWrites(opened, written, () =>
        kernels.load_images(
          ...([layout.pixels, layout.order, order.length, layout.table, height, width] as const),
          ...([y, input.parts, input.lanes, input.partBytes, rowBytes] as const),
        ),
      );
      return Float32Array.from(written, (word) => floats[word]!);
    });
  },

  async list_kept({ outputs, inputs, weight, mask, offsets, all }) {
    const at = { weight: 8_192, offsets: 20_480, starts: 24_576, entries: 32_768 };
    return onBothBuilds(1, (opened) => {
      const { kernels, words, floats } = opened;
      // The mask ends with the memory, so that reading beyond it would trap.
      const maskAt = words.byteLength - mask.byteLength;
      words.set(mask, maskAt / 4);
      floats.set(weight, at.weight / 4);
      words.set(offsets, at.offsets / 4);
      floats.fill(UNWRITTEN, at.starts / 4, maskAt / 4);
      const listed = weight.filter((_, i) => all || (mask[i >>> 5]! >>> (i & 31)) & 1).length;
      const written = [
        ...Array.from({ length: outputs + 1 }, (_, i) => at.starts / 4 + i),
        ...Array.from({ length: 2 * listed }, (_, i) => at.entries / 4 + i),
      ];
      assertOnlyWrites(opened, written, () =>
        kernels.list_kept(
          ...([maskAt, at.weight, at.offsets, outputs, inputs] as const),
          ...([at.starts, at.entries, all ? 1 : 0] as const),
        ),
      );
      const starts = Array.from(words.subarray(at.starts / 4, at.starts / 4 + outputs + 1));
      return {
        starts: starts.map((start) => (start - at.entries) / 8),
        entries: Array.from({ length: listed }, (_, k) => {
          const entry = at.entries / 4 + 2 * k;
          return [words[entry]!, floats[entry + 1]!] as const;
        }),
      };
    });
  },

  rank_images: undefined,
};

/** The output of a layer, the second of the network, [feature, image]: the same with and without skipping pruned weights. */
async function runMaskedLayer(network: Network, input: LayerInput<unknown>): Promise<Float32Array> {
  const { pages } = layoutOf(network, input.images);
  const y = await onBothBuilds(pages, (opened) => runLayer(opened, network, input, true));
  const all = await onBothBuilds(pages, (opened) => runLayer(opened, network, input, false));
  assertClose(all, y, { label: 'without skipping pruned weights', allowConstant: true });
  return y;
}

/** Fails if anything but the output is written. */
function runLayer(
  opened: KernelMemory,
  network: Network,
  { images, x, weight, bias, mask }: LayerInput<unknown>,
  skipPruned: boolean,
): Float32Array {
  const { words, floats, kernels, memory } = opened;
  const layers = fuse(network);
  const layout = layoutOf(network, images);
  const [, layer, next] = layers as [FusedLayer, FusedLayer, FusedLayer];
  const { input, ...at } = layout.layers[1]!;
  floats.set(weight, at.weight / 4);
  floats.set(bias, at.bias / 4);
  words.set(mask, at.mask / 4);
  words.set(inputOffsets(layer, input), at.offsets / 4);

  const lanes = layout.blocks * BLOCK;
  wordsOf(layer, input, layout.caches[1]!, lanes).forEach((word, i) => {
    const image = i % lanes;
    floats[word] = image < images ? x[Math.floor(i / lanes) * images + image]! : FILLER;
  });
  // The tile of a last odd column reads what lies behind the last pixel.
  for (let part = 0; part < layout.blocks * input.parts; part++) {
    const first = layout.caches[1]! + part * input.partBytes;
    floats.fill(UNWRITTEN, first / 4 + input.rows * input.lanes, (first + input.partBytes) / 4);
  }
  const { input: output } = layout.layers[2]!;
  const y = layout.caches[2]!;
  floats.fill(UNWRITTEN, y / 4, (y + layout.blocks * output.blockBytes) / 4);
  const written = wordsOf(next, output, y, lanes);

  const runner = new BlockRunner(kernels, memory, layout, 0, layers);
  const pass = { kind: 'extend', from: 1, to: 2, sumLimit: Infinity, endBlock: layout.blocks } as const;
  // Up to the worker's own memory for sums and lists.
  const range = { start: layout.pixels, end: layout.workers[0]!.logits };
  assertOnlyWrites(
    opened,
    written,
    () => runner.run({ ...pass, maskVersions: layers.map(() => 1), skipPruned }),
    range,
  );
  assert.is(words[layout.control / 4], 0, 'a pass without evaluating sums no losses');
  return Float32Array.from(
    written.filter((_, i) => i % lanes < images),
    (word) => floats[word]!,
  );
}

/** Index among all words of each element of a layer's cached input, [feature, lane]: channel, row and column in order. */
function wordsOf(layer: FusedLayer, input: InputLayout, cache: number, lanes: number): Uint32Array {
  const { inChannels, inHeight, inWidth } =
    layer.kind === 'conv2d' ? layer.shape : { inChannels: layer.inputs, inHeight: 1, inWidth: 1 };
  return Uint32Array.from({ length: inChannels * inHeight * inWidth * lanes }, (_, i) => {
    const lane = i % lanes;
    const feature = Math.floor(i / lanes);
    const column = feature % inWidth;
    const row = Math.floor(feature / inWidth) % inHeight;
    const channel = Math.floor(feature / inWidth / inHeight);
    const part = Math.floor((lane % BLOCK) / input.lanes);
    const block = Math.floor(lane / BLOCK);
    const bytes =
      cache +
      (block * input.blockBytes + part * input.partBytes + input.originBytes) +
      (channel * input.channelBytes + row * input.rowBytes + column * input.pixelBytes) +
      (lane % input.lanes) * FLOAT;
    return bytes / FLOAT;
  });
}

const dense = { kind: 'dense', activation: 'none' } as const;
const pointwise = { kind: 'conv2d', kernel: 1, activation: 'none' } as const;

/** A network whose second layer has this shape. */
function aroundConvolution(shape: ConvShape, next: NextLayer): Network {
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool, activation } = shape;
  const layers: Layer[] = [
    { ...pointwise, name: 'before', outChannels: inChannels, padding: 0 },
    { kind: 'conv2d', name: 'tested', outChannels, kernel, padding, activation },
  ];
  if (pool === 2) layers.push({ kind: 'avgpool2d' });
  if (next !== 'dense') layers.push({ ...pointwise, name: 'next', outChannels: 1, padding: next });
  layers.push({ kind: 'flatten' }, { ...dense, name: 'out', outputs: 1 });
  return { input: { channels: 1, height: inHeight, width: inWidth }, layers };
}

function aroundDense({ inputs, outputs, activation }: DenseShape): Network {
  return {
    input: { channels: 1, height: 1, width: 1 },
    layers: [
      { ...dense, name: 'before', outputs: inputs },
      { ...dense, name: 'tested', outputs, activation },
      { ...dense, name: 'out', outputs: 1 },
    ],
  };
}

/** A network that begins with a dense layer if `padding` is undefined; the second layer takes `outputs` features or channels. */
function firstLayerNetwork(
  height: number,
  width: number,
  padding: number | undefined,
  outputs: number,
): Network {
  const layers: Layer[] =
    padding === undefined
      ? [{ kind: 'flatten' }, { ...dense, name: 'first', outputs }]
      : [
          { ...pointwise, name: 'first', outChannels: outputs, padding },
          { kind: 'conv2d', name: 'second', outChannels: 2, kernel: 3, padding: 1, activation: 'none' },
          { kind: 'flatten' },
        ];
  layers.push({ ...dense, name: 'out', outputs: 2 });
  return { input: { channels: 1, height, width }, layers };
}
