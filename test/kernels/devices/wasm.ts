/** The kernels of wasm/, in both builds: on a memory of their own, or called by the engine's `BlockRunner` on its layout. */
import { countKept } from '../../../src/core/mask.ts';
import { BLOCK, PAGE } from '../../../src/engine/wasm/layout.ts';
import { runLoss } from '../../../src/engine/wasm/kernels.ts';
import { placeTables } from '../../../src/engine/wasm/place-tables.ts';
import { LANES, PIXEL, type ImageShape } from '../../../src/engine/wasm/tensor-layout.ts';
import { targetWords } from '../../../src/engine/targets.ts';
import { classLoss, targetsPerImage } from '../../../src/kernels/loss.ts';
import type { Padding } from '../../../src/kernels/window.ts';
import type { LayerShape } from '../../../src/network/fused-layer.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import type { LayerCaseInput } from '../cases/layers.ts';
import type { LossInput, LossOutput } from '../cases/losses.ts';
import type { LayerInput } from '../cases/masked-layers.ts';
import type { KernelDevice } from '../table.ts';
import {
  extend,
  layOut,
  layOutImages,
  ofImages,
  placeTensor,
  runLayer,
  runPass,
  wordsOf,
  type InputTensor,
} from './wasm-layer.ts';
import { runIm2col, runMoments } from './wasm-moments.ts';
import { assertOnlyWrites, onBothBuilds, UNWRITTEN } from './wasm-memory.ts';

const around = (pixels: number): Padding => [pixels, pixels, pixels, pixels];
/** The padding of another layer that reads the same tensor: a different one on every side. */
const other: Padding = [1, 3, 2, 0];

export const wasmKernels: KernelDevice = {
  async masked_conv2d({ shape, next, ...data }) {
    const outputPadding = next === 'dense' ? undefined : around(next);
    return inAllLayouts({ kind: 'conv2d', shape }, outputPadding, dataOf(data));
  },

  masked_dense({ shape, ...data }) {
    return inAllLayouts({ kind: 'dense', shape }, undefined, dataOf(data));
  },

  masked_depthwise_conv2d: runCase,
  pool2d: runCase,
  affine: runCase,
  add: runCase,
  concat: runCase,
  pad: runCase,

  softmax_cross_entropy: ({ classes, images, logits, labels }) =>
    runLossKernel({ loss: classLoss(classes), images, scores: logits, targets: labels }),
  soft_cross_entropy: runLossKernel,
  sigmoid_cross_entropy: runLossKernel,
  squared_error: runLossKernel,

  async second_moments({ layer, images, x, y }) {
    const [found, ...more] = await Promise.all(
      layoutsOf(layer).map(([input]) => runMoments(layer, input!, { images, x, y })),
    );
    for (const { gram, cross } of more) {
      const options = { label: 'in another layout', allowConstant: true };
      assertClose(gram, found!.gram, options);
      assertClose(cross, found!.cross, options);
    }
    return found!;
  },

  async gather_images({ rows, images, x, source }) {
    const window = { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] } as const;
    const pooled = { channels: rows, inHeight: 1, inWidth: 1, operation: 'max' } as const;
    const shape = { ...pooled, ...window, countPadding: false, ceil: false };
    const [plain, padded] = await Promise.all(
      [undefined, other].map((padding) => {
        const inputs = [{ shape: [rows, 1, 1] as const, padding }];
        const laidOut = layOut(
          { layer: { kind: 'pool2d', shape }, inputs, outputPadding: undefined },
          images,
        );
        return onBothBuilds(laidOut.layout.pages, (opened) => {
          const { words } = opened;
          const written = placeTensor(opened, laidOut, 1, x);
          const places = Array.from({ length: laidOut.lanes }, (_, place) => source[place] ?? place);
          words.set(places, laidOut.layout.source / 4);
          runPass(opened, laidOut, { kind: 'gather', tensor: 1 }, written);
          return ofImages(laidOut, written).map((word) => words[word]!);
        });
      }),
    );
    assertClose(padded!, plain!, { label: 'with padding', allowConstant: true });
    return plain!;
  },

  load_images({ shape, padding, pixels, table, order }) {
    const floats = table === undefined;
    const laidOut = layOutImages(shape, padding === undefined ? undefined : around(padding), order.length, {
      floats,
    });
    const { layout } = laidOut;
    const block = layout.workers[0]!.tensors[0]!;
    const loaded = wordsOf(laidOut, 0, block, BLOCK);
    return onBothBuilds(layout.pages, (opened) => {
      opened.bytes.set(new Uint8Array(pixels.buffer), layout.pixels);
      if (table) opened.floats.set(table, layout.table / 4);
      opened.words.set(order, layout.order / 4);
      placeTables(laidOut.layers, layout, (address, words) => opened.words.set(words, address / 4));
      for (const word of loaded) opened.floats[word] = UNWRITTEN;
      runPass(opened, laidOut, extend(laidOut, { from: 0 }), [...loaded, ...wordsOf(laidOut, 1)]);
      return Float32Array.from(loaded, (word) => opened.floats[word]!);
    });
  },

  list_kept({ outputs, inputs, weight, mask, offsets, all, groupOutputs, groupBytes }) {
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
        const from = [maskAt, at.weight, at.offsets, outputs, inputs] as const;
        kernels.list_kept(...from, at.starts, at.entries, all ? 1 : 0, groupOutputs, groupBytes);
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

  async im2col(input) {
    const [found, ...more] = await Promise.all(
      layoutsOf(input.layer).map(([tensor]) => runIm2col(tensor!, input)),
    );
    for (const same of more) assertClose(same, found!, { label: 'in another layout' });
    return found!;
  },

  rank_images: undefined,
};

/** A loss in both layouts of the scores, one block after the other. */
function runLossKernel({ loss, images, scores, targets }: LossInput): Promise<LossOutput> {
  const { outputs } = loss;
  const perImage = targetsPerImage(loss);
  const words = targetWords({ values: targets });
  const [atScores, places] = [4_096, 64];
  const layouts = [
    // More than the outputs take: what is between the parts must not be read.
    { partBytes: outputs * PIXEL + 64, outputBytes: PIXEL },
    { partBytes: PIXEL, outputBytes: 2 * PIXEL },
  ];
  const atTargets = atScores + 2 * outputs * PIXEL + 256;
  const atOrder = atTargets + places * perImage * 4;
  const atLosses = atOrder + BLOCK * 4;
  return onBothBuilds(Math.ceil((atLosses + BLOCK * 4) / PAGE), (opened) => {
    const losses: number[] = [];
    let correct = 0;
    for (let first = 0; first < images; first += BLOCK) {
      const { partBytes, outputBytes } = layouts[(first / BLOCK) % 2]!;
      const count = Math.min(BLOCK, images - first);
      // The images of the block are scattered among more images.
      const order = Uint32Array.from({ length: count }, (_, i) => (i * 37 + 5) % places);
      opened.words.set(order, atOrder / 4);
      opened.words.fill(0xffffffff, atTargets / 4, atOrder / 4);
      order.forEach((place, i) => {
        const of = words.subarray((first + i) * perImage, (first + i + 1) * perImage);
        opened.words.set(of, atTargets / 4 + place * perImage);
      });
      // A value that would show in every loss it got into, in the lanes without an image.
      opened.floats.fill(UNWRITTEN, atScores / 4, atTargets / 4);
      for (let output = 0; output < outputs; output++) {
        for (let lane = 0; lane < count; lane++) {
          const part = Math.floor(lane / LANES) * partBytes;
          const word = (atScores + part + output * outputBytes) / 4 + (lane % LANES);
          opened.floats[word] = scores[output * images + first + lane]!;
        }
      }
      opened.floats.fill(UNWRITTEN, atLosses / 4, atLosses / 4 + BLOCK);
      const written = order.map((_, i) => atLosses / 4 + i);
      assertOnlyWrites(opened, written, () => {
        const of = [atScores, partBytes, outputBytes, outputs] as const;
        correct += runLoss(opened.kernels, loss, [...of, atTargets, atOrder, count, atLosses]);
      });
      losses.push(...opened.words.subarray(atLosses / 4, atLosses / 4 + count));
    }
    return { losses, correct, units: losses.reduce((sum, one) => sum + one, 0) };
  });
}

type Data = Omit<LayerCaseInput, 'layer' | 'tiling'>;

const dataOf = ({ x, ...data }: Omit<LayerInput<unknown>, 'shape' | 'next'>): Data => ({
  ...data,
  inputs: [x],
});

function runCase({ layer, ...data }: LayerCaseInput): Promise<Float32Array> {
  return inAllLayouts(layer, other, data);
}

/** The output of a layer, which must be the same wherever its inputs and outputs are. */
async function inAllLayouts(
  layer: LayerShape,
  outputPadding: Padding | undefined,
  data: Data,
): Promise<Float32Array> {
  const [y, ...more] = await Promise.all(
    layoutsOf(layer).map((inputs, i) =>
      runLayer({ layer, inputs, outputPadding: i === 0 ? outputPadding : undefined }, data),
    ),
  );
  for (const same of more) assertClose(same, y!, { label: 'in another layout', allowConstant: true });
  return y!;
}

/** Ways to lay out the tensors that a layer reads. */
function layoutsOf(layer: LayerShape): readonly (readonly InputTensor[])[] {
  switch (layer.kind) {
    case 'dense': {
      const { inputs } = layer.shape;
      const divisor = [2, 3, 5, 7, 11, 13].find((one) => inputs % one === 0) ?? 1;
      // Features, and the pixels of an image.
      return [
        [{ shape: [inputs, 1, 1], padding: undefined }],
        [{ shape: [1, divisor, inputs / divisor], padding: other }],
      ];
    }
    case 'affine':
      return ofElements([layer.shape.channels], layer.shape.area);
    case 'add':
      return ofElements([layer.shape.channels, layer.shape.channels], layer.shape.area);
    case 'concat':
      return ofElements(layer.shape.channels, layer.shape.area);
    case 'conv2d':
      return ofImage(layer.shape.inChannels, layer.shape);
    case 'depthwise':
    case 'pool2d':
    case 'pad':
      return ofImage(layer.shape.channels, layer.shape);
  }
}

const ofImage = (
  channels: number,
  { inHeight, inWidth }: { readonly inHeight: number; readonly inWidth: number },
): readonly InputTensor[][] =>
  [undefined, other].map((padding) => [{ shape: [channels, inHeight, inWidth], padding }]);

/** @param channels of each tensor */
function ofElements(channels: readonly number[], area: number): readonly (readonly InputTensor[])[] {
  const images = channels.map((count) => imageOf(count, area));
  const padded = images.map((shape, i) => ({ shape, padding: [undefined, other][i] }));
  const reversed = images.map((shape, i) => ({ shape, padding: [other, undefined][i] }));
  // Where a channel has one pixel, the first tensor is a flattened image.
  return [padded, area > 1 ? reversed : reversed.with(0, { shape: [1, 1, channels[0]!], padding: other })];
}

function imageOf(channels: number, area: number): ImageShape {
  const height = [3, 2].find((one) => area % one === 0) ?? 1;
  return [channels, height, area / height];
}
