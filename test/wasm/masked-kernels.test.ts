import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fuse, type FusedLayer } from '../../src/network/fuse.ts';
import type { Layer, Network } from '../../src/network/network.ts';
import { ACTIVATIONS } from '../../src/kernels/activation.ts';
import type { ConvShape } from '../../src/kernels/masked-conv2d.ts';
import type { DenseShape } from '../../src/kernels/masked-dense.ts';
import { maskedConv2d } from '../../src/kernels/reference/masked-conv2d.ts';
import { maskedDense } from '../../src/kernels/reference/masked-dense.ts';
import { ACTIVATION_LIMIT, quadsOf } from '../../src/kernels/spec.ts';
import { assertClose } from '../helpers/assert-close.ts';
import { assertSensitive } from '../helpers/assert-sensitive.ts';
import {
  lenetConv1,
  lenetConv2,
  oddPlain,
  oddPooled,
  pointwise,
  wholeImage,
} from '../helpers/kernel-shapes.ts';
import { generator } from '../helpers/numbers.ts';
import { padImages, unpadImages } from '../helpers/run-kernel.ts';
import { convBounds, denseBounds } from '../helpers/tolerance.ts';
import { runLayer, type LayerRun } from '../helpers/wasm-kernel.ts';

/** Around a block of 24 images and half of one. */
const IMAGE_COUNTS = [1, 12, 13, 23, 24, 25];

/** Of the layer that takes the convolution's output: dense, or a convolution of that padding. */
type Next = 'dense' | 0 | 1 | 2;

const convCases: readonly { shape: ConvShape; images: number; density: number; next: Next }[] = [
  { shape: { ...lenetConv1, activation: 'sigmoid' }, images: 13, density: 0.6, next: 0 },
  { shape: { ...lenetConv2, activation: 'sigmoid' }, images: 13, density: 0.4, next: 'dense' },
  ...ACTIVATIONS.map((activation) => ({
    shape: { ...oddPooled, activation },
    images: 21,
    density: 0.5,
    next: 1 as const,
  })),
  ...IMAGE_COUNTS.map((images) => ({
    shape: { ...oddPlain, activation: 'tanh' as const },
    images,
    density: 0.7,
    next: images % 2 === 0 ? ('dense' as const) : (2 as const),
  })),
  ...[0, 0.1, 1].flatMap((density) =>
    (['dense', 2] as const).map((next) => ({
      shape: { ...oddPooled, activation: 'relu' as const },
      images: 9,
      density,
      next,
    })),
  ),
  { shape: { ...oddPlain, activation: 'sigmoid' }, images: 50, density: 1, next: 1 },
  { shape: { ...pointwise, activation: 'none' }, images: 66, density: 0.5, next: 2 },
  { shape: { ...pointwise, activation: 'none' }, images: 24, density: 1, next: 'dense' },
  { shape: { ...wholeImage, activation: 'none' }, images: 6, density: 0.9, next: 'dense' },
];

const denseCases: readonly { shape: DenseShape; images: number; density: number }[] = [
  { shape: { inputs: 400, outputs: 120, activation: 'sigmoid' }, images: 70, density: 0.5 },
  { shape: { inputs: 84, outputs: 10, activation: 'none' }, images: 70, density: 0.5 },
  ...ACTIVATIONS.map((activation) => ({
    shape: { inputs: 37, outputs: 13, activation },
    images: 11,
    density: 0.5,
  })),
  ...[1, 2, 3, 4, 5].flatMap((outputs) =>
    [0.8, 1].map((density) => ({
      shape: { inputs: 33, outputs, activation: 'tanh' as const },
      images: 7,
      density,
    })),
  ),
  ...IMAGE_COUNTS.map((images) => ({
    shape: { inputs: 19, outputs: 6, activation: 'sigmoid' as const },
    images,
    density: 0.6,
  })),
  ...[0, 0.1, 1].map((density) => ({
    shape: { inputs: 130, outputs: 9, activation: 'none' as const },
    images: 10,
    density,
  })),
];

for (const { shape, images, density, next } of convCases) {
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool, activation } = shape;
  const name =
    `masked_conv2d ${inChannels}x${inHeight}x${inWidth} to ${outChannels}, kernel ${kernel}, padding ${padding}, ` +
    `pool ${pool}, ${activation}, ${images} images, density ${density}, ` +
    (next === 'dense' ? 'flattened' : `into padding ${next}`);
  test(name, async () => {
    const random = generator(name);
    const layers = fuse(networkAround(shape, next));
    const run: LayerRun = {
      layers,
      images,
      x: random.floats(inChannels * inHeight * inWidth * images, 2),
      weight: random.floats(layers[1]!.weights),
      bias: random.floats(outChannels),
      mask: someComplete(random, layers[1]!, density),
    };
    const y = await runOnBoth(run);

    const quads = quadsOf(images);
    const x = padImages(run.x, images);
    const expect = (weight: Float32Array, mask: Uint32Array) =>
      assertClose(
        y,
        unpadImages(
          maskedConv2d(shape, quads, new Float64Array(x), { weight, bias: run.bias, mask }),
          images,
        ),
        {
          label: name,
          bound: unpadImages(convBounds(shape, quads, x, run.weight, run.bias, run.mask), images),
          allowConstant: density === 0,
        },
      );
    expect(run.weight, run.mask);
    if (density > 0) assertSensitive(run.weight, run.mask, expect);
  });
}

for (const { shape, images, density } of denseCases) {
  const { inputs, outputs, activation } = shape;
  const name = `masked_dense ${inputs} to ${outputs}, ${activation}, ${images} images, density ${density}`;
  test(name, async () => {
    const random = generator(name);
    const layers = fuse(denseNetwork(shape));
    const run: LayerRun = {
      layers,
      images,
      x: random.floats(inputs * images, 2),
      weight: random.floats(inputs * outputs),
      bias: random.floats(outputs),
      mask: someComplete(random, layers[1]!, density),
    };
    const y = await runOnBoth(run);

    const quads = quadsOf(images);
    const x = padImages(run.x, images);
    const expect = (weight: Float32Array, mask: Uint32Array) =>
      assertClose(
        y,
        unpadImages(maskedDense(shape, quads, new Float64Array(x), { weight, bias: run.bias, mask }), images),
        {
          label: name,
          bound: unpadImages(denseBounds(shape, quads, x, run.weight, run.bias, run.mask), images),
          allowConstant: density === 0,
        },
      );
    expect(run.weight, run.mask);
    if (density > 0) assertSensitive(run.weight, run.mask, expect);
  });
}

/** A network whose second layer has this shape. */
function networkAround(shape: ConvShape, next: Next): Network {
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool, activation } = shape;
  const pointwise = { kind: 'conv2d', kernel: 1, activation: 'none' } as const;
  const layers: Layer[] = [
    { ...pointwise, name: 'before', outChannels: inChannels, padding: 0 },
    { kind: 'conv2d', name: 'tested', outChannels, kernel, padding, activation },
  ];
  if (pool === 2) layers.push({ kind: 'avgpool2d' });
  if (next !== 'dense') layers.push({ ...pointwise, name: 'next', outChannels: 1, padding: next });
  layers.push({ kind: 'flatten' }, { kind: 'dense', name: 'out', outputs: 1, activation: 'none' });
  return { input: { channels: 1, height: inHeight, width: inWidth }, layers };
}

function denseNetwork({ inputs, outputs, activation }: DenseShape): Network {
  return {
    input: { channels: 1, height: 1, width: 1 },
    layers: [
      { kind: 'dense', name: 'before', outputs: inputs, activation: 'none' },
      { kind: 'dense', name: 'tested', outputs, activation },
      { kind: 'dense', name: 'out', outputs: 1, activation: 'none' },
    ],
  };
}

/** Bits of which, unless few are wanted, two of every five outputs are complete: those have a way of their own. */
function someComplete(
  random: ReturnType<typeof generator>,
  { weights, biases }: FusedLayer,
  density: number,
) {
  const mask = random.bits(weights, density);
  for (let i = 0; density >= 0.5 && i < weights; i++) {
    if (Math.floor((i * biases) / weights) % 5 < 2) mask[i >>> 5]! |= 1 << (i & 31);
  }
  return mask;
}

/** The output, which both builds must agree on to the last bit, with and without skipping what is pruned. */
async function runOnBoth(run: LayerRun): Promise<Float32Array> {
  const y = await runLayer(true, run);
  assert.ok(Buffer.compare(bytesOf(y), bytesOf(await runLayer(false, run))) === 0, 'the builds differ');
  const all = await runLayer(false, { ...run, skipPruned: false });
  assertClose(all, y, { label: 'without skipping pruned weights', allowConstant: true });
  return y;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

test('activations without a bound of their own are clamped, so that no later sum overflows', async () => {
  for (const activation of ['none', 'relu'] as const) {
    const y = await runOnBoth({
      layers: fuse(denseNetwork({ inputs: 2, outputs: 3, activation })),
      images: 1,
      x: new Float32Array([1e15, 1e15]),
      weight: new Float32Array([1e15, 1e15, -1e15, -1e15, 0.25, 0.25]),
      bias: new Float32Array(3),
      mask: new Uint32Array([0b111111]),
    });
    const limit = Math.fround(ACTIVATION_LIMIT);
    assert.equal(Array.from(y), [limit, activation === 'relu' ? 0 : -limit, Math.fround(5e14)]);
  }
});

test('activations with a bound of their own reach it and do not pass it', async () => {
  for (const activation of ['sigmoid', 'tanh'] as const) {
    const y = await runOnBoth({
      layers: fuse(denseNetwork({ inputs: 1, outputs: 4, activation })),
      images: 1,
      x: new Float32Array([1e15]),
      weight: new Float32Array([1e15, -1e15, 1e-13, 0]),
      bias: new Float32Array(4),
      mask: new Uint32Array([0b1111]),
    });
    const [top, bottom, high, middle] = y;
    assert.equal([top, high, middle], [1, 1, activation === 'tanh' ? 0 : 0.5]);
    if (activation === 'tanh') assert.is(bottom, -1);
    else assert.ok(bottom! > 0 && bottom! < 1e-34);
  }
});

test.run();
