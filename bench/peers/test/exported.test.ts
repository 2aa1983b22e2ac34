/** ONNX Runtime computes on exported networks what the library's float64 reference does. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  fullMasks,
  layers,
  modelToOnnx,
  problemOf,
  referenceEngine,
  type ImageSet,
  type Model,
} from 'masksearch';
import { loadModel } from 'masksearch/node';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ACTIVATIONS } from '../../../src/kernels/activation.ts';
import { GRAPHS } from '../../../test/helpers/data/graphs/index.ts';
import { randomModel, shadedImages } from '../../../test/helpers/data/models.ts';
import { PUBLIC_NETWORKS } from '../../../test/helpers/data/public-networks.ts';

const { activation, conv2d, dense, flatten, pool2d, sequential } = layers;

const IMAGES = 3;
const MODELS = fileURLToPath(new URL('../../../models/', import.meta.url));

/** Relative to the largest score: both round in float32, in different orders. */
const TOLERANCE = 1e-4;

/** [image][channel, row, column], of a model with one mean and standard deviation for all channels. */
function normalized({ pixels }: ImageSet, { normalization }: Model): Float32Array {
  const [mean, std] = [Number(normalization.mean), Number(normalization.std)];
  return Float32Array.from(pixels, (byte) => (byte / 255 - mean) / std);
}

async function onOnnxRuntime(model: Model, images: ImageSet): Promise<Float32Array> {
  const session = await InferenceSession.create(modelToOnnx(model), {
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
  });
  try {
    const dims = [images.count, ...model.network.input];
    const { output } = await session.run({ input: new Tensor('float32', normalized(images, model), dims) });
    return output!.data as Float32Array;
  } finally {
    await session.release();
  }
}

async function assertSame(model: Model, name: string): Promise<void> {
  const images = shadedImages(model.network, IMAGES, name);
  const evaluator = await referenceEngine().evaluator(model, images);
  const masks = fullMasks(problemOf(model.network).layers);
  const { outputs: expected } = await evaluator.evaluateOutputs!(masks);
  const actual = await onOnnxRuntime(model, images);
  assert.is(actual.length, expected.length, name);
  const largest = Math.max(...expected.map(Math.abs));
  const off = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!))) / largest;
  assert.ok(off < TOLERANCE, `${name}: the scores differ by ${off} of the largest`);
  // Scores that are all the same prove nothing.
  assert.ok(new Set(expected).size > 1, name);
}

for (const file of readdirSync(MODELS).filter((name) => name.endsWith('.safetensors')))
  test(file, async () => assertSame(await loadModel(MODELS + file), file));

for (const [name, network] of Object.entries(GRAPHS))
  test(`graph ${name}`, () => assertSame(randomModel(network, name), name));

for (const [name, { network }] of Object.entries(PUBLIC_NETWORKS))
  test(name, () => assertSame(randomModel(network, name), name));

for (const kind of ACTIVATIONS) {
  test(`activation ${kind}`, () => {
    const conv = conv2d('conv', { outChannels: 3, kernel: 3 });
    const network = sequential(
      [2, 5, 4],
      conv,
      activation('act', kind),
      flatten('flat'),
      dense('out', { outputs: 3 }),
    );
    return assertSame(randomModel(network, kind), kind);
  });
}

const WINDOWS = [
  { kernel: 3, stride: 2, padding: 1 },
  { kernel: 3, stride: 2, padding: [0, 1, 2, 0] },
  { kernel: 2, stride: 3, padding: [1, 0, 0, 1] },
  { kernel: [2, 3], stride: [2, 1], padding: [0, 1, 1, 2] },
  { kernel: 2, stride: 4, padding: 1 },
  { kernel: 1, stride: 2 },
  // With holes; the last three have more padding than ONNX Runtime lets pooling have.
  { kernel: 3, stride: 2, padding: 2, dilation: 2 },
  { kernel: 3, stride: 2, padding: [3, 1, 4, 2], dilation: 2 },
  { kernel: 2, stride: 3, dilation: 2 },
  { kernel: 2, stride: 3, padding: 2, dilation: 2 },
] as const;
for (const operation of ['max', 'average'] as const) {
  for (const ceil of [false, true]) {
    for (const countPadding of [false, true]) {
      const flags = `ceil ${ceil}, padding ${countPadding ? '' : 'not '}counted`;
      test(`pooling: ${operation}, ${flags}`, async () => {
        for (const window of WINDOWS) {
          const pool = pool2d('pool', { ...window, operation, ceil, countPadding });
          // Numbers below 0 show padding that is taken for pixels.
          const network = sequential([2, 10, 9], activation('elu', 'elu'), pool, flatten('flat'));
          await assertSame(randomModel(network, 'pool'), `${flags}, ${JSON.stringify(window)}`);
        }
      });
    }
  }
}

test.run();
