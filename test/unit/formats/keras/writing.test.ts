/** Files of Keras with pruned weights: only bytes of weights change, and they are read again as the masked network. */
import { unzipSync } from 'fflate';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskFromBytes } from '../../../../src/core/mask.ts';
import { openHdf5 } from '../../../../src/formats/hdf5/file.ts';
import { modelFromFile } from '../../../../src/formats/model-file.ts';
import type { FilesBeside } from '../../../../src/formats/model-format.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import type { Model } from '../../../../src/network/model.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { masksFromSafetensors } from '../../../../src/formats/safetensors/masks.ts';
import { layersInFile } from '../../../../src/network/problem.ts';
import { checkPrunable, prunedFiles } from '../../../../src/pruning/files/pruned-files.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { randomMasks } from '../../../helpers/data/models.ts';
import { h5Of, kerasOf, tfjsOf, type H5Settings, type TfjsFiles } from '../../../helpers/keras/files.ts';
import { KerasBuilder, type KerasNetwork } from '../../../helpers/keras/network.ts';
import { KERAS_NETWORKS } from '../../../helpers/keras/networks.ts';

const EMPTY: FilesBeside = new Map();

function read(bytes: Uint8Array, beside: FilesBeside = EMPTY): Model {
  return modelFromFile({ name: 'a', bytes }, {}, beside);
}

interface Written extends TfjsFiles {
  readonly model: Model;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** Prunes a model at random; checks that the files hold the masked numbers, and those that nothing was pruned in the bytes that came. */
function written(bytes: Uint8Array, beside: FilesBeside = EMPTY): Written {
  const model = read(bytes, beside);
  const container = model.container!;
  checkPrunable(model);
  const masks = randomMasks(model.network, 0.6, 'keras');
  const pruned = applyMasks(model, masks);
  const made = container.write(pruned.tensors);
  const again = read(made.main, made.beside);
  assert.equal(again.network, model.network);
  let zeros = 0;
  for (const [name, values] of pruned.tensors) {
    const found = again.tensors.get(name)!;
    assert.ok(
      values.every((value, i) => Object.is(value, found[i])),
      name,
    );
    zeros += values.filter((value, i) => value === 0 && model.tensors.get(name)![i] !== 0).length;
  }
  assert.ok(zeros > 0);
  const unchanged = container.write(model.tensors);
  assert.equal(unchanged.main, bytes);
  assert.equal(unchanged.beside, beside);
  assert.equal(container.beside, [...beside.keys()]);
  // The final check of what is written, and masks in the shapes of the file.
  const files = prunedFiles(model, masks) as Record<string, Uint8Array>;
  const ofFile = masksFromSafetensors(files['masks.safetensors']!, layersInFile(model));
  assert.equal(ofFile, masks);
  return { ...made, model, files };
}

/** Bytes that differ, outside the weights of the layers that are pruned. */
function changesOutside(
  before: Uint8Array,
  after: Uint8Array,
  ranges: readonly (readonly [number, number])[],
) {
  assert.is(after.length, before.length);
  const isIn = new Uint8Array(before.length);
  for (const [begin, end] of ranges) isIn.fill(1, begin, end);
  let [inside, outside] = [0, 0];
  for (let i = 0; i < before.length; i++) {
    if (before[i] === after[i]) continue;
    if (isIn[i]) inside++;
    else outside++;
  }
  assert.ok(inside > 0);
  return outside;
}

/** Where an h5 file has the weights that can be pruned. */
function rangesIn(h5: Uint8Array, group: string, model: Model, bytesPerNumber = 4) {
  const root = openHdf5(h5);
  return problemOf(model.network).layers.map(({ weight }) => {
    const inFile = weight!.split('/')[0];
    const found = root.get(group === '' ? weight! : `${group}/${inFile}/${weight}`)!;
    const { begin, shape } = found.dataset();
    return [begin, begin + shape.reduce((product, size) => product * size, bytesPerNumber)] as const;
  });
}

for (const { name, network } of KERAS_NETWORKS) {
  test(`h5: ${name}`, () => {
    const bytes = h5Of(network);
    const { main, model, files } = written(bytes);
    assert.equal(files['pruned.h5'], main);
    assert.is(changesOutside(bytes, main, rangesIn(bytes, 'model_weights', model)), 0);
  });

  test(`keras: ${name}`, () => {
    for (const level of [0, 6] as const) {
      const bytes = kerasOf(network, level);
      const { main, model, files } = written(bytes);
      assert.equal(files['pruned.keras'], main);
      // Another library checks the sizes, and that the other entries are the same.
      const [before, after] = [unzipSync(bytes), unzipSync(main)];
      assert.equal(Object.keys(after), Object.keys(before));
      for (const one of ['config.json', 'metadata.json']) assert.equal(after[one], before[one]);
      const [h5, changed] = [before['model.weights.h5']!, after['model.weights.h5']!];
      assert.is(changesOutside(h5, changed, rangesIn(h5, '', model)), 0);
      if (level === 0) assert.is(main.length, bytes.length);
    }
  });

  test(`tfjs: ${name}`, () => {
    // Weights lie across the borders of files.
    const { main, beside } = tfjsOf(network, { shardBytes: 101 });
    const made = written(main, beside);
    assert.equal(made.main, main);
    assert.equal(made.files['pruned.json'], main);
    assert.equal([...made.beside.keys()], [...beside.keys()]);
    for (const [path, shard] of beside) {
      assert.is(made.beside.get(path)!.length, shard.length);
      assert.equal(made.files[path], made.beside.get(path));
    }
  });
}

const small = KERAS_NETWORKS.find(({ name }) => name.startsWith('a small convolutional'))!.network;

const SETTINGS: readonly H5Settings[] = [
  { type: 'float16' },
  { type: 'bfloat16' },
  { type: 'float64' },
  { bigEndian: true },
  { type: 'float64', bigEndian: true },
  { layout: 'compact' },
  { latest: true, version: 3 },
  { layout: 'chunked', filters: ['shuffle', 'deflate', 'fletcher32'] },
  { layout: 'chunked', filters: ['deflate'], latest: true, version: 3, type: 'float16' },
];
for (const settings of SETTINGS) {
  test(`h5 with ${JSON.stringify(settings)}`, () => {
    const bytes = h5Of(small, settings);
    const { main, model } = written(bytes);
    // Chunks become contiguous behind the end of the file.
    if (settings.layout === 'chunked') assert.ok(main.length > bytes.length);
    else if (settings.version !== 3) {
      const size = settings.type === 'float64' ? 8 : settings.type?.endsWith('16') ? 2 : 4;
      assert.is(changesOutside(bytes, main, rangesIn(bytes, 'model_weights', model, size)), 0);
    }
    // What a repair changes is rounded to the type of the file.
    const [first] = model.tensors.keys();
    const tensors = new Map(model.tensors).set(
      first!,
      model.tensors.get(first!)!.map((value) => value * 1.01),
    );
    const again = read(model.container!.write(tensors).main).tensors.get(first!)!;
    const off = Math.max(...again.map((value, i) => Math.abs(value - tensors.get(first!)![i]!)));
    assert.ok(off <= (settings.type?.endsWith('16') ? 2 ** -8 : 0), `${off}`);
  });
}

test('keras in chunks: the zip file is written anew', () => {
  const settings: H5Settings = { layout: 'chunked', filters: ['shuffle', 'deflate'] };
  for (const level of [0, 6] as const) {
    const bytes = kerasOf(small, level, settings);
    assert.equal(read(bytes).tensors, read(kerasOf(small)).tensors);
    const { main } = written(bytes);
    const [before, after] = [unzipSync(bytes), unzipSync(main)];
    assert.equal(Object.keys(after), Object.keys(before));
    for (const one of ['config.json', 'metadata.json']) assert.equal(after[one], before[one]);
  }
});

for (const quantized of ['float16', 'uint8', 'uint16'] as const) {
  test(`tfjs of ${quantized}`, () => {
    const { main, beside } = tfjsOf(small, { quantized, shardBytes: 64 });
    const { model } = written(main, beside);
    for (const { name, weights } of small.layers)
      for (const { role, values } of weights) {
        // Order aside: the same numbers, off by half a step.
        const found = [...model.tensors.get(`${name}/${role}`)!].sort((a, b) => a - b);
        const expected = [...values].sort((a, b) => a - b);
        const step = { float16: 2 ** -10, uint8: 2 / 255, uint16: 2 / 65_535 }[quantized];
        found.forEach((value, i) =>
          assert.ok(Math.abs(value - expected[i]!) <= step, `${value} ${expected[i]}`),
        );
      }
  });
}

/** The file's numbers of a dataset. */
const numbersAt = (file: Uint8Array, path: string) => {
  const { begin, shape } = openHdf5(file).get(path)!.dataset();
  const count = shape.reduce((product, size) => product * size, 1);
  return new Float32Array(new Uint8Array(file.subarray(begin, begin + 4 * count)).buffer);
};

test('a weight has the index in the file that Keras gives it', () => {
  const k = new KerasBuilder([3, 4, 2], 'order');
  k.conv(5, [2, 3], 2);
  k.add('Flatten');
  k.dense(3, 2 * 2 * 5);
  const network: KerasNetwork = k.network();
  const file = h5Of(network);
  const model = read(file);
  const cases = [
    // Output 4, input 1, row 1, column 2 of the kernel.
    {
      layer: 0,
      index: ((4 * 2 + 1) * 2 + 1) * 3 + 2,
      path: 'conv2d/conv2d/kernel:0',
      at: ((1 * 3 + 2) * 2 + 1) * 5 + 4,
    },
    // Output 2 of channel 3, row 1, column 0.
    {
      layer: 1,
      index: 2 * 20 + (3 * 2 + 1) * 2,
      path: 'dense/dense/kernel:0',
      at: ((1 * 2 + 0) * 5 + 3) * 3 + 2,
    },
  ];
  for (const { layer, index, path, at } of cases) {
    const masks = problemOf(model.network).layers.map(({ shape }, i) => {
      const bytes = new Uint8Array(shape.reduce((product, size) => product * size, 1)).fill(1);
      if (i === layer) bytes[index] = 0;
      return maskFromBytes(bytes);
    });
    const { main } = model.container!.write(applyMasks(model, masks).tensors);
    const [before, after] = [file, main].map((one) => numbersAt(one, `model_weights/${path}`));
    assert.equal(
      [...before!.keys()].filter((i) => before![i] !== after![i]),
      [at],
      path,
    );
  }
  assert.equal(model.container!.layouts.get('conv2d/kernel:0')!.shape, [2, 3, 2, 5]);
  assert.equal(model.container!.layouts.get('dense/kernel:0')!.shape, [20, 3]);
});

test('numbers without a place in the file may not change', async () => {
  const { network } = KERAS_NETWORKS.find(({ name }) => name.startsWith('a rescaling'))!;
  const model = read(h5Of(network));
  assert.not(model.container!.layouts.has('rescaling.scale'));
  const tensors = new Map(model.tensors).set('rescaling.scale', Float32Array.of(1, 2, 3));
  await assertBadInput(
    () => model.container!.write(tensors),
    /"rescaling.scale" has changed, and the file has no place/,
  );
});

test.run();
