import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ACTIVATIONS } from '../../src/kernels/activation.ts';
import { convSizes, maskedConv2d, type ConvShape } from '../../src/kernels/masked-conv2d.ts';
import { maskedDense, type DenseShape } from '../../src/kernels/masked-dense.ts';
import { maskedConv2d as referenceConv2d } from '../../src/kernels/reference/masked-conv2d.ts';
import { maskedDense as referenceDense } from '../../src/kernels/reference/masked-dense.ts';
import { ACTIVATION_LIMIT, QUAD, quadsOf } from '../../src/kernels/spec.ts';
import { assertClose } from '../helpers/assert-close.ts';
import { assertSensitive } from '../helpers/assert-sensitive.ts';
import { acquireEngine, withTimeout } from '../helpers/gpu.ts';
import {
  lenetConv1,
  lenetConv2,
  oddPlain,
  oddPooled,
  pointwise,
  wholeImage,
} from '../helpers/kernel-shapes.ts';
import { generator } from '../helpers/numbers.ts';
import { padImages, runKernel, unpadImages } from '../helpers/run-kernel.ts';
import { convBounds, denseBounds } from '../helpers/tolerance.ts';

/** Image counts around a quad's and a workgroup's edge (64 quads of 4 images), densities with the extremes. */
const convCases: readonly { shape: ConvShape; images: number; density: number; workgroupSize: number }[] = [
  { shape: { ...lenetConv1, activation: 'sigmoid' }, images: 13, density: 0.6, workgroupSize: 64 },
  { shape: { ...lenetConv2, activation: 'sigmoid' }, images: 13, density: 0.4, workgroupSize: 64 },
  ...ACTIVATIONS.map((activation) => ({
    shape: { ...oddPooled, activation },
    images: 21,
    density: 0.5,
    workgroupSize: 32,
  })),
  ...[1, 3, 4, 5, 255, 256, 257].map((images) => ({
    shape: { ...oddPlain, activation: 'tanh' as const },
    images,
    density: 0.7,
    workgroupSize: 64,
  })),
  ...[0, 0.1, 1].map((density) => ({
    shape: { ...oddPooled, activation: 'relu' as const },
    images: 9,
    density,
    workgroupSize: 256,
  })),
  { shape: { ...pointwise, activation: 'none' }, images: 66, density: 0.5, workgroupSize: 16 },
  { shape: { ...wholeImage, activation: 'none' }, images: 6, density: 0.9, workgroupSize: 1 },
];

const denseCases: readonly { shape: DenseShape; images: number; density: number; workgroupSize: number }[] = [
  {
    shape: { inputs: 400, outputs: 120, activation: 'sigmoid' },
    images: 70,
    density: 0.5,
    workgroupSize: 64,
  },
  { shape: { inputs: 84, outputs: 10, activation: 'none' }, images: 70, density: 0.5, workgroupSize: 64 },
  ...ACTIVATIONS.map((activation) => ({
    shape: { inputs: 37, outputs: 13, activation },
    images: 11,
    density: 0.5,
    workgroupSize: 32,
  })),
  ...[1, 2, 3, 4, 5].map((outputs) => ({
    shape: { inputs: 33, outputs, activation: 'tanh' as const },
    images: 7,
    density: 0.8,
    workgroupSize: 64,
  })),
  ...[1, 4, 255, 256, 257].map((images) => ({
    shape: { inputs: 19, outputs: 6, activation: 'relu' as const },
    images,
    density: 0.6,
    workgroupSize: 64,
  })),
  ...[0, 0.1, 1].map((density) => ({
    shape: { inputs: 130, outputs: 9, activation: 'none' as const },
    images: 10,
    density,
    workgroupSize: 256,
  })),
];

const engine = await acquireEngine();
const { context, pipelines } = engine;
test.after(() => engine.close());

for (const { shape, images, density, workgroupSize } of convCases) {
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool, activation } = shape;
  const name =
    `masked_conv2d ${inChannels}x${inHeight}x${inWidth} to ${outChannels}, kernel ${kernel}, padding ${padding}, ` +
    `pool ${pool}, ${activation}, ${images} images, density ${density}, workgroups of ${workgroupSize}`;
  test(name, async () => {
    const random = generator(name);
    const { outHeight, outWidth, weights } = convSizes(shape);
    const x = padImages(random.floats(inChannels * inHeight * inWidth * images, 2), images);
    const weight = random.floats(weights);
    const bias = random.floats(outChannels);
    const mask = random.bits(weights, density);
    const run = runKernel(context, pipelines, {
      spec: maskedConv2d,
      shape,
      images,
      workgroupSize,
      inputs: { params: new Uint32Array([quadsOf(images)]), x, weight, bias, mask },
      output: { name: 'y', words: outChannels * outHeight * outWidth * quadsOf(images) * QUAD },
    });
    const y = unpadImages(new Float32Array(await withTimeout(run, 60_000, name)), images);

    const quads = quadsOf(images);
    const expect = (otherWeight: Float32Array, otherMask: Uint32Array) =>
      assertClose(
        y,
        unpadImages(referenceConv2d(shape, quads, new Float64Array(x), otherWeight, bias, otherMask), images),
        {
          label: name,
          bound: unpadImages(convBounds(shape, quads, x, weight, bias, mask), images),
          // With all weights pruned every pixel of a channel is its bias; with one channel all are the same.
          allowConstant: density === 0,
        },
      );
    expect(weight, mask);
    if (density > 0) assertSensitive(weight, mask, expect);
  });
}

for (const { shape, images, density, workgroupSize } of denseCases) {
  const { inputs, outputs, activation } = shape;
  const name =
    `masked_dense ${inputs} to ${outputs}, ${activation}, ${images} images, density ${density}, ` +
    `workgroups of ${workgroupSize}`;
  test(name, async () => {
    const random = generator(name);
    const x = padImages(random.floats(inputs * images, 2), images);
    const weight = random.floats(inputs * outputs);
    const bias = random.floats(outputs);
    const mask = random.bits(inputs * outputs, density);
    const run = runKernel(context, pipelines, {
      spec: maskedDense,
      shape,
      images,
      workgroupSize,
      inputs: { params: new Uint32Array([quadsOf(images)]), x, weight, bias, mask },
      output: { name: 'y', words: outputs * quadsOf(images) * QUAD },
    });
    const y = unpadImages(new Float32Array(await withTimeout(run, 60_000, name)), images);

    const quads = quadsOf(images);
    const expect = (otherWeight: Float32Array, otherMask: Uint32Array) =>
      assertClose(
        y,
        unpadImages(referenceDense(shape, quads, new Float64Array(x), otherWeight, bias, otherMask), images),
        {
          label: name,
          bound: unpadImages(denseBounds(shape, quads, x, weight, bias, mask), images),
          allowConstant: density === 0,
        },
      );
    expect(weight, mask);
    if (density > 0) assertSensitive(weight, mask, expect);
  });
}

test('activations without a bound of their own are clamped, so that no later sum overflows', async () => {
  for (const activation of ['none', 'relu'] as const) {
    const shape = { inputs: 2, outputs: 3, activation };
    const run = runKernel(context, pipelines, {
      spec: maskedDense,
      shape,
      images: 1,
      workgroupSize: 64,
      inputs: {
        params: new Uint32Array([1]),
        x: padImages(new Float32Array([1e15, 1e15]), 1),
        weight: new Float32Array([1e15, 1e15, -1e15, -1e15, 0.25, 0.25]),
        bias: new Float32Array(3),
        mask: new Uint32Array([0b111111]),
      },
      output: { name: 'y', words: 3 * QUAD },
    });
    const y = unpadImages(new Float32Array(await withTimeout(run, 60_000, activation)), 1);
    const limit = Math.fround(ACTIVATION_LIMIT);
    assert.equal(Array.from(y), [limit, activation === 'relu' ? 0 : -limit, Math.fround(5e14)]);
  }
});

test.run();
