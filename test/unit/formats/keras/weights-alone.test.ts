/** Weights of `save_weights` with the network from elsewhere: the same numbers as in the file of the whole model. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withParameterNames } from '../../../../src/formats/checkpoint/rename.ts';
import { draftArchitecture } from '../../../../src/formats/draft-architecture.ts';
import { modelFromFile } from '../../../../src/formats/model-file.ts';
import type { Model } from '../../../../src/network/model.ts';
import { parameterShapes } from '../../../../src/network/parameter-shapes.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { h5Of, numberedH5Of, weightsH5Of } from '../../../helpers/keras/files.ts';
import { KerasBuilder } from '../../../helpers/keras/network.ts';

function convolutional(isDepthwise = true) {
  const k = new KerasBuilder([6, 5, 2], 'weights alone');
  k.conv(3, 3, 2, { activation: 'relu' });
  k.norm(3);
  if (isDepthwise)
    k.add(
      'DepthwiseConv2D',
      { kernel_size: [2, 2], strides: [1, 1], padding: 'same', depth_multiplier: 2, use_bias: true },
      { depthwise_kernel: [2, 2, 3, 2], bias: [6] },
    );
  const channels = isDepthwise ? 6 : 3;
  k.add('Flatten');
  k.norm(4 * 3 * channels);
  k.dense(4, 4 * 3 * channels, { activation: 'relu' });
  k.dense(2, 4);
  return k.network();
}

const ROLES: Readonly<Record<string, string>> = {
  ...{ kernel: 'weight', depthwise_kernel: 'weight', gamma: 'weight', beta: 'bias' },
  ...{ bias: 'bias', moving_mean: 'running_mean', moving_variance: 'running_var' },
};
/** `conv2d/kernel:0` as `conv2d.weight`. */
const renamed = (name: string) => {
  const [layer, role] = name.replace(/:0$/, '').split('/') as [string, string];
  return `${layer}.${ROLES[role]}`;
};

const keras = convolutional();
const whole = modelFromFile({ name: 'a.h5', bytes: h5Of(keras) });
const architecture = withParameterNames(whole.network, renamed);
/** In the order of the nodes, as Keras 3 names groups after classes. */
const numbered = withParameterNames(whole.network, (name) =>
  renamed(name)
    .replace('batchnormalization', 'batch_normalization')
    .replace('depthwiseconv2d', 'depthwise_conv2d'),
);

const numbersOf = ({ network, tensors }: Model) =>
  [...parameterShapes(network).keys()].map((name) => [...tensors.get(name)!]);

const CHUNKS = { layout: 'chunked', filters: ['shuffle', 'deflate'] } as const;

for (const [what, bytes, network] of [
  ['Keras 2', weightsH5Of(keras), architecture],
  ['Keras 2, libver latest', weightsH5Of(keras, { latest: true }), architecture],
  ['Keras 3', numberedH5Of(keras), numbered],
  ['Keras 2, in chunks', weightsH5Of(keras, CHUNKS), architecture],
  ['Keras 3, in chunks', numberedH5Of(keras, { ...CHUNKS, latest: true }), numbered],
] as const) {
  test(`${what}: read and written`, () => {
    const model = modelFromFile({ name: 'weights.h5', bytes }, { architecture: network });
    assert.equal(numbersOf(model), numbersOf(whole));
    const pruned = new Map([...model.tensors].map(([name, values]) => [name, values.slice()]));
    for (const values of pruned.values()) values[1] = 0;
    assert.is(model.container!.extension, what.startsWith('Keras 3') ? 'weights.h5' : 'h5');
    const { main } = model.container!.write(pruned);
    // Chunks become contiguous behind the end of the file.
    if (what.endsWith('in chunks')) assert.ok(main.length > bytes.length);
    else assert.is(main.length, bytes.length);
    const again = modelFromFile({ name: 'pruned.h5', bytes: main }, { architecture: network });
    assert.equal(numbersOf(again), numbersOf({ ...model, tensors: pruned }));
  });
}

test('their order is known, so none is asked for', () =>
  assertBadInput(
    () =>
      modelFromFile(
        { name: 'weights.h5', bytes: weightsH5Of(keras) },
        { architecture, flatten: 'rows-columns-channels' },
      ),
    /flatten has no effect on a file of Keras/,
  ));

test('numbers do not tell which weights of a normalisation are missing', () => {
  const layers = keras.layers.map((layer) =>
    layer.className === 'BatchNormalization' ? { ...layer, weights: layer.weights.slice(1) } : layer,
  );
  return assertBadInput(
    () =>
      modelFromFile(
        { name: 'weights.h5', bytes: numberedH5Of({ ...keras, layers }) },
        { architecture: numbered },
      ),
    /the normalisation "batch_normalization" has 3 arrays in place of 4, and their numbers do not tell which/,
  );
});

test('without a network they are refused, and drafted', async () => {
  const bytes = weightsH5Of(convolutional(false));
  await assertBadInput(
    () => modelFromFile({ name: 'weights.h5', bytes }),
    /holds weights and no graph, and they are not those of a LeNet-5$/,
  );
  const draft = draftArchitecture({ name: 'weights.h5', bytes })!;
  assert.equal(
    draft.network.nodes.filter(({ kind }) => kind === 'conv2d' || kind === 'dense').map(({ name }) => name),
    ['conv2d', 'dense', 'dense_1'],
  );
  assert.ok(draft.network.nodes.every((node) => node.kind !== 'batchNorm' || node.epsilon === 1e-3));
  assert.match(draft.open.join('\n'), /is 1e-3, the default of Keras/);
  assert.is(draftArchitecture({ name: 'a.h5', bytes: h5Of(keras) }), undefined);
});

test.run();
