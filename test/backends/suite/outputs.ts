/** The outputs for every image are those of the float64 reference, and in the images' own order. */
import * as assert from 'uvu/assert';
import { referenceLogits } from '../../../src/engine/reference/forward.ts';
import { QUAD, quadsOf } from '../../../src/kernels/spec.ts';
import { logitBounds } from '../../helpers/assert/tolerance.ts';
import { randomImages, randomMasks, tinyNetwork } from '../../helpers/data/models.ts';
import { evaluateFull } from '../../helpers/search/evaluations.ts';
import { testOn, tiny, type Backend } from './backend.ts';

const IMAGES = 77;
const CLASSES = 4;

export function testOutputs(backend: Backend): void {
  testOn(
    backend,
    'outputs are those of the reference, image by image, and disturb nothing',
    async (engine) => {
      const images = randomImages(tinyNetwork, IMAGES, 'outputs');
      const evaluator = await engine.evaluator(tiny, images);
      const masks = randomMasks(tinyNetwork, 0.6, 'outputs');
      const other = randomMasks(tinyNetwork, 0.3, 'others');
      const before = await evaluateFull(evaluator, masks);
      // From now on the images are in another order.
      await evaluator.evaluate([{ masks: other, lossLimit: before.loss / 2 }]);
      const { score, outputs } = await evaluator.evaluateOutputs!(masks);
      assert.equal({ exceeded: false, ...score }, before);
      assert.is(outputs.length, IMAGES * CLASSES);

      const expected = referenceLogits(tiny, images, masks);
      const bounds = logitBounds(tiny, images, masks);
      const stride = quadsOf(IMAGES) * QUAD;
      const different = new Set<number>();
      for (let image = 0; image < IMAGES; image++) {
        const scores = outputs.subarray(image * CLASSES, (image + 1) * CLASSES);
        different.add(Math.round(1e3 * scores[0]!));
        scores.forEach((found, k) => {
          const at = k * stride + image;
          const off = Math.abs(found - expected[at]!);
          assert.ok(
            off <= bounds[at]! + 1e-7 * Math.abs(found),
            `image ${image}, output ${k}: off by ${off}`,
          );
        });
      }
      assert.ok(different.size > IMAGES / 4, 'images have the same outputs');

      const after = await (await engine.evaluator(tiny, images)).evaluate([{ masks: other }]);
      assert.equal(await evaluator.evaluate([{ masks: other }]), after);
    },
  );

  testOn(backend, 'outputs are not for masks that do not fit, nor after the end', async (engine) => {
    const evaluator = await engine.evaluator(tiny, randomImages(tinyNetwork, 5, 'few'));
    const refused = async (pattern: RegExp) =>
      evaluator.evaluateOutputs!([]).then(
        () => assert.unreachable('it was evaluated'),
        (error: Error) => assert.match(error.message, pattern),
      );
    await refused(/got 0 masks/);
    await evaluator.close();
    await refused(/closed/);
  });
}
