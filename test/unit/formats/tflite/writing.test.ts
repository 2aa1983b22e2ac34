/** A TFLite file with other weights: only their bytes change, each rounded to the type of its tensor. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskFromBytes } from '../../../../src/core/mask.ts';
import { encodeFloats } from '../../../../src/formats/arrays/encode-floats.ts';
import { modelFromFile } from '../../../../src/formats/model-file.ts';
import { modelFromTflite } from '../../../../src/formats/tflite/model.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import { layersInFile, problemOf } from '../../../../src/network/problem.ts';
import { checkPrunable, prunedFiles } from '../../../../src/pruning/files/pruned-files.ts';
import { asWritten } from '../../../../src/repair/repair.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { randomMasks } from '../../../helpers/data/models.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { assertTwin } from '../../../helpers/tflite/assert-twin.ts';
import { CODES, i32, i8, tflite, type TensorToWrite } from '../../../helpers/tflite/writer.ts';

const random = generator('writing');
const bytes = (length: number) => Int8Array.from({ length }, (_, i) => ((i * 37) % 255) - 127);

const WEIGHTS: Readonly<Record<string, Omit<TensorToWrite, 'name' | 'shape'>>> = {
  float32: { data: random.floats(36, 1) },
  float16: { type: 'float16', data: new Uint16Array(encodeFloats(random.floats(36, 1), 'float16').buffer) },
  'int8, one scale for all': { type: 'int8', data: bytes(36), scales: [0.01], zeroPoints: [3] },
  'int8, a scale for each output': { type: 'int8', data: bytes(36), scales: [0.01, 0.02, 0, 0.03] },
  uint8: { type: 'uint8', data: new Uint8Array(bytes(36).buffer), scales: [0.02], zeroPoints: [120] },
};

/** A convolution of [4, 3, 3, 1] over 5 x 4 pixels, and a dense layer. */
function network(weights: Omit<TensorToWrite, 'name' | 'shape'>): Uint8Array {
  const tensors: TensorToWrite[] = [
    { name: 'input', shape: [1, 5, 4, 1] },
    { name: 'conv/kernel', shape: [4, 3, 3, 1], ...weights },
    { name: 'conv/bias', shape: [4], data: random.floats(4) },
    { name: 'conv', shape: [1, 5, 4, 4] },
    { name: 'flat', shape: [1, 80] },
    { name: 'dense/kernel', shape: [2, 80], data: random.floats(160) },
    { name: 'scores', shape: [1, 2] },
  ];
  const operators = [
    { code: CODES.CONV_2D, inputs: [0, 1, 2], outputs: [3], options: [i8(0), i32(1), i32(1), i8(1)] },
    { code: CODES.RESHAPE, inputs: [3], outputs: [4] },
    { code: CODES.FULLY_CONNECTED, inputs: [4, 5], outputs: [6], options: [i8(0)] },
  ];
  return tflite({ tensors, operators, outputs: [6] });
}

/** Where bytes differ. */
const changes = (before: Uint8Array, after: Uint8Array) =>
  [...before].flatMap((byte, i) => (byte === after[i] ? [] : [i]));

for (const [name, weights] of Object.entries(WEIGHTS)) {
  test(`writes zeros in place: ${name}`, () => {
    const file = network(weights);
    const model = modelFromFile({ name: 'a.tflite', bytes: file });
    assertTwin(file);
    checkPrunable(model);
    const masks = randomMasks(model.network, 0.5, name);
    const files = prunedFiles(model, masks);
    const written = files['pruned.tflite'] as Uint8Array;
    assert.is(written.length, file.length);
    const at = changes(file, written);
    assert.ok(at.length > 30);
    // Buffers come first in such a file, one after the other: all changes lie in two of them.
    assertTwin(written);
    const again = modelFromTflite(written);
    assert.equal(again.network, model.network);
    for (const [key, values] of applyMasks(model, masks).tensors)
      assert.ok(
        values.every((value, i) => Object.is(value, again.tensors.get(key)![i])),
        key,
      );
    const bias = again.tensors.get('conv/bias')!;
    assert.equal([...bias], [...model.tensors.get('conv/bias')!]);
    // Nothing changes without a reason.
    assert.equal(changes(file, model.container!.write(model.tensors).main), []);
  });
}

test('masks have the names and shapes of the file', () => {
  const model = modelFromTflite(network(WEIGHTS['float32']!));
  const stored = layersInFile(model).map(({ weight, stored }) => [weight, stored?.shape]);
  assert.equal(stored, [
    ['conv/kernel', [4, 3, 3, 1]],
    ['dense/kernel', [2, 80]],
  ]);
});

test('weights that repair changes are rounded to the type, and saturate', () => {
  const model = modelFromTflite(network(WEIGHTS['int8, a scale for each output']!));
  const kernel = model.tensors.get('conv/kernel')!.slice();
  kernel.set([0.0149, -0.0151, 5, -5]);
  kernel[9] = 0.0311;
  kernel[18] = 1;
  const { tensors } = asWritten({ ...model, tensors: new Map([...model.tensors, ['conv/kernel', kernel]]) });
  const found = tensors.get('conv/kernel')!;
  assert.equal([...found.subarray(0, 4)], [...Float32Array.of(0.01, -0.02, 1.27, -1.28)]);
  assert.is(found[9], Math.fround(2 * Math.fround(0.02)));
  assert.is(found[18], 0);
  assert.equal([...found.subarray(4, 9)], [...model.tensors.get('conv/kernel')!.subarray(4, 9)]);
});

test('weights that the file uses for something else too are not pruned', async () => {
  const data = random.floats(4);
  const tensors: TensorToWrite[] = [
    { name: 'input', shape: [1, 2] },
    { name: 'kernel', shape: [2, 2], data },
    { name: 'hidden', shape: [1, 2] },
    { name: 'other', shape: [2, 2], data },
    { name: 'scores', shape: [1, 2] },
  ];
  const operators = [
    { code: CODES.FULLY_CONNECTED, inputs: [0, 1], outputs: [2], options: [i8(1)] },
    { code: CODES.FULLY_CONNECTED, inputs: [2, 3], outputs: [4], options: [i8(0)] },
  ];
  const model = modelFromTflite(tflite({ tensors, operators, outputs: [4] }));
  // All weights pruned are zeros in both.
  checkPrunable(model);
  const half = problemOf(model.network).layers.map((_, layer) =>
    maskFromBytes(Uint8Array.of(layer, 1, 1, 1)),
  );
  assert.throws(() => prunedFiles(model, half), /the file that was written holds/);
  const changed = new Map([...model.tensors, ['nowhere', new Float32Array(1)]]);
  assert.ok(model.container!.write(changed));
  await assertBadInput(() => modelFromTflite(network({}), { pooling: 'max' }), /pooling has no effect/);
});

test.run();
