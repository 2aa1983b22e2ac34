/** `modelFromOnnx` reads what `modelToOnnx` wrote as the same function with the same parameters. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceLogits } from '../../../../../src/engine/reference/forward.ts';
import { modelToOnnx } from '../../../../../src/formats/onnx/export/export.ts';
import { modelFromOnnx } from '../../../../../src/formats/onnx/model.ts';
import { modelFromSafetensors } from '../../../../../src/formats/safetensors/model.ts';
import { ACTIVATIONS } from '../../../../../src/kernels/activation.ts';
import {
  activation,
  add,
  affine,
  batchNorm,
  concat,
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
  pool2d,
  sequential,
} from '../../../../../src/network/builder.ts';
import type { Model } from '../../../../../src/network/model.ts';
import { INPUT, type Network } from '../../../../../src/network/network.ts';
import { taskOf, TASKS } from '../../../../../src/network/task.ts';
import { assertBadInput } from '../../../../helpers/assert/bad-input.ts';
import { assertClose } from '../../../../helpers/assert/close.ts';
import { GRAPHS } from '../../../../helpers/data/graphs/index.ts';
import { fullMasks, randomModel, shadedImages } from '../../../../helpers/data/models.ts';
import { PUBLIC_NETWORKS } from '../../../../helpers/data/public-networks.ts';

const MODELS = join(import.meta.dirname, '../../../../../models');

function scoresOf(model: Model, images = 1): Float64Array {
  return referenceLogits(model, shadedImages(model.network, images, 'shades'), fullMasks(model.network));
}

/** Checks parameters, scores, normalisation and task; returns what was read. */
function assertReturns(model: Model, rtol = 1e-6): Model {
  const again = modelFromOnnx(modelToOnnx(model));
  for (const [name, values] of model.tensors) assert.equal(again.tensors.get(name), values, name);
  assert.equal(again.normalization, model.normalization);
  assert.is(again.task, taskOf(model));
  assert.equal(again.network.input, model.network.input);
  const expected = scoresOf(model);
  const largest = Math.max(...expected.map(Math.abs));
  assertClose(scoresOf(again), expected, { label: 'scores', atol: rtol * largest });
  return again;
}

for (const [name, network] of Object.entries<Network>(GRAPHS))
  test(`graph ${name}`, () => void assertReturns(randomModel(network, name)));

for (const [name, { network }] of Object.entries(PUBLIC_NETWORKS))
  test(name, () => void assertReturns(randomModel(network, name)));

for (const file of readdirSync(MODELS).filter((name) => name.endsWith('.safetensors')))
  test(file, () => void assertReturns(modelFromSafetensors(readFileSync(join(MODELS, file)))));

for (const kind of ACTIVATIONS) {
  test(`activation ${kind} comes back as one node`, () => {
    const network = sequential(
      [2, 5, 4],
      conv2d('conv', { outChannels: 3, kernel: 3 }),
      activation('act', kind),
      flatten('flat'),
      dense('out', { outputs: 3 }),
    );
    const { nodes } = assertReturns(randomModel(network, kind)).network;
    const found = nodes.flatMap((node) => (node.kind === 'activation' ? [[node.name, node.activation]] : []));
    assert.equal(found, kind === 'none' ? [] : [['act', kind]]);
  });
}

test('pools that stick out or count their padding', () => {
  for (const operation of ['max', 'average'] as const) {
    for (const [ceil, countPadding] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      for (const window of [
        { kernel: 3, stride: 2, padding: 1 },
        { kernel: 3, stride: 2, padding: [0, 1, 2, 0] },
        { kernel: [2, 3], stride: [2, 1], padding: [0, 1, 1, 2] },
        { kernel: 2, stride: 4, padding: 1 },
        { kernel: 3, stride: 1, padding: 2, dilation: 2 },
        { kernel: 1, stride: 2 },
      ] as const) {
        const pool = pool2d('pool', { ...window, operation, ceil, countPadding });
        const network = sequential([2, 10, 9], activation('elu', 'elu'), pool, flatten('flat'));
        assertReturns(randomModel(network, 'pools'));
      }
    }
  }
});

test('a sigmoid at the end stays in the network, whatever the task', () => {
  const network = sequential(
    [3, 4, 4],
    globalPool('pooled', 'average'),
    flatten('flat'),
    dense('fc', { outputs: 2 }),
    activation('end', 'sigmoid'),
  );
  for (const task of TASKS) {
    const again = assertReturns({ ...randomModel(network, task), task });
    assert.is(again.network.nodes.at(-1)?.kind, 'activation', task);
  }
});

test('logits of yes-or-no questions keep their task, and an autoencoder may be for classes', () => {
  const logits = sequential([3], dense('fc', { outputs: 2 }));
  assertReturns({ ...randomModel(logits, 'binary'), task: 'binary' });
  const square = sequential([3], dense('fc', { outputs: 3 }));
  assertReturns({ ...randomModel(square, 'classes') });
});

test('images of few columns keep their channels first', () => {
  const network = sequential([6, 5, 3], flatten('flat'), dense('out', { outputs: 3 }));
  assertReturns(randomModel(network, 'narrow'));
});

test('mean, std and scale come back, unless the caller says otherwise', () => {
  const network = sequential([2, 3, 3], flatten('flat'), dense('out', { outputs: 3 }));
  const normalization = { mean: [0.1, 1 / 3], std: [0.25, 1e-6], scale: 1 / 1023 };
  const model = { ...randomModel(network, 'normalised'), normalization };
  const file = modelToOnnx(model);
  assert.equal(modelFromOnnx(file).normalization, normalization);
  const told = modelFromOnnx(file, { std: 2, task: 'binary' });
  assert.equal(told.normalization, { ...normalization, std: 2 });
  assert.is(told.task, 'binary');
});

test('what others wrote under the same keys is checked', async () => {
  const network = sequential([3], dense('fc', { outputs: 3 }));
  const file = Buffer.from(
    modelToOnnx({ ...randomModel(network, 'task'), normalization: { mean: 0.5, std: 2 } }),
  );
  const changed = (from: string, to: string) =>
    Buffer.from(file.toString('latin1').replace(from, to), 'latin1');
  await assertBadInput(
    () => modelFromOnnx(changed('classes', 'glasses')),
    /the task is "glasses", only classes/,
  );
  await assertBadInput(
    () => modelFromOnnx(changed('std\u0012\u00012', 'std\u0012\u0001x')),
    /the std .* is "x"/,
  );
  // Another key is anybody's.
  assert.equal(modelFromOnnx(changed('masksearch.std', 'somebodies.std')).normalization, {
    mean: 0.5,
    std: 1,
  });
});

test('names that are taken, and parameters that nodes of other shapes share', () => {
  const net = new NetworkBuilder([3, 4, 4]);
  // Parameters are called as the graph's input and output, as a node, and as a constant of an activation.
  net.add({ ...conv2d('x', { outChannels: 3, kernel: 1 }), weight: 'input', bias: 'output' } as ReturnType<
    typeof conv2d
  >);
  net.add({ ...affine('scaled'), scale: 'x', shift: '6' } as ReturnType<typeof affine>);
  const image = net.add(activation('6', 'relu6'));
  net.add(globalPool('pooled', 'max'));
  const features = net.add(flatten('flat'));
  // The same numbers, for features.
  net.add({ ...affine('output'), scale: 'x', shift: '6' } as ReturnType<typeof affine>, features);
  net.add(globalPool('means', 'average'), image);
  net.add(flatten('flat 2'));
  net.add(add('sum'), 'output', 'flat 2');
  net.add(concat('end'), 'sum', 'flat 2');
  assertReturns(randomModel(net.build(), 'names'));
});

test('nodes that the output does not depend on are left out, with their parameters', () => {
  const net = new NetworkBuilder([2, 3, 3]);
  const kept = net.add(flatten('flat'));
  net.add(dense('dead', { outputs: 2 }));
  net.add(batchNorm('dead too'));
  net.add(dense('out', { outputs: 3 }), kept);
  const network = net.build();
  const alive = randomModel(network, 'dead');
  const dead = { 'dead.weight': new Float32Array(36), 'dead.bias': new Float32Array(2) };
  const model = { ...alive, tensors: new Map([...alive.tensors, ...Object.entries(dead)]) };
  const again = modelFromOnnx(modelToOnnx(model));
  assert.equal([...again.tensors.keys()].sort(), ['out.bias', 'out.weight']);
  assertClose(scoresOf(again), scoresOf(model), { label: 'scores', rtol: 1e-12 });
});

test('a normalisation without scale and shift', () => {
  const norm = { name: 'norm', mean: 'mean', variance: 'variance', epsilon: 1e-3 };
  const network: Network = {
    input: [2, 3, 3],
    nodes: [
      { ...norm, kind: 'batchNorm', inputs: [INPUT] },
      { kind: 'flatten', name: 'flat', inputs: ['norm'] },
    ],
    output: 'flat',
  };
  assertReturns(randomModel(network, 'plain'));
});

test.run();
