/** Moments that are known are not computed again, and only those. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MomentsRunner } from '../../../src/engine/backend.ts';
import { EngineCalibrator } from '../../../src/engine/calibrator.ts';
import { lenet5 } from '../../../src/network/lenet5.ts';
import { randomModel } from '../../helpers/data/models.ts';

const model = randomModel(lenet5(), 'memo');

/** Counts runs, each of which gives its number. */
function countingRunner(): MomentsRunner & { runs: number } {
  return {
    runs: 0,
    run({ groups, size }) {
      this.runs++;
      const gram = new Float64Array(groups * size * size).fill(this.runs);
      return Promise.resolve({ gram, cross: undefined });
    },
    close: () => Promise.resolve(),
  };
}

const changed = (name: string) => new Map([...model.tensors, [name, model.tensors.get(name)!.slice()]]);

test('moments of the same layer, arrays before it and images are known', async () => {
  const runner = countingRunner();
  const calibrator = new EngineCalibrator(model, 9, runner);
  const first = await calibrator.moments(2, model.tensors);
  assert.is(await calibrator.moments(2, model.tensors), first);
  // Parameters of the layer itself and behind it are none of its inputs.
  for (const name of ['fc1.weight', 'fc2.bias', 'out.weight'])
    assert.is(await calibrator.moments(2, changed(name)), first, name);
  assert.is(runner.runs, 1);
  const fewer = await calibrator.moments(2, model.tensors, { images: 8 });
  assert.is(fewer.samples, 8);
  assert.is(runner.runs, 2);
  await calibrator.moments(2, changed('conv2.bias'), { images: 8 });
  assert.is(runner.runs, 3);
  await calibrator.moments(1, model.tensors);
  assert.is(runner.runs, 4);
  // Of other networks only the last; the unpruned one stays known.
  assert.is(await calibrator.moments(2, model.tensors, { images: 8 }), fewer);
  const [one, other] = [changed('conv2.bias'), changed('conv1.bias')];
  const second = await calibrator.moments(2, one);
  assert.is(await calibrator.moments(2, one), second);
  await calibrator.moments(2, other);
  assert.is(runner.runs, 6);
  await calibrator.moments(2, one);
  assert.is(runner.runs, 7);
});

test.run();
