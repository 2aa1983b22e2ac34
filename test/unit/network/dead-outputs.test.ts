import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deadOutputs } from '../../../src/network/dead-outputs.ts';
import { lenet5, type Network } from '../../../src/network/network.ts';
import { fuse } from '../../../src/network/fuse.ts';
import { maskFromBytes, type Masks } from '../../../src/core/mask.ts';
import { fullMasks, tinyNetwork } from '../../helpers/data/models.ts';

/** Layers of 8, 16, 24 and 6 weights. A channel of `b` is four inputs of `fc`. */
const network: Network = {
  input: { channels: 1, height: 4, width: 4 },
  layers: [
    { kind: 'conv2d', name: 'a', outChannels: 2, kernel: 2, padding: 0, activation: 'relu' },
    { kind: 'conv2d', name: 'b', outChannels: 2, kernel: 2, padding: 0, activation: 'relu' },
    { kind: 'flatten' },
    { kind: 'dense', name: 'fc', outputs: 3, activation: 'relu' },
    { kind: 'dense', name: 'out', outputs: 2, activation: 'none' },
  ],
};

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

test.run();
