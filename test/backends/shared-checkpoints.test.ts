/** PyTorch files and safetensors of other people: their right accuracy is known, before and after they are pruned. See `testWithShared`. */
import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { magnitudeGlobalOrder, masksAt, zerosAt } from '../../src/baselines/index.ts';
import { fullMasks, sparsityOf } from '../../src/core/mask.ts';
import type { ImageSet } from '../../src/data/dataset.ts';
import type { ModelOptions } from '../../src/formats/model-options.ts';
import { modelFromFile } from '../../src/formats/model-file.ts';
import { masksFromSafetensors } from '../../src/formats/safetensors/masks.ts';
import { parameterShapes } from '../../src/network/parameter-shapes.ts';
import type { Model } from '../../src/network/model.ts';
import { layersInFile, problemOf, zerosAsMasks } from '../../src/network/problem.ts';
import { loadData, loadMnist, loadModel, openEngine } from '../../src/node.ts';
import { checkPrunable, prunedFiles } from '../../src/pruning/files/pruned-files.ts';
import { assertBadInput } from '../helpers/assert/bad-input.ts';
import { generator } from '../helpers/data/numbers.ts';
import { shared, testWithShared } from '../helpers/shared.ts';
import { akamasterResnet20, fyhLenet } from '../helpers/torch/public-networks.ts';

/** Evaluates models on the CPU, each with its masks or with none. */
async function withEvaluation(
  body: (
    evaluate: (
      model: Model,
      images: ImageSet,
      masks?: ReturnType<typeof fullMasks>,
    ) => Promise<{ readonly loss: number; readonly accuracy?: number | undefined }>,
  ) => Promise<void>,
): Promise<void> {
  const engine = await openEngine({ device: 'wasm', threads: 1 });
  try {
    await body(async (model, images, masks = fullMasks(problemOf(model.network).layers)) => {
      const evaluator = await engine.evaluator(model, images);
      const [evaluation] = await evaluator.evaluate([{ masks }]);
      await evaluator.close();
      if (evaluation!.exceeded) throw new Error('without a limit nothing exceeds it');
      return evaluation!;
    });
  } finally {
    await engine.close();
  }
}

const LENET: ModelOptions = { architecture: fyhLenet, mean: 0.1307, std: 0.3081 };

testWithShared(
  'models/fyh_lenet.pth',
  'a LeNet of max pooling has its accuracy, and its pruned file that of its masks',
  async (path) => {
    const model = await loadModel(path, LENET);
    const { search, test: held } = await loadData(shared('data'), { network: model.network });
    checkPrunable(model);
    await withEvaluation(async (evaluate) => {
      const halves = [await evaluate(model, search), await evaluate(model, held)];
      const correct = halves.reduce((sum, { accuracy }) => sum + Math.round(accuracy! * 5000), 0);
      assert.is(search.count + held.count, 10_000);
      // Computed with ONNX Runtime from the same author's ONNX file.
      assert.is(correct, 9813);

      const order = magnitudeGlobalOrder(model);
      const masks = masksAt(order, zerosAt(order, 0.5));
      const files = prunedFiles(model, masks);
      const pruned = modelFromFile({ name: 'a.pth', bytes: files['pruned.pth'] as Uint8Array }, LENET);
      const masked = await evaluate(model, held, masks);
      assert.equal(await evaluate(pruned, held), masked);
      const read = masksFromSafetensors(files['masks.safetensors'] as Uint8Array, layersInFile(pruned));
      assert.equal(await evaluate(pruned, held, read), masked);
      assert.ok(masked.accuracy! > 0.9 && masked.loss > halves[1]!.loss, JSON.stringify(masked));
    });
  },
);

testWithShared(
  'models/akamaster_resnet20.th',
  'a ResNet-20 of before 1.6 has all its parameters, and finite scores that are not constant',
  async (path) => {
    const model = await loadModel(path, { architecture: akamasterResnet20() });
    const names = [...model.tensors.keys()];
    assert.ok(names.every((name) => name.startsWith('module.')));
    const count = [...parameterShapes(model.network).values()].reduce(
      (sum, shape) => sum + shape.reduce((a, b) => a * b),
      0,
    );
    assert.is(count, 271_098);
    assert.is(model.container!.extension, 'th');
    checkPrunable(model);
    const random = generator('noise');
    const images: ImageSet = {
      ...{ count: 16, channels: 3, height: 32, width: 32 },
      pixels: Uint8Array.from({ length: 16 * 3072 }, () => random.below(256)),
      labels: Uint8Array.from({ length: 16 }, (_, i) => i % 10),
    };
    await withEvaluation(async (evaluate) => {
      const { loss } = await evaluate(model, images);
      assert.ok(Number.isFinite(loss) && Math.abs(loss - Math.log(10)) > 0.01, String(loss));
    });
  },
);

/** Of the files in ../shared/failing, all of the article's LeNet-5: their loss and accuracy on the bundled test split, in percent. */
const READ: Readonly<Record<string, readonly [loss: number, accuracy: number, warning?: RegExp]>> = {
  'finetuned-keeps-metadata': [0.0964, 97.3, /they were changed since/],
  'lenet5-f16': [0.0963, 97.3],
  'lenet5-bf16': [0.096, 97.3],
  'lenet5-f64': [0.0963, 97.3],
  'lenet5-module-prefix': [0.0963, 97.3],
  'lenet5-torch-prune-reparam': [0.1134, 97.05],
  'lenet5-already-50pc-sparse': [0.1134, 97.05],
  'lenet5-extra-int64': [0.0963, 97.3],
  'lenet5-no-conv-bias': [0.1292, 96.4],
};

for (const [name, [loss, accuracy, warning]] of Object.entries(READ)) {
  testWithShared(`failing/${name}.safetensors`, `${name} is read, and written as it came`, async (path) => {
    const options: ModelOptions = warning ? {} : { pooling: 'average' };
    const model = await loadModel(path, options);
    assert.equal(model.normalization, { mean: 0.1307, std: 0.3081 });
    if (warning) assert.match(model.warnings!.join(), warning);
    else assert.is(model.warnings, undefined);
    const { test: images } = await loadMnist();
    const isSparse = accuracy === 97.05;
    assert.is(Math.round(100 * sparsityOf(zerosAsMasks(model)).global), isSparse ? 50 : 0);
    checkPrunable(model);
    const order = magnitudeGlobalOrder(model);
    const masks = masksAt(order, zerosAt(order, 0.75));
    const files = prunedFiles(model, masks);
    const written = files['pruned.safetensors'] as Uint8Array;
    assert.is(written.length, (await readFile(path)).length);
    const pruned = modelFromFile({ name: 'pruned.safetensors', bytes: written }, options);
    await withEvaluation(async (evaluate) => {
      const found = await evaluate(model, images);
      assert.is(Math.abs(found.loss - loss) < 5.1e-5, true, `loss ${found.loss}`);
      assert.is(Math.round(found.accuracy! * 2000), Math.round(accuracy * 20));
      assert.equal(await evaluate(pruned, images), await evaluate(model, images, masks));
    });
  });
}

const REFUSED: Readonly<Record<string, RegExp>> = {
  'lenet5-nan': /tensor "fc1\.weight" holds NaN at index 0/,
  'lenet5-trailing-bytes': /has 246832 bytes of data, its tensors fill 246824/,
};

for (const [name, pattern] of Object.entries(REFUSED)) {
  testWithShared(`failing/${name}.safetensors`, `${name} is refused`, (path) =>
    assertBadInput(() => loadModel(path, { pooling: 'average' }), pattern),
  );
}

test.run();
