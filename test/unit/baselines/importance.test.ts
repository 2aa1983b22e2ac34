import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IMPORTANCES, weightImportance } from '../../../src/baselines/importance.ts';
import { inputNorms } from '../../../src/baselines/input-norms.ts';
import { fuse } from '../../../src/network/fuse.ts';
import type { MasksearchError } from '../../../src/core/error.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { randomImages, randomModel, tinyNetwork } from '../../helpers/data/models.ts';
import { valuesOf } from '../../helpers/data/networks.ts';
import { handImages, handModel } from './hand-model.ts';

test('none and learned know nothing beforehand', async () => {
  assert.equal([...IMPORTANCES], ['none', 'learned', 'magnitude', 'wanda']);
  assert.is(await weightImportance('none', handModel, handImages), 'none');
  assert.is(await weightImportance('learned', handModel, handImages), 'learned');
});

test('magnitude by hand', async () => {
  const importance = await weightImportance('magnitude', handModel, handImages);
  assert.equal(
    importance,
    [
      [1, 1.5, 0.5, 0.75],
      [2, 2.2, 0.1, 0.1],
    ].map((weights) => Float64Array.from(Float32Array.from(weights))),
  );
});

test('Wanda by hand: magnitude times the norm of the input', async () => {
  // The pixels have norms 2 and 1, the hidden units, see wanda.test.ts, the root of 3 and of 3 * 0.25 + 1.25 ** 2.
  const [fc, out] = await weightImportance('wanda', handModel, handImages);
  assert.equal([...(fc as Float64Array)], [2, 1.5, 1, 0.75]);
  const norms = [Math.sqrt(3), Math.sqrt(2.3125)];
  const expected = [2 * norms[0]!, 2.2 * norms[1]!, 0.1 * norms[0]!, 0.1 * norms[1]!];
  // The weights are of single precision.
  assertClose(out as Float64Array, expected, { label: 'out', rtol: 1e-7 });
});

test('of convolutions, every output has the norms of the same inputs', async () => {
  const model = randomModel(tinyNetwork, 'importance');
  const images = randomImages(tinyNetwork, 9, 'importance');
  const norms = await inputNorms(model, images);
  const importance = (await weightImportance('wanda', model, images)) as readonly Float64Array[];
  fuse(tinyNetwork).forEach(({ weightShape, weights }, layer) => {
    const fanIn = weights / weightShape[0]!;
    assert.is(norms[layer]!.length, weights);
    const expected: number[] = [];
    for (let output = 0; output < weightShape[0]!; output++) {
      for (let input = 0; input < fanIn; input++) {
        expected.push(
          Math.abs(valuesOf(model)[layer]!.weight[output * fanIn + input]!) * norms[layer]![input]!,
        );
      }
    }
    assert.equal([...importance[layer]!], expected);
  });
});

test('images that do not fit are refused, and an aborted signal ends it', async () => {
  const model = randomModel(tinyNetwork, 'importance');
  await assertBadInput(() => weightImportance('wanda', model, handImages), /the images are 1 x 1 x 2/);
  const images = randomImages(tinyNetwork, 200, 'importance');
  const signal = AbortSignal.abort();
  const code = await weightImportance('wanda', model, images, { signal }).then(
    () => 'none',
    (error: unknown) => (error as MasksearchError).code,
  );
  assert.is(code, 'aborted');
});

test.run();
