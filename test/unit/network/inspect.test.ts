import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fuse } from '../../../src/network/fuse.ts';
import { inspect } from '../../../src/network/inspect.ts';
import { lenet5 } from '../../../src/network/lenet5.ts';
import { GRAPHS } from '../../helpers/data/graphs/index.ts';
import { randomModel } from '../../helpers/data/models.ts';

test('LeNet-5 by hand', () => {
  const { nodes, parameters, prunable, zeros, macs } = inspect(randomModel(lenet5(), 'inspect'));
  assert.equal(
    { parameters, prunable, zeros, macs },
    { parameters: 61_706, prunable: 61_470, zeros: 0, macs: 416_520 },
  );
  const [conv1, act1, pool1] = nodes;
  assert.equal(conv1, {
    ...{ name: 'conv1', kind: 'conv2d', details: '5 x 5', output: [6, 28, 28] },
    ...{ parameters: 156, prunable: 150, zeros: 0, macs: 117_600 },
  });
  assert.is(act1!.details, 'sigmoid');
  assert.is(pool1!.details, 'average 2 x 2, stride 2');
});

for (const [name, network] of Object.entries(GRAPHS)) {
  test(`${name}: what is counted is what is computed, and shared weights are counted once`, () => {
    const model = randomModel(network, name);
    const tensors = new Map(model.tensors);
    const [weight] = fuse(network).flatMap(({ source }) => source.weight ?? []);
    tensors.set(
      weight!,
      tensors.get(weight!)!.map((value, i) => (i % 3 === 0 ? 0 : value)),
    );
    const found = inspect({ ...model, tensors });
    const layers = fuse(network);
    assert.is(
      found.macs,
      layers.reduce((sum, { macs }) => sum + macs, 0),
    );
    const once = layers.filter(
      ({ mask }, s) => mask !== undefined && layers.findIndex((other) => other.mask === mask) === s,
    );
    assert.is(
      found.prunable,
      once.reduce((sum, { weights }) => sum + weights, 0),
    );
    assert.is(
      found.parameters,
      [...tensors.values()].reduce((sum, { length }) => sum + length, 0),
    );
    assert.is(found.zeros, Math.ceil(tensors.get(weight!)!.length / 3));
  });
}

test.run();
