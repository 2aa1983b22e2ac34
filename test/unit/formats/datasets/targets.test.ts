import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDataset } from '../../../../src/formats/datasets/read.ts';
import { modelFromSafetensors, modelToSafetensors } from '../../../../src/formats/safetensors/model.ts';
import type { Network } from '../../../../src/network/network.ts';
import type { Task } from '../../../../src/network/task.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { randomModel } from '../../../helpers/data/models.ts';
import { conv, flat, full, stack } from '../../../helpers/data/networks.ts';
import { npyFloats, npyTexts, npyWhole, npz } from '../../../helpers/data/npy.ts';

const COUNT = 10;
const each = <T>(make: (i: number) => T) => Array.from({ length: COUNT }, (_, i) => make(i));
const withOutputs = (outputs: number) => stack([1, 1, 2], flat, full('out', outputs));
const x = npyFloats([COUNT, 2], each((i) => [i, -i]).flat());

const read = (task: Task, network: Network, arrays: Readonly<Record<string, Uint8Array>>) =>
  readDataset([{ name: 'data.npz', bytes: npz(arrays) }], { network, task });

test('answers to one question may be numbers or text, and divide the images', async () => {
  for (const y of [
    npyWhole(
      [COUNT],
      each((i) => i % 2),
    ),
    npyFloats(
      [COUNT, 1],
      each((i) => i % 2),
    ),
    npyTexts(each((i) => (i % 2 ? 'yes' : 'no'))),
  ]) {
    const { search, test: held } = await read('binary', withOutputs(1), { x, y });
    for (const { pixels, targets, labels } of [search, held]) {
      assert.equal([...targets!], [...labels!]);
      targets!.forEach((target, i) => assert.is(target, pixels[2 * i]! % 2));
      assert.ok([2, 3].includes(targets!.reduce((sum, target) => sum + target)), 'stratified');
    }
  }
});

test('answers to several questions are one column of 0 and 1 each', async () => {
  const columns = each((i) => [i % 2, Number(i > 4), 1]).flat();
  const { search } = await read('binary', withOutputs(3), { x, y: npyWhole([COUNT, 3], columns) });
  search.targets!.forEach((target, i) => {
    const image = search.pixels[2 * Math.floor(i / 3)]!;
    assert.is(target, columns[image * 3 + (i % 3)]);
  });
  assert.is(search.labels, undefined);
  const wrong = columns.with(7, 2);
  await assertBadInput(
    () => read('binary', withOutputs(3), { x, y: npyWhole([COUNT, 3], wrong) }),
    /it holds 2 at index 7, only 0 and 1 are allowed/,
  );
  await assertBadInput(
    () => read('binary', withOutputs(2), { x, y: npyWhole([COUNT, 3], columns) }),
    /the targets are 3, the network gives 2/,
  );
});

test('a regression reads numbers, with a training and a test set or alone, and refuses others', async () => {
  const y = npyFloats([COUNT, 3], each((i) => [i / 2, -i, i * i]).flat());
  const {
    train,
    search,
    test: held,
  } = await read('regression', withOutputs(3), {
    ...{ x_train: x, y_train: y, x_test: x, y_test: y },
  });
  assert.equal([train.count, search.count, held.count], [8, 2, 10]);
  assert.equal([...search.targets!], [4, -8, 64, 4.5, -9, 81]);
  await assertBadInput(
    () => read('regression', withOutputs(1), { x, y }),
    /the targets are 3, the network gives 1/,
  );
  await assertBadInput(() => read('regression', withOutputs(1), { x }), /no images with labels/);
});

test('an autoencoder takes images alone; labels only divide them, and targets of its shape are targets', async () => {
  const alone = await read('regression', withOutputs(2), { x });
  assert.equal([alone.search.targets, alone.search.labels], [undefined, undefined]);
  const labelled = await read('regression', withOutputs(2), {
    x,
    y: npyWhole(
      [COUNT],
      each((i) => i % 2),
    ),
  });
  assert.ok(labelled.search.labels!.length === 5 && !labelled.search.targets);
  assert.match(labelled.notes[0]!, 'its targets are its inputs');
  const own = await read('regression', withOutputs(2), { x, y: x });
  assert.equal([...own.search.targets!], [...own.search.pixels]);
  const image = stack([1, 1, 2], conv('out', 1, 1));
  assert.is((await read('regression', image, { x })).search.count, 5);
});

test('the task is kept in the file of a model; without one it is classes', async () => {
  const model = randomModel(withOutputs(2), 'task');
  for (const task of ['binary', 'regression'] as const) {
    assert.is(modelFromSafetensors(modelToSafetensors({ ...model, task })).task, task);
  }
  const plain = modelToSafetensors(model);
  assert.equal(modelToSafetensors({ ...model, task: 'classes' }), plain);
  assert.is(modelFromSafetensors(plain).task, undefined);
  const text = Buffer.from(modelToSafetensors({ ...model, task: 'binary' })).toString('latin1');
  const other = Buffer.from(text.replace('"task":"binary"', '"task":"binari"'), 'latin1');
  await assertBadInput(
    () => modelFromSafetensors(other),
    /the task is "binari", only classes, binary, regression/,
  );
});

test.run();
