/** `--flatten`: files of weights whose first dense layer reads rows, columns, channels. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isKept, maskFromBytes } from '../../../../src/core/mask.ts';
import { encodeFloats } from '../../../../src/formats/arrays/encode-floats.ts';
import { masksFromSafetensors } from '../../../../src/formats/safetensors/masks.ts';
import { modelFromSafetensors } from '../../../../src/formats/safetensors/model.ts';
import { decodeSafetensors } from '../../../../src/formats/safetensors/tensors.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import {
  add,
  batchNorm,
  conv2d,
  dense,
  flatten,
  NetworkBuilder,
  sequential,
} from '../../../../src/network/builder.ts';
import type { Network } from '../../../../src/network/network.ts';
import { parameterShapes } from '../../../../src/network/parameter-shapes.ts';
import { layersInFile, problemOf } from '../../../../src/network/problem.ts';
import { prunedFiles } from '../../../../src/pruning/files/pruned-files.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { safetensors } from '../../../helpers/checkpoints/safetensors.ts';
import { randomModel } from '../../../helpers/data/models.ts';
import { generator } from '../../../helpers/data/numbers.ts';

const network = sequential(
  [1, 4, 5],
  conv2d('conv', { outChannels: 3, kernel: 3 }),
  flatten('flat'),
  batchNorm('norm'),
  dense('fc', { outputs: 4 }),
  dense('out', { outputs: 3 }),
);
const right = randomModel(network, 'flatten');
const flattened = { flatten: 'rows-columns-channels' } as const;

/** Features are [channel 3, row 2, column 3] here; in the file [row, column, channel]. */
function asInKeras(values: Float32Array): Float32Array {
  const stored: number[] = [];
  for (let first = 0; first < values.length; first += 18)
    for (let row = 0; row < 2; row++)
      for (let column = 0; column < 3; column++)
        for (let channel = 0; channel < 3; channel++)
          stored.push(values[first + (channel * 2 + row) * 3 + column]!);
  return Float32Array.from(stored);
}

const PERMUTED = ['norm.weight', 'norm.bias', 'norm.running_mean', 'norm.running_var', 'fc.weight'];
const members = Object.fromEntries(
  [...parameterShapes(network)].map(([name, shape]) => {
    const values = right.tensors.get(name)!;
    const stored = PERMUTED.includes(name) ? asInKeras(values) : values;
    return [name, { dtype: 'F32', shape, data: encodeFloats(stored, 'float32') }];
  }),
);
const file = safetensors(members);

test('dense layers, and normalisations before them, are read in the order of the network', () => {
  const model = modelFromSafetensors(file, { architecture: network, ...flattened });
  assert.equal(model.tensors, right.tensors);
  const plain = modelFromSafetensors(file, { architecture: network, flatten: 'channels-rows-columns' });
  assert.not.equal(plain.tensors, right.tensors);
});

test('the metadata may name the order, and an option says otherwise', async () => {
  const said = (text: string, options = {}) =>
    modelFromSafetensors(safetensors(members, { flatten: text }), { architecture: network, ...options });
  assert.equal(said('rows-columns-channels').tensors, right.tensors);
  const plain = said('rows-columns-channels', { flatten: 'channels-rows-columns' });
  assert.not.equal(plain.tensors, right.tensors);
  await assertBadInput(
    () => said('keras'),
    /the order of flattening is "keras", only channels-rows-columns and/,
  );
});

test('the file is written in its own order, as are its masks', () => {
  const model = modelFromSafetensors(file, { architecture: network, ...flattened });
  const random = generator('flatten');
  const masks = problemOf(network).layers.map(({ shape }) =>
    maskFromBytes(Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.below(2))),
  );
  const files = prunedFiles(model, masks);
  const written = files['pruned.safetensors'] as Uint8Array;
  assert.equal(
    modelFromSafetensors(written, { architecture: network, ...flattened }).tensors,
    applyMasks(right, masks).tensors,
  );
  const stored = decodeSafetensors(files['masks.safetensors'] as Uint8Array).tensors.get('fc.weight')!;
  const bits = Float32Array.from({ length: 72 }, (_, i) => Number(isKept(masks[1]!, i)));
  assert.equal([...stored.data], [...asInKeras(bits)]);
  assert.equal(masksFromSafetensors(files['masks.safetensors'] as Uint8Array, layersInFile(model)), masks);
});

test('it is refused where nothing is read in that order, and where it is not known what is', async () => {
  const read = (architecture: Network) =>
    modelFromSafetensors(
      safetensors(
        Object.fromEntries(
          [...parameterShapes(architecture)].map(([name, shape]) => [
            name,
            { dtype: 'F32', shape, data: new Uint8Array(4 * shape.reduce((a, b) => a * b)).fill(1) },
          ]),
        ),
      ),
      { architecture, ...flattened },
    );
  const grey = sequential([1, 4, 5], flatten('flat'), dense('fc', { outputs: 2 }));
  await assertBadInput(
    () => read(grey),
    /flatten .* no dense layer of the network reads an image of several/,
  );
  const builder = new NetworkBuilder([2, 4, 5]);
  const flat = builder.add(flatten('flat'));
  builder.add(add('sum'), flat, flat);
  builder.add(dense('fc', { outputs: 2 }));
  await assertBadInput(() => read(builder.build()), /flatten .*"sum" combines the features/);
});

test.run();
