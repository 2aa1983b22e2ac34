/** PyTorch files and safetensors of other people: their right accuracy is known, before and after they are pruned. See `testWithShared`. */
import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { magnitudeGlobalOrder, masksAt, zerosAt } from '../../src/baselines/index.ts';
import { sparsityOf } from '../../src/core/mask.ts';
import type { ImageSet } from '../../src/data/dataset.ts';
import type { ModelOptions } from '../../src/formats/model-options.ts';
import { modelFromFile } from '../../src/formats/model-file.ts';
import { parameterShapes } from '../../src/network/parameter-shapes.ts';
import { zerosAsMasks } from '../../src/network/problem.ts';
import { loadMasks, loadMnist, loadModel } from '../../src/node.ts';
import { checkPrunable, prunedFiles } from '../../src/pruning/files/pruned-files.ts';
import { assertBadInput } from '../helpers/assert/bad-input.ts';
import { generator } from '../helpers/data/numbers.ts';
import { withEvaluation } from '../helpers/evaluation.ts';
import { testSharedLenet } from '../helpers/shared-lenet.ts';
import { testWithShared } from '../helpers/shared.ts';
import { akamasterResnet20, fyhLenet } from '../helpers/torch/public-networks.ts';

const LENET: ModelOptions = { architecture: fyhLenet, mean: 0.1307, std: 0.3081 };

testSharedLenet('fyh_lenet.pth', LENET);

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
const READ: Readonly<
  Record<
    string,
    readonly [loss: number, accuracy: number, warning?: RegExp | undefined, options?: ModelOptions]
  >
> = {
  'finetuned-keeps-metadata': [0.0964, 97.3, /they were changed since/],
  'lenet5-f16': [0.0963, 97.3],
  'lenet5-bf16': [0.096, 97.3],
  'lenet5-f64': [0.0963, 97.3],
  'lenet5-module-prefix': [0.0963, 97.3],
  'lenet5-torch-prune-reparam': [0.1134, 97.05],
  'lenet5-already-50pc-sparse': [0.1134, 97.05],
  'lenet5-extra-int64': [0.0963, 97.3],
  'lenet5-no-conv-bias': [0.1292, 96.4],
  'flatten-rows-columns-channels': [
    0.0963,
    97.3,
    undefined,
    { pooling: 'average', flatten: 'rows-columns-channels' },
  ],
};

for (const [name, [loss, accuracy, warning, own]] of Object.entries(READ)) {
  testWithShared(`failing/${name}.safetensors`, `${name} is read, and written as it came`, async (path) => {
    const options: ModelOptions = own ?? (warning ? {} : { pooling: 'average' });
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

/** Files of masks for that network: the fraction that they prune of each layer, in percent, and loss and accuracy of what they leave. */
const MASKS: Readonly<
  Record<string, { readonly pruned: readonly number[]; readonly loss: number; readonly accuracy: number }>
> = {
  'masks-float32': { pruned: [50, 50, 50, 50, 50], loss: 0.1134, accuracy: 97.05 },
  'masks-bool': { pruned: [50, 50, 50, 50, 50], loss: 0.1134, accuracy: 97.05 },
  'masks-only-fc': { pruned: [0, 0, 50, 50, 0], loss: 0.1063, accuracy: 96.9 },
};

for (const [name, { pruned, loss, accuracy }] of Object.entries(MASKS)) {
  testWithShared(`failing/${name}.safetensors`, `${name} are read`, async (path) => {
    const model = await loadModel();
    const masks = await loadMasks(path, model);
    assert.equal(
      sparsityOf(masks).perLayer.map((share) => Math.round(1000 * share) / 10),
      pruned,
    );
    const { test: images } = await loadMnist();
    await withEvaluation(async (evaluate) => {
      const found = await evaluate(model, images, masks);
      assert.ok(Math.abs(found.loss - loss) < 5.1e-5, `loss ${found.loss}`);
      assert.is(Math.round(found.accuracy! * 2000), Math.round(accuracy * 20));
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
