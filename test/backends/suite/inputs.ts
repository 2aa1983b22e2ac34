/** Invalid models, images, masks and limits are refused with a message, and the engine stays usable. */
import type { Engine } from '../../../src/engine/backend.ts';
import type { Model } from '../../../src/network/model.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { evaluateFull } from '../../helpers/search/evaluations.ts';
import { fullMasks, randomImages, tinyNetwork } from '../../helpers/data/models.ts';
import { valuesOf, withValues, type LayerValues } from '../../helpers/data/networks.ts';
import { tiny, testOn, type Backend } from './backend.ts';

const images = randomImages(tinyNetwork, 9, 'images');
const masks = fullMasks(tinyNetwork);

/** The model with other parameters in its second layer. */
const withLayer = (values: Partial<LayerValues>): Model => withValues(tiny, 1, values);
const withWeight = (weight: number) => withLayer({ weight: valuesOf(tiny)[1]!.weight.with(3, weight) });
const incomplete = new Map(tiny.tensors);
incomplete.delete('fc1.bias');

const wrongModels: readonly (readonly [Model, RegExp])[] = [
  [{ ...tiny, tensors: incomplete }, /the model has no parameter fc1\.bias/],
  [
    withLayer({ weight: new Float32Array(3) }),
    /conv2\.weight has 3 numbers, 60 are needed \(5 x 3 x 2 x 2\)/,
  ],
  [withLayer({ bias: new Float32Array(6) }), /conv2\.bias has 6 numbers, 5 are needed/],
  [withLayer({ bias: new Float32Array(5).fill(NaN) }), /conv2\.bias holds NaN at index 0/],
  [withLayer({ bias: new Float32Array(5).fill(-(2 ** 51)) }), /conv2\.bias holds -2251799813685248/],
  ...[1e16, -Infinity, NaN].map(
    (weight) => [withWeight(weight), /conv2\.weight holds .* at index 3/] as const,
  ),
  [{ ...tiny, normalization: { mean: 0, std: 0 } }, /std is 0/],
  [{ ...tiny, normalization: { mean: NaN, std: 1 } }, /mean is NaN/],
];

const wrongImages = [
  [{ ...images, count: 0 }, /0 images/],
  [{ ...images, count: 2.5 }, /2.5 images/],
  [{ ...images, count: 10 }, /576 pixels for 10 images/],
  [{ ...images, labels: images.labels!.subarray(1) }, /8 labels for 9 images/],
  [{ ...images, height: 4 }, /1 x 4 x 8/],
  [{ ...images, labels: new Uint8Array(9).fill(4) }, /label of image 0 is 4/],
] as const;

const { length, words } = masks[0]!;
const wrongWords = [words.slice(1), Uint32Array.of(...words, 0), words.with(-1, 0xffffffff)];

export function testInputs(backend: Backend): void {
  const refuses = (what: string, refused: (engine: Engine) => Promise<void>) =>
    testOn(backend, `${what} are refused, and the engine stays usable`, async (engine) => {
      await refused(engine);
      await evaluateFull(await engine.evaluator(tiny, images), masks);
    });

  refuses('models and images that do not fit', async (engine) => {
    for (const [model, message] of wrongModels)
      await assertBadInput(() => engine.evaluator(model, images), message);
    for (const [wrong, message] of wrongImages)
      await assertBadInput(() => engine.evaluator(tiny, wrong), message);
  });

  refuses('masks with too few or too many words, or bits beyond the last weight', async (engine) => {
    const evaluator = await engine.evaluator(tiny, images);
    for (const wrong of wrongWords) {
      const candidate = { masks: masks.with(0, { length, words: wrong }) };
      await assertBadInput(() => evaluator.evaluate([candidate]), /the mask of conv1 has \d words/);
    }
    await assertBadInput(() => evaluator.evaluate([{ masks: masks.slice(1) }]), /3 masks for 4/);
    await evaluateFull(evaluator, masks);
  });

  refuses('limits that are not a number', async (engine) => {
    const evaluator = await engine.evaluator(tiny, images);
    await assertBadInput(() => evaluator.evaluate([{ masks, lossLimit: NaN }]), /lossLimit is NaN/);
    await evaluateFull(evaluator, masks);
  });
}
