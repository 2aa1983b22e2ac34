/** What cannot be read is refused in one sentence that names it. */
import { unzipSync, zipSync } from 'fflate';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { filesBeside, modelFromFile } from '../../../../src/formats/model-file.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { h5Of, kerasOf, tfjsOf } from '../../../helpers/keras/files.ts';
import { hdf5File } from '../../../helpers/keras/hdf5-writer.ts';
import { KerasBuilder, type KerasNetwork } from '../../../helpers/keras/network.ts';

const read = (bytes: Uint8Array) => modelFromFile({ name: 'a', bytes });
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const built = (input: readonly number[], build: (k: KerasBuilder) => unknown): KerasNetwork => {
  const k = new KerasBuilder(input, 'refused');
  build(k);
  return k.network();
};

const small = built([4], (k) => {
  k.dense(5, 4, { activation: 'relu' });
  k.dense(3, 5);
});

/** Networks that are refused, with what the error says. */
const NETWORKS: Readonly<Record<string, readonly [KerasNetwork, RegExp]>> = {
  'layers that are not known, with their number': [
    built([8, 8, 1], (k) => {
      k.add('Conv2DTranspose', { filters: 1 });
      k.add('LSTM');
      k.add('Conv2DTranspose', { filters: 1 });
    }),
    /layers that are not supported: Conv2DTranspose \(2, the first is "conv2dtranspose"\), LSTM \(1, the first is "lstm"\)/,
  ],
  'a function in Python': [built([4], (k) => k.add('Lambda')), /not supported: Lambda \(1/],
  'a class of its own': [built([4], (k) => k.add('Custom>Mine')), /not supported: Custom>Mine \(1/],
  'a name of an object': [built([4], (k) => k.add('constructor')), /not supported: constructor \(1/],
  'a softmax before the end': [
    built([4], (k) => {
      k.dense(4, 4, { activation: 'softmax' });
      k.dense(3, 4);
    }),
    /Dense "dense_1" reads the output of a softmax/,
  ],
  'an activation that is not known': [
    built([4], (k) => k.dense(3, 4, { activation: 'mish' })),
    /Dense "dense" has the activation "mish"/,
  ],
  'a normalisation of rows': [
    built([4, 5, 4], (k) => {
      k.norm(4, 1);
      k.add('Flatten');
    }),
    /BatchNormalization "batchnormalization" works along axis 1 of 4 x 5 x 4/,
  ],
  'sums of different shapes': [
    built([4], (k) => {
      const [a, b] = [k.dense(3, 4), k.dense(1, 3)];
      k.add('Add', {}, {}, a, b);
    }),
    /Add "add" adds 3 and 1/,
  ],
  'weights of another shape': [
    built([4], (k) => k.add('Dense', { units: 3 }, { kernel: [5, 3], bias: [3] })),
    /Dense "dense" has "dense\/kernel:0" as 5 x 3, it needs 4 x 3/,
  ],
  'weights that are missing': [
    built([4], (k) => k.add('Dense', { units: 3 })),
    /Dense "dense" has 0 weights in the file, it needs 2/,
  ],
  'an output of pixels': [
    built([6, 6, 1], (k) => k.conv(2, 3, 1)),
    /the output of the model has its channels last/,
  ],
  'an open size': [
    built([null as unknown as number, 8, 1], (k) => k.conv(2, 3, 1)),
    /the input of the model is \? x 8 x 1/,
  ],
  'an input of many axes': [built([2, 3, 4, 5], (k) => k.add('Flatten')), /has 4 axes besides the batch/],
  'a huge input': [built([2 ** 13, 2 ** 13, 3], (k) => k.add('Flatten')), /only fixed sizes of at most/],
  'a kernel of nothing': [
    built([4, 4, 1], (k) =>
      k.add('Conv2D', { filters: 1, kernel_size: [0, 2] }, { kernel: [0, 2, 1, 1], bias: [1] }),
    ),
    /Conv2D "conv2d" has 0 as a size/,
  ],
  'text in place of a number': [
    built([4], (k) => k.add('Dense', { units: '3' }, { kernel: [4, 3], bias: [3] })),
    /has "3" as units, only a number can be read/,
  ],
  'a padding that is not known': [
    built([4, 4, 1], (k) => k.conv(1, 2, 1, { padding: 'reflect' })),
    /has the padding "reflect"/,
  ],
  'a reshape that moves pixels': [
    built([4, 4, 2], (k) => k.add('Reshape', { target_shape: [2, 8, 2] })),
    /makes 2 x 8 x 2 of 4 x 4 x 2/,
  ],
  'data formats of both kinds': [
    built([4, 4, 4], (k) => {
      k.conv(4, 1, 4, { data_format: 'channels_first' });
      k.conv(4, 1, 4, { data_format: 'channels_last' });
    }),
    /layers with channels first and with channels last/,
  ],
  'layers that do nothing': [built([4], (k) => k.add('Dropout')), /the model computes nothing/],
};

for (const [name, [network, pattern]] of Object.entries(NETWORKS)) {
  test(name, async () => {
    await assertBadInput(() => read(h5Of(network)), pattern);
  });
}

const functional = (layers: readonly unknown[], more: object = {}) => ({
  class_name: 'Functional',
  config: { layers, input_layers: [['input_1', 0, 0]], output_layers: [['dense', 0, 0]], ...more },
});
const input = {
  class_name: 'InputLayer',
  name: 'input_1',
  config: { batch_input_shape: [null, 4] },
  inbound_nodes: [],
};
const dense = (name: string, ...reads: string[]) => ({
  ...{ class_name: 'Dense', name, config: { name, units: 4 } },
  inbound_nodes: [reads.map((read) => [read, 0, 0, {}])],
});

const CONFIGS: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  'a cycle': [
    functional([input, dense('dense', 'dense_1'), dense('dense_1', 'dense')]),
    /depends on its own output/,
  ],
  'a layer that is not there': [
    functional([input, dense('dense', 'dense_9')]),
    /reads "dense_9:0", which none/,
  ],
  'two layers of one name': [
    functional([input, dense('dense', 'input_1'), dense('dense', 'input_1')]),
    /two layers of the model/,
  ],
  'two inputs': [
    functional([input, dense('dense', 'input_1')], {
      input_layers: [
        ['input_1', 0, 0],
        ['input_2', 0, 0],
      ],
    }),
    /the model has 2 inputs, only 1/,
  ],
  'no output': [functional([input], { output_layers: [] }), /the model has 0 outputs/],
  'a class of its own as a model': [
    { class_name: 'MyModel', config: {} },
    /of the class MyModel, only Sequential and Functional/,
  ],
  'a subclass without layers': [
    { class_name: 'Functional', config: { name: 'net' } },
    /Functional "net" has no list of layers/,
  ],
  'no layers': [{ class_name: 'Sequential', config: { layers: [input] } }, /the model has no layers/],
  'no shape of its input': [
    { class_name: 'Sequential', config: { layers: [dense('dense')] } },
    /does not say the shape of its input/,
  ],
  'a list': [[1, 2], /is no JSON object/],
  text: ['model', /is no JSON object/],
  'models in themselves': [nestedModels(40), /models are inside each other 8 times/],
  'models that multiply': [multiplied(), /calls more than/],
};

function nestedModels(depth: number): unknown {
  let model: unknown = { class_name: 'Sequential', config: { name: 'm', layers: [dense('dense')] } };
  for (let i = 0; i < depth; i++)
    model = { class_name: 'Sequential', config: { name: 'm', layers: [model] } };
  return model;
}

/** Each model calls the one inside 30 times. */
function multiplied(): unknown {
  let model: object = functional([input, dense('dense', 'input_1')]);
  for (let i = 0; i < 6; i++) {
    const nodes = Array.from({ length: 30 }, (_, k) => [
      [k === 0 ? 'input_1' : 'dense', Math.max(0, k - 1), 0, {}],
    ]);
    model = functional([input, { ...model, name: 'dense', inbound_nodes: nodes }]);
  }
  return model;
}

for (const [name, [config, pattern]] of Object.entries(CONFIGS)) {
  test(`configuration: ${name}`, async () => {
    const start = performance.now();
    await assertBadInput(() => read(h5Of(small, { config: config ?? null })), pattern);
    assert.ok(performance.now() - start < 2000);
  });
}

test('h5: weights without a network, filters, and no model', async () => {
  const weights = { attributes: { layer_names: ['dense'] }, children: { dense: {} } };
  await assertBadInput(() => read(hdf5File(weights)), /holds no model of Keras/);
  await assertBadInput(() => read(hdf5File({ children: { layers: {} } })), /holds no model of Keras/);
  await assertBadInput(() => read(hdf5File({ children: { images: {} } })), /holds no model of Keras/);
  await assertBadInput(
    () => read(h5Of(small, { layout: 'chunked', filters: ['lzf'] })),
    /"\/model_weights\/dense\/dense\/kernel:0" .* is compressed with the filter lzf/,
  );
  await assertBadInput(
    () => read(hdf5File({ attributes: { model_config: '{' } })),
    /holds a network, but no weights/,
  );
});

test('keras: parts that are missing or damaged', async () => {
  const good = kerasOf(small);
  const entries = unzipSync(good);
  const named = (bytes: Uint8Array) => modelFromFile({ name: 'a.keras', bytes });
  const without = (name: string) =>
    zipSync(Object.fromEntries(Object.entries(entries).filter(([one]) => one !== name)));
  await assertBadInput(() => named(without('config.json')), /has no config.json/);
  await assertBadInput(() => named(without('model.weights.h5')), /holds 0 files of weights/);
  await assertBadInput(
    () => named(zipSync({ ...entries, 'two.weights.h5': new Uint8Array(4) })),
    /holds 2 files of weights/,
  );
  await assertBadInput(() => named(good.subarray(0, good.length - 5)), /has no directory at its end/);
  const flipped = Uint8Array.from(good);
  flipped[good.length - 400]! ^= 1;
  await assertBadInput(() => named(flipped), /checksum|damaged|announces|starts? /);
});

test('tfjs: files that are missing, elsewhere, or of another length', async () => {
  const { main, beside } = tfjsOf(small, { shardBytes: 100 });
  const open = (json: Uint8Array, files: ReadonlyMap<string, Uint8Array>) =>
    modelFromFile({ name: 'model.json', bytes: json }, {}, files);
  const [first, shard] = [...beside][0]!;
  await assertBadInput(
    () => open(main, new Map()),
    /in a file of their own, "group1-shard1of2.bin", which is missing/,
  );
  const cut = new Map(beside).set(first, shard.subarray(1));
  await assertBadInput(() => open(main, cut), /ends at byte \d+ of its files/);
  const longer = new Map(beside).set(first, Uint8Array.of(...shard, 0));
  await assertBadInput(() => open(main, longer), /have \d+ bytes, its files \d+/);
  const json = JSON.parse(new TextDecoder().decode(main)) as { weightsManifest: { paths: string[] }[] };
  for (const path of ['../secret', '/etc/passwd', 'a/b', 'C:\\x', '..', '', 'a\u0000'])
    await assertBadInput(
      () =>
        filesBeside({
          name: 'model.json',
          bytes: text({ ...json, weightsManifest: [{ paths: [path], weights: [] }] }),
        }),
      /model.json keeps weights in .*, which is no file beside it/,
    );
  await assertBadInput(
    () => open(text({ ...json, format: 'graph-model' }), beside),
    /a graph model of TensorFlow/,
  );
  const other = {
    ...json,
    weightsManifest: [{ ...json.weightsManifest[0], weights: [{ name: 'x', shape: [1], dtype: 'string' }] }],
  };
  await assertBadInput(() => open(text(other), beside), /"x" of model.json is of the type "string"/);
});

test('options for a file that holds its network', async () => {
  await assertBadInput(
    () => modelFromFile({ name: 'a', bytes: h5Of(small) }, { activation: 'relu' }),
    /activation has no effect on a Keras model, which holds its network/,
  );
  await assertBadInput(
    () => modelFromFile({ name: 'a', bytes: h5Of(small) }, { architecture: '{}' }),
    /architecture has no effect on a Keras model, which holds its network/,
  );
});

test.run();
