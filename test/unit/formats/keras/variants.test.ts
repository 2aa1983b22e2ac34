/** Ways in which versions of Keras write the same: old names, models in models, layers that are used twice, operations. */
import { zipSync } from 'fflate';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { kindOfFile } from '../../../../src/formats/kind-of-file.ts';
import { modelFormatOf, modelFromFile } from '../../../../src/formats/model-file.ts';
import type { ModelOptions } from '../../../../src/formats/model-options.ts';
import { modelToSafetensors } from '../../../../src/formats/safetensors/model.ts';
import { h5Of, kerasOf, tfjsOf } from '../../../helpers/keras/files.ts';
import { hdf5File, type H5Node } from '../../../helpers/keras/hdf5-writer.ts';
import { configOf, KerasBuilder, type KerasNetwork } from '../../../helpers/keras/network.ts';
import { assertScores } from '../../../helpers/keras/scores.ts';

type Config = Record<string, unknown>;
const read = (bytes: Uint8Array, options?: ModelOptions) => modelFromFile({ name: 'a', bytes }, options);
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function small(): KerasNetwork {
  const k = new KerasBuilder([7, 6, 2], 'variants');
  k.conv(3, 3, 2, { activation: 'relu', padding: 'same', strides: [2, 2] });
  k.norm(3);
  k.add('MaxPooling2D', { pool_size: [2, 2], strides: [1, 1], padding: 'valid' });
  k.add('Flatten');
  k.dense(4, 3 * 2 * 3, { activation: 'relu' });
  k.dense(3, 4, { activation: 'softmax' });
  return k.network();
}

test('Keras 1', () => {
  const network = small();
  const layer = (class_name: string, config: Config) => ({ class_name, config });
  const config = {
    class_name: 'Sequential',
    config: [
      layer('Convolution2D', {
        ...{ name: 'conv2d', nb_filter: 3, nb_row: 3, nb_col: 3, subsample: [2, 2], border_mode: 'same' },
        ...{ bias: true, activation: 'relu', dim_ordering: 'tf', batch_input_shape: [null, 7, 6, 2] },
      }),
      layer('BatchNormalization', { name: 'batchnormalization', axis: 3, mode: 0, epsilon: 1e-3 }),
      layer('MaxPooling2D', {
        ...{
          name: 'maxpooling2d',
          pool_size: [2, 2],
          strides: [1, 1],
          border_mode: 'valid',
          dim_ordering: 'tf',
        },
      }),
      layer('Flatten', { name: 'flatten' }),
      layer('Dense', { name: 'dense', output_dim: 4, bias: true, activation: 'relu' }),
      layer('Dense', { name: 'dense_1', output_dim: 3, bias: true, activation: 'softmax' }),
    ],
  };
  assertScores(read(h5Of(network, { config })), network);
});

/** The network inside of a functional model. */
function nested(network: KerasNetwork, version: 2 | 3): Config {
  const inner = configOf(network, version) as { config: Config };
  const batch = [null, ...network.input];
  const tensor = { class_name: '__keras_tensor__', config: { keras_history: ['input_0', 0, 0] } };
  const node = version === 2 ? [['input_0', 0, 0, {}]] : { args: [tensor], kwargs: { training: false } };
  const shape = version === 2 ? { batch_input_shape: batch } : { batch_shape: batch };
  return {
    class_name: 'Functional',
    config: {
      layers: [
        {
          class_name: 'InputLayer',
          name: 'input_0',
          config: { name: 'input_0', ...shape },
          inbound_nodes: [],
        },
        { ...inner, name: 'inner', config: { ...inner.config, name: 'inner' }, inbound_nodes: [node] },
      ],
      input_layers: [['input_0', 0, 0]],
      output_layers: [['inner', 0, 0]],
    },
  };
}

test('a model in a model, as .h5', () => {
  const network = small();
  const groups = network.layers.filter(({ weights }) => weights.length > 0);
  const children = Object.fromEntries(
    groups.map(({ name, weights }): [string, H5Node] => [
      name,
      {
        children: Object.fromEntries(
          weights.map(({ role, shape, values }) => [`${role}:0`, { dataset: { shape, values } }]),
        ),
      },
    ]),
  );
  const weight_names = groups.flatMap(({ name, weights }) => weights.map(({ role }) => `${name}/${role}:0`));
  const file = hdf5File({
    attributes: { model_config: JSON.stringify(nested(network, 2)) },
    children: {
      // Names of layers where they are too many for one attribute.
      model_weights: {
        attributes: { layer_names0: ['input_0'], layer_names1: ['inner'] },
        children: { inner: { attributes: { weight_names }, children } },
      },
    },
  });
  const model = read(file);
  assertScores(model, network);
  assert.equal([...model.tensors.keys()], weight_names);
  assert.is(model.network.nodes[0]!.name, 'inner/conv2d');
});

test('a model in a model, as .keras', () => {
  const network = small();
  const layers = layersOf(network, 'layers');
  const root = { children: { layers: { children: { sequential: { children: layers } } } } };
  const bytes = zipSync({
    'config.json': text(nested(network, 3)),
    'model.weights.h5': hdf5File(root),
  });
  const model = read(bytes);
  assertScores(model, network);
  assert.ok(model.tensors.has('layers/sequential/layers/dense_1/vars/1'));
});

/** Groups of the layers of a network; before Keras 2.14 those with weights are counted twice. */
function layersOf(network: KerasNetwork, container: string): Record<string, H5Node> {
  const taken = new Map<string, number>();
  const groups = network.layers.flatMap(({ className, weights }): [string, H5Node][] => {
    if (weights.length === 0) return [];
    const base = { Conv2D: 'conv2d', BatchNormalization: 'batch_normalization', Dense: 'dense' }[className]!;
    const count = taken.get(base) ?? 0;
    taken.set(base, count + (container === 'layers' ? 1 : 2));
    const vars = weights.map(({ shape, values }, i): [string, H5Node] => [
      `${i}`,
      { dataset: { shape, values } },
    ]);
    return [
      [
        count === 0 ? base : `${base}_${count}`,
        { children: { vars: { children: Object.fromEntries(vars) } } },
      ],
    ];
  });
  return { [container]: { children: Object.fromEntries(groups) } };
}

test('groups of layers as before Keras 2.14', () => {
  const network = small();
  const model = read(
    zipSync({
      'config.json': text(configOf(network, 2)),
      'metadata.json': text({ keras_version: '2.12.0' }),
      'model.weights.h5': hdf5File({ children: layersOf(network, '_layer_checkpoint_dependencies') }),
    }),
  );
  assertScores(model, network);
  assert.ok(model.tensors.has('_layer_checkpoint_dependencies/dense_2/vars/0'));
});

test('channels first', () => {
  const k = new KerasBuilder([7, 6, 2], 'channels first');
  const first = { data_format: 'channels_first' };
  k.conv(3, 3, 2, { activation: 'relu', padding: 'same', strides: [2, 2] });
  k.norm(3);
  k.add('Flatten');
  k.dense(3, 4 * 3 * 3);
  const network = k.network();
  const config = configOf({ ...network, input: [2, 7, 6] }, 2) as {
    config: { layers: { config: Config }[] };
  };
  const [conv, norm, flatten] = config.config.layers;
  Object.assign(conv!.config, first);
  Object.assign(norm!.config, { axis: [1] });
  // Keras turns them to be last before it flattens.
  Object.assign(flatten!.config, first);
  const model = read(h5Of(network, { config }));
  assert.equal(model.network.input, [2, 7, 6]);
  assertScores(model, network);
  // Otherwise they are flattened as they are.
  Object.assign(flatten!.config, { data_format: 'channels_last' });
  const plain = read(h5Of(network, { config }));
  const at = (index: number) => plain.container!.layouts.get('dense/kernel:0')!.order![index];
  assert.equal([at(0), at(1), at(35), at(36)], [0, 3, 105, 1]);
});

test('a layer that is called twice, and an operation', () => {
  const k = new KerasBuilder([5], 'twice');
  const first = k.dense(5, 5, { activation: 'tanh' });
  k.dense(5, 5);
  const network = k.network();
  const config = {
    class_name: 'Functional',
    config: {
      layers: [
        {
          class_name: 'InputLayer',
          name: 'input_1',
          config: { batch_input_shape: [null, 5] },
          inbound_nodes: [],
        },
        {
          ...{ class_name: 'Dense', name: first, config: { name: first, units: 5, activation: 'tanh' } },
          inbound_nodes: [[['input_1', 0, 0, {}]], [[first, 0, 0, {}]]],
        },
        {
          ...{ class_name: 'TFOpLambda', name: 'tf.math.add', config: { function: 'math.add' } },
          inbound_nodes: [[first, 0, 0, { y: [first, 1, 0] }]],
        },
        {
          ...{ class_name: 'Dense', name: 'dense_1', config: { name: 'dense_1', units: 5 } },
          inbound_nodes: [[['tf.math.add', 0, 0, {}]]],
        },
      ],
      input_layers: [['input_1', 0, 0]],
      output_layers: [['dense_1', 0, 0]],
    },
  };
  const model = read(h5Of(network, { config }));
  // The twin of it: once more the same layer, and their sum.
  const [input, dense, last] = network.layers;
  const again = { ...dense!, name: 'again', inputs: [dense!.name] };
  const sum = {
    ...dense!,
    className: 'Add',
    name: 'sum',
    config: {},
    weights: [],
    inputs: [dense!.name, 'again'],
  };
  assertScores(model, { ...network, layers: [input!, dense!, again, sum, { ...last!, inputs: ['sum'] }] });
  assert.equal([...model.tensors.keys()].sort(), [
    'dense/bias:0',
    'dense/kernel:0',
    'dense_1/bias:0',
    'dense_1/kernel:0',
  ]);
});

test('functions that are objects', () => {
  const relu = { class_name: 'ReLU', config: { max_value: 6, negative_slope: 0, threshold: 0 } };
  const leaky = { class_name: 'LeakyReLU', config: { alpha: 0.25 } };
  const named = { class_name: 'function', config: 'tanh', registered_name: 'tanh' };
  const functions = [relu, leaky, named, 'hard_sigmoid', 'leaky_relu', 'gelu'];
  const k = new KerasBuilder([4], 'functions');
  for (const activation of functions) k.dense(4, 4, { activation });
  const found = (version: 2 | 3) =>
    read(h5Of(k.network(), { version })).network.nodes.flatMap((node) =>
      node.kind === 'activation' ? [[node.activation, node.alpha]] : [],
    );
  const expected = (slope: number) => [
    ['relu6', 0],
    ['leaky-relu', 0.25],
    ['tanh', 0],
    ['hard-sigmoid', slope],
    ['leaky-relu', 0.2],
    ['gelu', 0],
  ];
  assert.equal(found(2), expected(0.2));
  assert.equal(found(3), expected(1 / 6));
});

test('the task, and how pixels enter', () => {
  const dense = (units: number, activation: string, scale?: number) => {
    const k = new KerasBuilder([4], 'task');
    if (scale !== undefined) k.add('Rescaling', { scale });
    k.dense(units, 4, { activation });
    return h5Of(k.network());
  };
  assert.is(read(dense(3, 'softmax')).task, 'classes');
  assert.is(read(dense(3, 'linear')).task, 'classes');
  assert.is(read(dense(1, 'sigmoid')).task, 'binary');
  assert.is(read(dense(4, 'sigmoid')).task, 'regression');
  assert.is(read(dense(1, 'sigmoid'), { task: 'regression' }).task, 'regression');
  assert.is(read(dense(1, 'sigmoid'), { task: 'regression' }).network.nodes.length, 2);
  assert.is(read(dense(1, 'sigmoid')).network.nodes.length, 1);
  assert.is(read(dense(3, 'softmax')).normalization.scale, undefined);
  assert.is(read(dense(3, 'softmax', 1 / 255)).normalization.scale, 1);
  assert.is(read(dense(3, 'softmax', 2)).normalization.scale, undefined);
  assert.is(read(dense(3, 'softmax', 1 / 255), { scale: 3 }).normalization.scale, 3);
});

test('formats are told apart by content', () => {
  const network = small();
  const { main, beside } = tfjsOf(network);
  const files = { h5: h5Of(network), keras: kerasOf(network), json: main };
  for (const bytes of Object.values(files)) {
    const model = modelFromFile({ name: 'model.bin', bytes }, {}, beside);
    assertScores(model, network);
  }
  assert.equal(
    Object.values(files).map((bytes) => modelFromFile({ name: 'x', bytes }, {}, beside).container!.extension),
    Object.keys(files),
  );
  // Files in other formats than their names say, and damaged ones.
  const nameOf = (name: string, bytes: Uint8Array) => modelFormatOf({ name, bytes })?.name;
  assert.is(nameOf('a.keras', files.h5), 'Keras .h5');
  assert.is(nameOf('a.h5', files.keras), 'Keras .keras');
  const safetensors = modelToSafetensors(read(files.h5));
  for (const name of ['a.h5', 'a.keras', 'model.json']) assert.is(nameOf(name, safetensors), 'safetensors');
  assert.is(nameOf('a.h5', text('damaged')), 'Keras .h5');
  assert.is(nameOf('a.keras', text('damaged')), 'Keras .keras');
  for (const [extension, bytes] of Object.entries(files))
    assert.is(kindOfFile({ name: `a.${extension}`, bytes }), 'model');
});

test.run();
