/** Masks repaired on images that may be few. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { takeImages } from '../../../src/data/dataset.ts';
import type { Engine } from '../../../src/engine/backend.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { recordOf, repairMasks } from '../../../src/pruning/repair-masks.ts';
import { repaired } from '../../../src/repair/repair.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { fullMasks, randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';

const model = randomModel(tinyNetwork, 'repair');
const masks = randomMasks(tinyNetwork, 0.5, 'repair');
const images = randomImages(tinyNetwork, 12, 'images');

/** Tells how many images each calibrator gets, and that all are closed. */
async function withEngine(action: (engine: Engine, calibrators: number[]) => Promise<void>): Promise<void> {
  const engine = referenceEngine();
  const counts: number[] = [];
  let open = 0;
  const watched: Engine = {
    device: engine.device,
    evaluator: (...args) => engine.evaluator(...args),
    async calibrator(of, set) {
      counts.push(set.count);
      open++;
      const calibrator = await engine.calibrator(of, set);
      return {
        images: calibrator.images,
        moments: (...args) => calibrator.moments(...args),
        close: () => (open--, calibrator.close()),
      };
    },
    close: () => engine.close(),
  };
  await action(watched, counts);
  assert.is(open, 0);
  await engine.close();
}

test('a ridge that is a number: as repaired', () =>
  withEngine(async (engine, counts) => {
    const found = await repairMasks(engine, model, masks, images, { ridge: 0.01 });
    assert.equal(counts, [12]);
    assert.equal(found.ridges, [0.01, 0.01, 0.01, 0.01]);
    const calibrator = await engine.calibrator(model, images);
    assert.equal(found.model, await repaired(calibrator, model, masks, { ridge: 0.01 }));
    await calibrator.close();
  }));

test('auto holds out a fifth of the images, and one of few', () =>
  withEngine(async (engine, counts) => {
    for (const count of [12, 5, 4, 2]) {
      const { ridges, model: found } = await repairMasks(engine, model, masks, takeImages(images, count), {
        ridge: 'auto',
      });
      assert.ok(ridges.every((ridge) => ridge !== undefined && ridge > 0));
      for (const values of found.tensors.values()) assert.ok(values.every(Number.isFinite));
    }
    assert.equal(counts, [10, 2, 4, 1, 3, 1, 1, 1]);
    const one = takeImages(images, 1);
    await assertBadInput(
      () => repairMasks(engine, model, masks, one, { ridge: 'auto' }),
      /holds out some of the calibration images, and there is one/,
    );
    for (const repair of ['bias', 'affine', 'least-squares'] as const) {
      const { model: found } = await repairMasks(engine, model, masks, one, { repair });
      for (const values of found.tensors.values()) assert.ok(values.every(Number.isFinite));
    }
    const { ridges } = await repairMasks(engine, model, masks, one, { repair: 'bias', ridge: 'auto' });
    assert.equal(ridges, [undefined, undefined, undefined, undefined]);
  }));

test('masks that prune nothing are refused, and what was opened is closed after an error', () =>
  withEngine(async (engine) => {
    await assertBadInput(
      () => repairMasks(engine, model, fullMasks(tinyNetwork), images),
      /nothing is pruned, so there is nothing to repair/,
    );
    await assertBadInput(
      () => repairMasks(engine, model, masks.slice(1), images),
      /masks for 4 prunable layers/,
    );
  }));

test('a record has the ridge only where there is one', () => {
  assert.equal(recordOf({}, images), { repair: 'least-squares', ridge: 0.001, calibration: 12 });
  assert.equal(recordOf({ repair: 'affine', ridge: 1 }, images), {
    ...{ repair: 'affine', ridge: undefined, calibration: 12 },
  });
});

test.run();
