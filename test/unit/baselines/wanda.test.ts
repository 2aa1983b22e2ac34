import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inputNorms } from '../../../src/baselines/input-norms.ts';
import { wandaOrder } from '../../../src/baselines/wanda.ts';
import type { ImageSet } from '../../../src/data/dataset.ts';
import { normalizedBytes } from '../../../src/engine/images.ts';
import type { Model } from '../../../src/network/model.ts';
import { fuse, type FusedLayer } from '../../../src/network/fuse.ts';
import { runLayer } from '../../../src/engine/reference/forward.ts';
import { convSizes } from '../../../src/kernels/masked-conv2d.ts';
import { fullMask } from '../../../src/core/mask.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { assertRejects } from '../../helpers/assert/rejects.ts';
import { randomImages, randomModel } from '../../helpers/data/models.ts';
import { conv, flat, full, means, stack, valuesOf } from '../../helpers/data/networks.ts';
import { handImages, handModel } from './hand-model.ts';

/** Odd sizes; a padded convolution whose pooling drops a row and a column, one padded beyond its kernel, one without. */
const convolutions = stack(
  [1, 7, 9],
  conv('a', 4, 3, { padding: 1, end: 'sigmoid' }),
  means(),
  conv('b', 3, 2, { padding: 2, end: 'tanh' }),
  conv('c', 2, 3, { end: 'relu' }),
  flat,
  full('fc', 6, 'sigmoid'),
  full('out', 3),
);

/** What the weights of one output are multiplied by: one list per output position, zeros where the padding is. */
function patchesOf(layer: FusedLayer, x: Float64Array): number[][] {
  if (layer.kind !== 'conv2d') return [[...x]];
  const {
    inChannels,
    inHeight,
    inWidth,
    kernel: [kernel],
    padding: [padding],
  } = layer.shape;
  const { convHeight, convWidth } = convSizes(layer.shape);
  const pixel = (channel: number, row: number, column: number) =>
    row < 0 || row >= inHeight || column < 0 || column >= inWidth
      ? 0
      : x[(channel * inHeight + row) * inWidth + column]!;
  const patches: number[][] = [];
  for (let row = 0; row < convHeight; row++) {
    for (let column = 0; column < convWidth; column++) {
      const patch: number[] = [];
      for (let channel = 0; channel < inChannels; channel++) {
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++) {
            patch.push(pixel(channel, row + ky - padding, column + kx - padding));
          }
        }
      }
      patches.push(patch);
    }
  }
  return patches;
}

/** `inputNorms` patch by patch, one image at a time. */
function normsByPatch(model: Model, images: ImageSet): number[][] {
  const layers = fuse(model.network);
  const squares = layers.map(({ weights, biases }) => Array.from({ length: weights / biases }, () => 0));
  const normalized = normalizedBytes(model);
  const size = images.height * images.width;
  for (let image = 0; image < images.count; image++) {
    const pixels = images.pixels.subarray(image * size, (image + 1) * size);
    let x = Float64Array.from(pixels, (byte) => normalized[byte]!);
    layers.forEach((layer, s) => {
      for (const patch of patchesOf(layer, x)) patch.forEach((value, i) => (squares[s]![i]! += value ** 2));
      const quad = new Float64Array(4 * x.length);
      x.forEach((value, i) => (quad[4 * i] = value));
      const y = runLayer(layer, 1, [quad], valuesOf(model)[s]!, fullMask(layer.weights));
      x = Float64Array.from({ length: layer.outputs }, (_, i) => y[4 * i]!);
    });
  }
  return squares.map((sums) => sums.map(Math.sqrt));
}

test('norms are those of a loop over all patches, padding included', async () => {
  const model = randomModel(convolutions, 'wanda');
  // One image; a padded quad; more than one chunk, the last quad padded.
  for (const count of [1, 6, 75]) {
    const images = randomImages(convolutions, count, 'images');
    const expected = normsByPatch(model, images);
    const norms = await inputNorms(model, images);
    const lengths = norms.map(({ length }) => length);
    assert.equal(
      lengths,
      fuse(convolutions).map(({ weights }) => weights),
    );
    norms.forEach((norm, s) => {
      // Sums of some thousand squares, in another order.
      const ofOutput = expected[s]!;
      const perWeight = Array.from(norm, (_, i) => ofOutput[i % ofOutput.length]!);
      assertClose(norm, perWeight, { label: `layer ${s}, ${count} images`, rtol: 1e-12 });
    });
  }
});

test('norms by hand', async () => {
  // Hidden units 1, 0.5 for pixels (1, 0), and 0, 1.25 for (1, 1).
  const [fc, out] = await inputNorms(handModel, handImages);
  assert.equal([...fc!], [2, 1, 2, 1]);
  const hidden = [Math.sqrt(3), Math.sqrt(3 * 0.25 + 1.25 ** 2)];
  assertClose(out!, [...hidden, ...hidden], { label: 'out', rtol: 1e-15 });
});

test('order by hand: layers take turns, so do the outputs of each, by magnitude times norm', async () => {
  // Scores 2, 1.5 and 1, 0.75 in fc; 3.46, 3.35 and 0.173, 0.152 in out. By magnitude alone 1 would go after 0.
  assert.equal([...(await wandaOrder(handModel, handImages)).weights], [3, 7, 1, 5, 2, 6, 0, 4]);
});

test('equal scores go by index', async () => {
  // All pixels dark: every input of fc is 0, and the biases of 0 make those of out 0 too.
  const dark = { ...handImages, pixels: new Uint8Array(8) };
  assert.equal([...(await wandaOrder(handModel, dark)).weights], [0, 4, 2, 6, 1, 5, 3, 7]);
});

test('images that do not fit the network are refused', async () => {
  const model = randomModel(convolutions, 'wanda');
  await assertBadInput(() => wandaOrder(model, handImages), /the images are 1 x 1 x 2/);
  await assertBadInput(() => wandaOrder(handModel, { ...handImages, count: 0 }), /has 0 images/);
});

test('an aborted signal ends it', async () => {
  const abort = new AbortController();
  const images = randomImages(convolutions, 200, 'images');
  const order = wandaOrder(randomModel(convolutions, 'wanda'), images, { signal: abort.signal });
  abort.abort();
  await assertRejects(order, 'aborted');
});

test.run();
