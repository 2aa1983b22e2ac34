/** The kernels of wasm/, in both builds: on a memory of their own, or called by the engine's `BlockRunner` on its layout. */
import * as assert from 'uvu/assert';
import { countKept } from '../../../src/core/mask.ts';
import { BlockRunner } from '../../../src/engine/wasm/block-runner.ts';
import { BLOCK, inputOffsets, type InputLayout } from '../../../src/engine/wasm/layout.ts';
import type { Pass } from '../../../src/engine/wasm/threads/protocol.ts';
import type { ConvShape } from '../../../src/kernels/masked-conv2d.ts';
import type { DenseShape } from '../../../src/kernels/masked-dense.ts';
import { fuse, type FusedLayer } from '../../../src/network/fuse.ts';
import {
  activation as activate,
  conv2d,
  dense,
  flatten,
  pool2d,
  sequential,
} from '../../../src/network/builder.ts';
import type { Network } from '../../../src/network/network.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import type { LayerInput, NextLayer } from '../cases/masked-layers.ts';
import { SHAPES } from '../cases/shapes.ts';
import type { KernelDevice } from '../table.ts';
import { assertOnlyWrites, layoutOf, onBothBuilds, UNWRITTEN, type KernelMemory } from './wasm-memory.ts';

/** In lanes without an image; must not reach other lanes. */
const FILLER = 7;

export const wasmKernels: KernelDevice = {
  masked_conv2d: (input) => runMaskedLayer(aroundConvolution(input.shape, input.next), input),
  masked_dense: (input) => runMaskedLayer(aroundDense(input.shape), input),

  softmax_cross_entropy({ classes, images, logits, labels }) {
    const at = { logits: 4_096, labels: 12_288, order: 16_384, losses: 20_480 };
    return onBothBuilds(1, (opened) => {
      const { kernels, bytes, words, floats } = opened;
      const losses: number[] = [];
      let correct = 0;
      for (let first = 0; first < images; first += BLOCK) {
        const count = Math.min(BLOCK, images - first);
        // The images of the block are scattered among more images.
        const order = Uint32Array.from({ length: count }, (_, i) => (i * 37 + 5) % 64);
        words.set(order, at.order / 4);
        bytes.fill(255, at.labels, at.labels + 64);
        order.forEach((place, i) => (bytes[at.labels + place] = labels[first + i]!));
        // A value that would show in every loss it got into, in the lanes without an image.
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
    const pixel = { ...SHAPES.oddPlain, inChannels: rows, inHeight: 1, inWidth: 1, outChannels: 1 };
    const [inDense, inConvolution] = await Promise.all(
      [
        aroundDense({ inputs: rows, outputs: 1, activation: 'none', alpha: 0 }),
        aroundConvolution({ ...pixel, activation: 'none', alpha: 0 }, 'dense'),
      ].map((network) => {
        const laidOut = layOut(network, images);
        return onBothBuilds(laidOut.layout.pages, (opened) => {
          const { words } = opened;
          const written = placeInput(opened, laidOut, x);
          const places = Array.from({ length: laidOut.lanes }, (_, place) => source[place] ?? place);
          words.set(places, laidOut.layout.source / 4);
          runPass(opened, laidOut, { kind: 'gather', layer: 1 }, written);
          return ofImages(laidOut, written).map((word) => words[word]!);
        });
      }),
    );
    assertClose(inConvolution!, inDense!, { label: 'in the input of a convolution', allowConstant: true });
    return inDense!;
  },

  load_images({ height, width, padding, pixels, table, order }) {
    const first =
      padding === undefined
        ? [flatten('flat'), dense('first', { outputs: 8 })]
        : [conv2d('first', { outChannels: 4, kernel: 1, padding }), flatten('flat')];
    const laidOut = layOut(
      sequential([1, height, width], ...first, dense('out', { outputs: 2 })),
      order.length,
    );
    const { layout } = laidOut;
    const block = layout.workers[0]!.inputs[0]!;
    const loaded = wordsOf(laidOut.layers[0]!, layout.layers[0]!.input, block, BLOCK);
    return onBothBuilds(layout.pages, (opened) => {
      const { bytes, words, floats } = opened;
      bytes.set(pixels, layout.pixels);
      floats.set(table, layout.table / 4);
      words.set(order, layout.order / 4);
      floats.fill(UNWRITTEN, block / 4, (block + layout.layers[0]!.input.blockBytes) / 4);
      runPass(opened, laidOut, extend(laidOut, 0, true), [...loaded, ...cached(laidOut, 1)]);
      return Float32Array.from(loaded, (word) => floats[word]!);
    });
  },

  list_kept({ outputs, inputs, weight, mask, offsets, all }) {
    const at = { weight: 8_192, offsets: 20_480, starts: 24_576, entries: 32_768 };
    return onBothBuilds(1, (opened) => {
      const { kernels, words, floats } = opened;
      // The mask ends with the memory, so that reading beyond it would trap.
      const maskAt = words.byteLength - mask.byteLength;
      words.set(mask, maskAt / 4);
      floats.set(weight, at.weight / 4);
      words.set(offsets, at.offsets / 4);
      floats.fill(UNWRITTEN, at.starts / 4, maskAt / 4);
      const listed = all ? weight.length : countKept({ length: weight.length, words: mask });
      const written = [
        ...Array.from({ length: outputs + 1 }, (_, i) => at.starts / 4 + i),
        ...Array.from({ length: 2 * listed }, (_, i) => at.entries / 4 + i),
      ];
      assertOnlyWrites(opened, written, () => {
        const to = [at.starts, at.entries, all ? 1 : 0] as const;
        kernels.list_kept(maskAt, at.weight, at.offsets, outputs, inputs, ...to);
      });
      return {
        starts: written.slice(0, outputs + 1).map((word) => (words[word]! - at.entries) / 8),
        entries: Array.from({ length: listed }, (_, k) => {
          const entry = at.entries / 4 + 2 * k;
          return [words[entry]!, floats[entry + 1]!] as const;
        }),
      };
    });
  },

  rank_images: undefined,
  masked_depthwise_conv2d: undefined,
  pool2d: undefined,
  affine: undefined,
  add: undefined,
  concat: undefined,
  pad: undefined,
};

/** A network over images, laid out in a memory for one worker. */
function layOut(network: Network, images: number) {
  const layout = layoutOf(network, images);
  return { layers: fuse(network), layout, images, lanes: layout.blocks * BLOCK };
}

type LaidOut = ReturnType<typeof layOut>;

/** Index among all words of each element of the cached input of layer `s`, [feature, lane]. */
const cached = ({ layers, layout, lanes }: LaidOut, s: number) =>
  wordsOf(layers[s]!, layout.layers[s]!.input, layout.caches[s]!, lanes);

/** Index among all words of each element of a layer's input, [feature, lane]: channel, row and column in order. */
function wordsOf(layer: FusedLayer, input: InputLayout, address: number, lanes: number): Uint32Array {
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
      address +
      (block * input.blockBytes + part * input.partBytes + input.originBytes) +
      (channel * input.channelBytes + row * input.rowBytes + column * input.pixelBytes) +
      (lane % input.lanes) * 4;
    return bytes / 4;
  });
}

/** Selects the lanes with images from [feature, lane]. */
const ofImages = ({ images, lanes }: LaidOut, words: Uint32Array) =>
  words.filter((_, i) => i % lanes < images);

/** Writes the input of the second layer, `x` [feature, image] words, to its cache. Returns where it is: see `cached`. */
function placeInput({ words, floats }: KernelMemory, laidOut: LaidOut, x: Uint32Array): Uint32Array {
  const { layout, lanes, images } = laidOut;
  const { input } = layout.layers[1]!;
  const placed = cached(laidOut, 1);
  placed.forEach((word, i) => {
    if (i % lanes < images) words[word] = x[Math.floor(i / lanes) * images + (i % lanes)]!;
    else floats[word] = FILLER;
  });
  // The tile of an odd last column reads beyond the last pixel.
  for (let part = 0; part < layout.blocks * input.parts; part++) {
    const first = layout.caches[1]! + part * input.partBytes;
    floats.fill(UNWRITTEN, first / 4 + input.rows * input.lanes, (first + input.partBytes) / 4);
  }
  return placed;
}

const extend = ({ layers, layout }: LaidOut, from: number, skipPruned: boolean): Pass => ({
  ...{ kind: 'extend', from, to: from + 1, sumLimit: Infinity, endBlock: layout.blocks, skipPruned },
  maskVersions: layers.map(() => 1),
});

/** Fails if anything but the `written` words changes, up to the worker's own memory for sums and lists. */
function runPass(
  opened: KernelMemory,
  { layers, layout }: LaidOut,
  pass: Pass,
  written: Iterable<number>,
): void {
  const runner = new BlockRunner(opened.kernels, opened.memory, layout, 0, layers);
  const range = { start: layout.pixels, end: layout.workers[0]!.logits };
  assertOnlyWrites(opened, written, () => runner.run(pass), range);
  assert.is(opened.words[layout.control / 4], 0, 'a pass without evaluating sums no losses');
}

/** The output of a network's second layer, [feature, image]: the same with and without skipping pruned weights. */
async function runMaskedLayer(network: Network, input: LayerInput<unknown>): Promise<Float32Array> {
  const laidOut = layOut(network, input.images);
  const { layout } = laidOut;
  const run = (skipPruned: boolean) =>
    onBothBuilds(layout.pages, (opened) => {
      const { words, floats } = opened;
      const at = layout.layers[1]!;
      floats.set(input.weight, at.weight / 4);
      floats.set(input.bias, at.bias / 4);
      words.set(input.mask, at.mask / 4);
      words.set(inputOffsets(laidOut.layers[1]!, at.input), at.offsets / 4);
      placeInput(opened, laidOut, new Uint32Array(input.x.buffer));
      const [y, bytes] = [layout.caches[2]!, layout.blocks * layout.layers[2]!.input.blockBytes];
      floats.fill(UNWRITTEN, y / 4, (y + bytes) / 4);
      const written = cached(laidOut, 2);
      runPass(opened, laidOut, extend(laidOut, 1, skipPruned), written);
      return Float32Array.from(ofImages(laidOut, written), (word) => floats[word]!);
    });
  const y = await run(true);
  assertClose(await run(false), y, { label: 'without skipping pruned weights', allowConstant: true });
  return y;
}

/** A network whose second layer has this shape. */
function aroundConvolution(shape: ConvShape, next: NextLayer): Network {
  const { inChannels, inHeight, inWidth, pool, activation, alpha } = shape;
  return sequential(
    [1, inHeight, inWidth],
    conv2d('before', { outChannels: inChannels, kernel: 1 }),
    conv2d('tested', shape),
    activate('activation', activation, alpha),
    ...(pool === 'none' ? [] : [pool2d('pool', { operation: pool, kernel: 2 })]),
    ...(next === 'dense' ? [] : [conv2d('next', { outChannels: 1, kernel: 1, padding: next })]),
    flatten('flat'),
    dense('out', { outputs: 1 }),
  );
}

function aroundDense({ inputs, outputs, activation, alpha }: DenseShape): Network {
  return sequential(
    [1],
    dense('before', { outputs: inputs }),
    dense('tested', { outputs }),
    activate('activation', activation, alpha),
    dense('out', { outputs: 1 }),
  );
}
