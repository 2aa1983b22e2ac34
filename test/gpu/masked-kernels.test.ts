import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ACTIVATIONS } from '../../src/kernels/activation.ts';
import { convSizes, maskedConv2d, type ConvShape } from '../../src/kernels/masked-conv2d.ts';
import { maskedDense, type DenseShape } from '../../src/kernels/masked-dense.ts';
import { maskedConv2d as referenceConv2d } from '../../src/kernels/reference/masked-conv2d.ts';
import { maskedDense as referenceDense } from '../../src/kernels/reference/masked-dense.ts';
import { STATE_WORDS } from '../../src/kernels/softmax-cross-entropy.ts';
import { ACTIVATION_LIMIT, QUAD, quadsOf, type Tiling } from '../../src/kernels/spec.ts';
import { layerParams } from '../../src/kernels/weights-tile.ts';
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

const tiling = (workgroupSize: number, images: 1 | 2 | 4, outputs: number): Tiling => ({
  workgroupSize,
  images,
  outputs,
});
const describe = ({ workgroupSize, images, outputs }: Tiling) =>
  `${workgroupSize} invocations of ${images} images x ${outputs} outputs`;

/** What a layer's kernel is told where it works for one candidate on all images: its mask is in slot 0. */
function alone(images: number) {
  const stride = quadsOf(images) * QUAD;
  const x = { xFirst: 0, xStride: stride, xCandidate: 0 };
  const y = { yFirst: 0, yStride: stride, yCandidate: 0 };
  return {
    params: layerParams({ firstCandidate: 0, recordWords: 3, layer: 0, images: stride, ...x, ...y }),
    records: new Uint32Array(3),
    states: new Uint32Array(STATE_WORDS),
  };
}

/** Image counts around the edges of quads and of workgroups of 64 packs, densities with the extremes. */
const convCases: readonly { shape: ConvShape; images: number; density: number; tiling: Tiling }[] = [
  { shape: { ...lenetConv1, activation: 'sigmoid' }, images: 13, density: 0.6, tiling: tiling(64, 1, 8) },
  { shape: { ...lenetConv2, activation: 'sigmoid' }, images: 13, density: 0.4, tiling: tiling(16, 4, 8) },
  ...ACTIVATIONS.map((activation) => ({
    shape: { ...oddPooled, activation },
    images: 21,
    density: 0.5,
    tiling: tiling(32, 2, 4),
  })),
  ...[1, 3, 4, 5, 255, 256, 257].map((images) => ({
    shape: { ...oddPlain, activation: 'tanh' as const },
    images,
    density: 0.7,
    tiling: tiling(64, 4, 8),
  })),
  ...[0, 0.1, 1].map((density) => ({
    shape: { ...oddPooled, activation: 'relu' as const },
    images: 9,
    density,
    tiling: tiling(256, 1, 4),
  })),
  { shape: { ...pointwise, activation: 'none' }, images: 66, density: 0.5, tiling: tiling(16, 4, 12) },
  { shape: { ...wholeImage, activation: 'none' }, images: 6, density: 0.9, tiling: tiling(1, 2, 8) },
];

const denseCases: readonly { shape: DenseShape; images: number; density: number; tiling: Tiling }[] = [
  {
    shape: { inputs: 400, outputs: 120, activation: 'sigmoid' },
    images: 70,
    density: 0.5,
    tiling: tiling(64, 1, 8),
  },
  {
    shape: { inputs: 84, outputs: 10, activation: 'none' },
    images: 70,
    density: 0.5,
    tiling: tiling(16, 4, 16),
  },
  ...ACTIVATIONS.map((activation) => ({
    shape: { inputs: 37, outputs: 13, activation },
    images: 11,
    density: 0.5,
    tiling: tiling(32, 2, 4),
  })),
  ...[1, 2, 3, 4, 5].map((outputs) => ({
    shape: { inputs: 33, outputs, activation: 'tanh' as const },
    images: 7,
    density: 0.8,
    tiling: tiling(64, 1, 4),
  })),
  ...[1, 4, 255, 256, 257].map((images) => ({
    shape: { inputs: 19, outputs: 6, activation: 'relu' as const },
    images,
    density: 0.6,
    tiling: tiling(64, 4, 8),
  })),
  ...[0, 0.1, 1].map((density) => ({
    shape: { inputs: 130, outputs: 9, activation: 'none' as const },
    images: 10,
    density,
    tiling: tiling(256, 2, 12),
  })),
];

const engine = await acquireEngine();
const { context, pipelines } = engine;
test.after(() => engine.close());

for (const { shape, images, density, tiling } of convCases) {
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool, activation } = shape;
  const name =
    `masked_conv2d ${inChannels}x${inHeight}x${inWidth} to ${outChannels}, kernel ${kernel}, padding ${padding}, ` +
    `pool ${pool}, ${activation}, ${images} images, density ${density}, ${describe(tiling)}`;
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
      tiling,
      inputs: { ...alone(images), x, weight, bias, mask },
      output: { name: 'y', words: outChannels * outHeight * outWidth * quadsOf(images) * QUAD },
    });
    const y = unpadImages(new Float32Array(await withTimeout(run, 60_000, name)), images);

    const quads = quadsOf(images);
    const expect = (otherWeight: Float32Array, otherMask: Uint32Array) =>
      assertClose(
        y,
        unpadImages(
          referenceConv2d(shape, quads, new Float64Array(x), { weight: otherWeight, bias, mask: otherMask }),
          images,
        ),
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

for (const { shape, images, density, tiling } of denseCases) {
  const { inputs, outputs, activation } = shape;
  const name =
    `masked_dense ${inputs} to ${outputs}, ${activation}, ${images} images, density ${density}, ` +
    `${describe(tiling)}`;
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
      tiling,
      inputs: { ...alone(images), x, weight, bias, mask },
      output: { name: 'y', words: outputs * quadsOf(images) * QUAD },
    });
    const y = unpadImages(new Float32Array(await withTimeout(run, 60_000, name)), images);

    const quads = quadsOf(images);
    const expect = (otherWeight: Float32Array, otherMask: Uint32Array) =>
      assertClose(
        y,
        unpadImages(
          referenceDense(shape, quads, new Float64Array(x), { weight: otherWeight, bias, mask: otherMask }),
          images,
        ),
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
      tiling: { workgroupSize: 64, images: 1, outputs: 4 },
      inputs: {
        ...alone(1),
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
