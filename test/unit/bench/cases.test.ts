/** The cases of the kernel benchmark: shapes, combinations, and planted data. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CANDIDATES, DENSITIES, listCases, type Budget } from '../../../src/bench/cases.ts';
import { keptBy, PERIOD, plant, repeatImages } from '../../../src/bench/planted.ts';
import { costOf, isLoss, KERNELS, SHAPES, sizesOf } from '../../../src/bench/shapes.ts';
import { SHADERS } from '../../../src/kernels/generated/shaders.ts';

const roomy: Budget = {
  ...{ bufferBytes: 2 ** 40, images: 4, groupImages: 4, maxImages: 1024 },
  ...{ macs: Infinity, batches: true },
};
const shapeOf = (name: string) => SHAPES.find((shape) => shape.name === name)!;

test('the shapes are those of LeNet-5 and larger ones, and every kernel is a shader', () => {
  const names = SHAPES.map(({ name }) => name);
  assert.equal(names, [
    ...['conv1', 'conv2', 'fc1', 'fc2', 'out', 'softmax10', 'conv64', 'point64', 'deep64', 'dense4096'],
    ...['maxpool64', 'norm64', 'add64', 'concat64', 'pad64', 'soft10', 'sigmoid10', 'squared640'],
  ]);
  assert.equal(new Set(SHAPES.map(({ kernel }) => kernel)), new Set(KERNELS));
  for (const kernel of KERNELS) assert.ok(kernel in SHADERS, kernel);
  const macs = SHAPES.slice(0, 6).map((shape) => costOf(shape, 1).macs);
  const total = macs.reduce((sum, value) => sum + value);
  assert.is(total, 416_520);
  const sizes = { inputs: 50_176, outputs: 50_176, weights: 36_864, biases: 64 };
  assert.equal(sizesOf(shapeOf('conv64')), { ...sizes, isMasked: true });
  assert.is(costOf(shapeOf('conv64'), 1).macs, 64 * 64 * 9 * 784);
  assert.is(costOf(shapeOf('dense4096'), 3).macs, 3 * 4096 * 4096);
});

test('all combinations; a kernel without a mask has one density', () => {
  const { cases, skipped } = listCases({ shapes: SHAPES }, roomy);
  assert.equal(skipped, []);
  assert.is(cases.length, (9 * DENSITIES.length + 9) * CANDIDATES.length);
  assert.ok(cases.every(({ images }) => images === 1024));
  const labels = cases.map(({ shape, density, candidates }) => `${shape.name} ${density} ${candidates}`);
  assert.is(new Set(labels).size, labels.length);
  const one = listCases({ shapes: SHAPES }, { ...roomy, batches: false });
  assert.is(one.cases.length, 9 * DENSITIES.length + 9);
});

test('the number of images follows from the budget', () => {
  const shapes = [shapeOf('conv1')];
  const images = (budget: Partial<Budget>) =>
    listCases({ shapes, densities: [1] }, { ...roomy, ...budget }).cases.map((one) => one.images);
  // 117,600 multiply-accumulates an image.
  assert.equal(images({ macs: 20e6 }), [168, 8, 4]);
  assert.equal(images({ macs: 7e6 }), [56, 4], 'more than four times as much');
  assert.equal(images({ macs: 2e9 }), [1024, 1024, 264]);
  // 1,176 outputs of 4 bytes, and half of a buffer.
  assert.equal(images({ bufferBytes: 2 ** 20 }), [108, 4]);
  assert.equal(
    images({ macs: 20e6, groupImages: 64 }),
    [128, 8, 4],
    'a workgroup is filled where that is affordable',
  );
  const { cases, skipped } = listCases({ shapes, images: 7 }, { ...roomy, macs: 1 });
  assert.equal([cases.length, skipped.length], [9, 0], 'a chosen number of images is used');
});

test('cases that are too large are skipped with a reason', () => {
  const shapes = [shapeOf('dense4096')];
  const { cases, skipped } = listCases({ shapes, images: 64 }, { ...roomy, bufferBytes: 2 ** 26 });
  assert.is(cases.length, 6);
  for (const { case: one, reason } of skipped) {
    assert.is(one.candidates, 64);
    assert.match(reason, /^needs a buffer of 128 MiB, 64 MiB are allowed$/);
  }
  const slow = listCases({ shapes, densities: [1] }, { ...roomy, macs: 20e6 });
  const counts = slow.cases.map(({ candidates, images }) => [candidates, images]);
  assert.equal(counts, [[1, 4]]);
  assert.match(
    slow.skipped[0]!.reason,
    /^1\.07e9 multiply-accumulates are too many here; fewer images take less$/,
  );
});

test('a loss evaluates no more images than a dispatch can sum', () => {
  const shapes = SHAPES.filter(isLoss);
  const listed = (images: number) => listCases({ shapes, candidates: [1], images }, roomy);
  assert.is(listed(65_536).cases.length, 4);
  const { cases, skipped } = listed(65_537);
  assert.equal([cases.length, skipped.length], [0, 4]);
  for (const { reason } of skipped)
    assert.is(reason, 'evaluates 65537 images in one dispatch, 65536 are possible');
});

test('planted targets are classes, probabilities, answers or numbers, and differ between the images', () => {
  for (const shape of SHAPES.filter(isLoss)) {
    const { loss, perImage, values } = plant(shape, 1).targets!;
    const { outputs } = shape.shape;
    assert.equal([loss.kernel, loss.outputs], [shape.kernel, outputs]);
    const expected = { softmax_cross_entropy: 1, soft_cross_entropy: 1 + outputs } as const;
    assert.is(
      perImage,
      { ...expected, sigmoid_cross_entropy: outputs, squared_error: outputs }[shape.kernel],
    );
    const images = [0, 1, 2].map((k) => [...values.subarray(k * perImage, (k + 1) * perImage)]);
    assert.is(values.length, PERIOD * perImage);
    if (perImage > 1) assert.is(new Set(images.map(String)).size, PERIOD, shape.name);
    const kinds: Readonly<Record<typeof shape.kernel, (value: number) => boolean>> = {
      softmax_cross_entropy: (value) => Number.isInteger(value) && value < outputs,
      // The class, then probabilities.
      soft_cross_entropy: (value) => value >= 0 && value < outputs,
      sigmoid_cross_entropy: (value) => value === 0 || value === 1,
      squared_error: (value) => Math.abs(value) < 1 && Math.abs(value * 16) % 2 === 1,
    };
    assert.ok(values.every(kinds[shape.kernel]), shape.name);
  }
  const soft = plant(shapeOf('soft10'), 1).targets!.values;
  for (const image of [0, 1, 2]) {
    const [label, ...probabilities] = soft.subarray(11 * image, 11 * image + 11);
    assert.ok(Number.isInteger(label));
    assert.ok(Math.abs(probabilities.reduce((sum, one) => sum + one) - 1) < 1e-6);
  }
  const { loss, values } = plant(shapeOf('squared640'), 1).targets!;
  const variance = Float64Array.from(values).reduce((sum, value) => sum + value ** 2, 0) / values.length;
  assert.ok(Math.abs(1 / (640 * variance * loss.scale) - 1) < 0.1, 'the scale is not that of the targets');
});

test('planted weights have the requested density, and three candidates have different masks and inputs', () => {
  for (const shape of SHAPES.filter((shape) => !isLoss(shape)).slice(0, 5)) {
    for (const density of DENSITIES) {
      const { masks, x, weight, bias } = plant(shape, density);
      const { weights, biases, inputs } = sizesOf(shape);
      const sizes = [weight.length, bias.length, x.length, x[0]!.length];
      assert.equal(sizes, [weights, biases, PERIOD, 4 * inputs]);
      const kept = keptBy(masks[0]!) / weights;
      assert.ok(Math.abs(kept - density) < 4 * Math.sqrt(0.25 / weights), `${shape.name}: ${kept}`);
      assert.is(new Set(masks.map((mask) => mask.join())).size, density === 1 ? 1 : PERIOD);
      assert.is(new Set(x.map((rows) => rows.join())).size, PERIOD);
    }
  }
  assert.equal(plant(SHAPES[0]!, 0.5), plant(SHAPES[0]!, 0.5));
});

test('sums of planted products are exact in float32, whatever the order', () => {
  for (const shape of SHAPES.filter((one) => sizesOf(one).weights > 0)) {
    const { weight, bias, x } = plant(shape, 1);
    const { weights, biases } = sizesOf(shape);
    // The unit that all products and biases are multiples of, and how many of it a sum can have.
    const smallest = weight.reduce((least, value) => Math.min(least, Math.abs(value)), Infinity);
    assert.is(Math.log2(smallest) % 1, 0);
    const unit = smallest / 16;
    for (const [values, of] of [
      [weight, smallest],
      [bias, unit],
      [x[0]!, 1 / 16],
    ] as const) {
      assert.ok(values.slice(0, 100_000).every((value) => value !== 0 && (value / of) % 1 === 0));
      assert.ok(values.slice(0, 100_000).every((value) => Math.abs(value) < 1));
    }
    assert.ok((weights / biases + 1) * 16 * smallest <= 2 ** 24 * unit, shape.name);
  }
});

test('images repeat after three', () => {
  const repeated = [...repeatImages(Float32Array.of(1, 2, 3, 9, 4, 5, 6, 9), 8)];
  assert.equal(repeated, [...[1, 2, 3, 1, 2, 3, 1, 2], ...[4, 5, 6, 4, 5, 6, 4, 5]]);
});

test.run();
