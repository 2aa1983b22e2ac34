import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deadOutputs } from '../../../src/network/dead-outputs.ts';
import {
  add,
  concat,
  conv2d,
  dense,
  flatten,
  NetworkBuilder,
  pad,
  pool2d,
} from '../../../src/network/builder.ts';
import { lenet5 } from '../../../src/network/lenet5.ts';
import { fuse } from '../../../src/network/fuse.ts';
import { maskFromBytes, type Masks } from '../../../src/core/mask.ts';
import { fullMasks, tinyNetwork } from '../../helpers/data/models.ts';
import { conv, flat, full, stack } from '../../helpers/data/networks.ts';

/** Layers of 8, 16, 24 and 6 weights. A channel of `b` is four inputs of `fc`. */
const network = stack(
  [1, 4, 4],
  conv('a', 2, 2, { end: 'relu' }),
  conv('b', 2, 2, { end: 'relu' }),
  flat,
  full('fc', 3, 'relu'),
  full('out', 2),
);

/** Masks that keep the weights with these indices, one list per layer; undefined keeps all weights of a layer. */
function keeping(...kept: readonly (readonly number[] | undefined)[]): Masks {
  return fuse(network).map(({ weights }, s) =>
    maskFromBytes(Array.from({ length: weights }, (_, i) => ((kept[s]?.includes(i) ?? true) ? 1 : 0))),
  );
}

/** `withoutInputs` and `unused` of each layer. */
const cutOff = (masks: Masks) =>
  deadOutputs(network, masks).map(({ withoutInputs, unused }) => [withoutInputs, unused]);

const none = [[], []];

test('no output is dead if all weights are kept', () => {
  for (const whole of [network, tinyNetwork, lenet5()]) {
    const layers = fuse(whole);
    const alive = layers.map(({ name, biases }) => ({
      layer: name,
      units: biases,
      withoutInputs: [],
      unused: [],
    }));
    assert.equal(deadOutputs(whole, fullMasks(whole)), alive);
  }
});

test('without kept weights all outputs are dead, but those of the last layer are always used', () => {
  assert.equal(deadOutputs(network, keeping([], [], [], [])), [
    { layer: 'a', units: 2, withoutInputs: [0, 1], unused: [0, 1] },
    { layer: 'b', units: 2, withoutInputs: [0, 1], unused: [0, 1] },
    { layer: 'fc', units: 3, withoutInputs: [0, 1, 2], unused: [0, 1, 2] },
    { layer: 'out', units: 2, withoutInputs: [0, 1], unused: [] },
  ]);
});

test('one kept weight is an input: the first or the last of the kernel', () => {
  for (const [kept, dead] of [
    [[0], [1]],
    [[3], [1]],
    [[4], [0]],
    [[7], [0]],
  ] as const) {
    assert.equal(cutOff(keeping(kept)), [[dead, []], none, none, none]);
  }
});

test('an output before a convolution is used by any weight of the kernels over its channel', () => {
  // [output, channel, 2, 2]: the first kernel of output 0, or the last weight of the one of output 1.
  for (const kept of [[0], [3]]) assert.equal(cutOff(keeping(undefined, kept))[0], [[], [1]]);
  for (const kept of [[4], [7]]) assert.equal(cutOff(keeping(undefined, kept))[0], [[], [0]]);
  for (const kept of [[8], [11]]) assert.equal(cutOff(keeping(undefined, kept))[0], [[], [1]]);
  for (const kept of [[12], [15]]) assert.equal(cutOff(keeping(undefined, kept))[0], [[], [0]]);
  assert.equal(cutOff(keeping(undefined, [3, 12])), [none, none, none, none]);
});

test('an output before a flatten is used by a weight of any of its pixels', () => {
  // [output, 4 pixels of channel 0 and 4 of channel 1].
  for (const kept of [0, 3, 8, 11, 16, 19]) {
    assert.equal(cutOff(keeping(undefined, undefined, [kept]))[1], [[], [1]], `${kept}`);
  }
  for (const kept of [4, 7, 12, 15, 20, 23]) {
    assert.equal(cutOff(keeping(undefined, undefined, [kept]))[1], [[], [0]], `${kept}`);
  }
  assert.equal(cutOff(keeping(undefined, undefined, [18])), [none, [[], [1]], [[0, 1], []], none]);
});

test('an output of a dense layer before another is used by a weight of its own column', () => {
  assert.equal(cutOff(keeping(undefined, undefined, undefined, [1])), [none, none, [[], [0, 2]], [[1], []]]);
  assert.equal(cutOff(keeping(undefined, undefined, undefined, [3, 5])), [none, none, [[], [1]], [[0], []]]);
});

test('pooling between layers changes nothing', () => {
  // conv1 of 3 outputs is pooled before conv2; conv2 has 5, of 3 x 3 pixels each, before fc1.
  const layers = fuse(tinyNetwork);
  const masks = fullMasks(tinyNetwork).map((mask, s) => {
    const { weights, weightShape } = layers[s]!;
    if (s !== 1 && s !== 2) return mask;
    const fanIn = weights / weightShape[0]!;
    const share = fanIn / (s === 1 ? 3 : 5);
    // No weight reads channel 1 of conv1 or channel 4 of conv2.
    const channel = s === 1 ? 1 : 4;
    return maskFromBytes(
      Array.from({ length: weights }, (_, i) => (Math.floor((i % fanIn) / share) === channel ? 0 : 1)),
    );
  });
  const found = deadOutputs(tinyNetwork, masks).map(({ withoutInputs, unused }) => [withoutInputs, unused]);
  assert.equal(found, [[[], [1]], [[], [4]], none, none]);
});

test('in a graph an output is used if a weight reads it through sums, joins, pooling and zeros', () => {
  const builder = new NetworkBuilder([1, 4, 4]);
  const a = builder.add(conv2d('a', { outChannels: 2, kernel: 1 }));
  const b = builder.add(conv2d('b', { outChannels: 2, kernel: 1 }), 'input');
  const sum = builder.add(add('sum'), a, b);
  builder.add(concat('joined'), a, sum);
  builder.add(pad('wide', { channels: [1, 0] }));
  builder.add(pool2d('pool', { operation: 'max', kernel: 3, stride: 1 }));
  builder.add(conv2d('deep', { outChannels: 5, groups: 5, kernel: 1 }));
  builder.add(flatten('flat'));
  builder.add(dense('out', { outputs: 1 }));
  const graph = builder.build();
  const unusedWith = (deep: number[], out: number[]) => {
    const sizes = [2, 2, 5, 20];
    const kept = [undefined, undefined, deep, out];
    const masks = sizes.map((size, s) =>
      maskFromBytes(Array.from({ length: size }, (_, i) => ((kept[s]?.includes(i) ?? true) ? 1 : 0))),
    );
    return deadOutputs(graph, masks).map(({ layer, unused }) => [layer, unused.join()]);
  };
  // Channels of `deep`: a channel of zeros, those of a, those of the sum. `out` reads four pixels of each.
  const all = [0, 1, 2, 3, 4];
  assert.equal(unusedWith(all, [0]), [
    ['a', ''],
    ['b', ''],
    ['deep', '1,2,3,4'],
    ['out', ''],
  ]);
  assert.equal(unusedWith([1], [4]), [
    ['a', '1'],
    ['b', '0,1'],
    ['deep', '0,2,3,4'],
    ['out', ''],
  ]);
  assert.equal(unusedWith([4], [19]), [
    ['a', '0'],
    ['b', '0'],
    ['deep', '0,1,2,3'],
    ['out', ''],
  ]);
});

test.run();
