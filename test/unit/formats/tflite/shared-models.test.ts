/** Networks by other people; see `testWithShared`. */
import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../../../src/data/dataset.ts';
import { decodeIdx } from '../../../../src/formats/arrays/idx.ts';
import { modelFromTflite } from '../../../../src/formats/tflite/model.ts';
import { readModelPath } from '../../../../src/formats/node/model-path.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import type { Model } from '../../../../src/network/model.ts';
import { openEngine } from '../../../../src/node.ts';
import { prunedFiles } from '../../../../src/pruning/files/pruned-files.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { fullMasks, randomMasks } from '../../../helpers/data/models.ts';
import { shared, testWithShared } from '../../../helpers/shared.ts';
import { assertTwin } from '../../../helpers/tflite/assert-twin.ts';

const COUNT = 1000;

async function digits(): Promise<ImageSet> {
  const [images, labels] = await Promise.all(
    ['images-idx3', 'labels-idx1'].map(async (name) =>
      decodeIdx(new Uint8Array(await readFile(shared(`data/t10k-${name}-ubyte.gz`)))),
    ),
  );
  const pixels = (images!.numbers as Uint8Array).slice(0, COUNT * 28 * 28);
  return {
    count: COUNT,
    height: 28,
    width: 28,
    pixels,
    labels: (labels!.numbers as Uint8Array).slice(0, COUNT),
  };
}

async function evaluated(model: Model): Promise<{ loss: number; accuracy: number }> {
  const engine = await openEngine({ device: 'wasm', threads: 2 });
  try {
    const evaluator = await engine.evaluator(model, await digits());
    const [found] = await evaluator.evaluate([{ masks: fullMasks(model.network) }]);
    const { loss, accuracy } = found as { loss: number; accuracy: number };
    return { loss, accuracy };
  } finally {
    await engine.close();
  }
}

testWithShared(
  'models/alankrantas_mnist.tflite',
  'digits have the accuracy and loss of the file',
  async (path) => {
    const { loss, accuracy } = await evaluated(await readModelPath(path));
    assert.is(accuracy, 0.989);
    assert.ok(Math.abs(loss - 0.0372) < 5e-5, `${loss}`);
  },
);

for (const [name, parameters, warnings, scale] of [
  ['alankrantas_mnist', 110_986, 0, 255],
  ['tiny_ic_resnet8', 77_706, 0, 255],
  ['tiny_kws_dscnn', 22_604, 1, 10],
  ['tiny_ad_autoencoder', 265_864, 0, 2],
] as const) {
  testWithShared(
    `models/${name}.tflite`,
    `${name} gives the scores of the twin, pruned and not`,
    async (path) => {
      const file = new Uint8Array(await readFile(path));
      const model = modelFromTflite(file);
      const counted = [...model.tensors.values()].reduce((sum, values) => sum + values.length, 0);
      assert.equal([counted, model.warnings?.length], [parameters, warnings]);
      assertTwin(file, { images: 2, scale, isLarge: true });
      const masks = randomMasks(model.network, 0.7, name);
      const written = prunedFiles(model, masks)['pruned.tflite'] as Uint8Array;
      assert.is(written.length, file.length);
      // Plain loops take seconds for an image of the others.
      if (parameters < 50_000) assertTwin(written, { images: 2, scale, isLarge: true });
      const again = modelFromTflite(written);
      for (const [key, values] of applyMasks(model, masks).tensors)
        assert.ok(
          values.every((value, i) => Object.is(value, again.tensors.get(key)![i])),
          key,
        );
    },
  );
}

testWithShared(
  'models/tiny_ic_resnet8_int8.tflite',
  'a network that computes in int8 is refused by name',
  (path) =>
    assertBadInput(
      () => readModelPath(path),
      /computes with activations of int8: CONV_2D \(9, the first gives "model\/activation\/Relu;.*\), ADD \(3, .*\) and 2 more$/,
    ),
);

test.run();
