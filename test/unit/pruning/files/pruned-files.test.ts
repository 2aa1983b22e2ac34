/** A pruned ONNX model leaves as the file that came, and its masks under the names and shapes of that file. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { masksEqual, type Masks } from '../../../../src/core/mask.ts';
import { modelFromOnnx } from '../../../../src/formats/onnx/model.ts';
import {
  frontFromSafetensors,
  frontToSafetensors,
  masksFromSafetensors,
} from '../../../../src/formats/safetensors/masks.ts';
import { decodeSafetensors } from '../../../../src/formats/safetensors/tensors.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import type { Model } from '../../../../src/network/model.ts';
import { layersInFile } from '../../../../src/network/problem.ts';
import { checkPrunable, prunedFiles } from '../../../../src/pruning/files/pruned-files.ts';
import { RUN_FILES, withWeightFiles } from '../../../../src/pruning/files/run-files.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { randomMasks } from '../../../helpers/data/models.ts';
import { OnnxGraph } from '../../../helpers/onnx/graph.ts';

/** A signal, a dense layer as [features, outputs], and weights that are a part of a larger tensor. */
function file(): Uint8Array {
  const g = new OnnxGraph({ input: ['N', 2, 8] });
  const signal = g.node('Conv', [g.input, g.weights([3, 2, 3], { name: 'conv' })]);
  const flat = g.node('Flatten', [signal]);
  const dense = g.node('MatMul', [flat, g.weights([18, 6], { name: 'matrix' })]);
  const part = g.node('Slice', [
    g.weights([10, 4], { name: 'larger' }),
    ...[g.integers(2), g.integers(8), g.integers(0), g.integers(1)],
  ]);
  return g.bytes(g.node('MatMul', [g.node('Relu', [dense]), part]));
}

const pruned = (bytes: Uint8Array): { readonly model: Model; readonly masks: Masks } => {
  const model = modelFromOnnx(bytes);
  return { model, masks: randomMasks(model.network, 0.5, 'pruned files') };
};

test('masks have the names and shapes of the file, and come back', () => {
  const { model, masks } = pruned(file());
  const bytes = prunedFiles(model, masks)['masks.safetensors'] as Uint8Array;
  const { tensors } = decodeSafetensors(bytes);
  assert.equal(
    [...tensors].map(([name, { shape }]) => [name, shape]),
    [
      ['conv', [3, 2, 3]],
      ['larger', [10, 4]],
      ['matrix', [18, 6]],
    ],
  );
  const layers = layersInFile(model);
  const read = masksFromSafetensors(bytes, layers);
  assert.ok(read.every((mask, i) => masksEqual(mask, masks[i]!)));
  const matrix = tensors.get('matrix')!.data as Uint8Array;
  const [first] = model.tensors.get('matrix')!;
  assert.ok(first !== 0 && matrix.some((byte) => byte === 0));
  // Rows that no layer reads are kept.
  assert.equal([...(tensors.get('larger')!.data as Uint8Array).subarray(0, 8)], new Array(8).fill(1));
  const front = frontFromSafetensors(frontToSafetensors([masks, masks], layers), layers, 2);
  assert.ok(front.every((point) => point.every((mask, i) => masksEqual(mask, masks[i]!))));
});

test('the written file holds the masked weights where the masks say, and the model stays as it is', () => {
  // A Buffer, as Node reads files: its slice is no copy.
  const bytes = Buffer.from(file());
  const { model, masks } = pruned(bytes);
  const before = new Map([...model.tensors].map(([name, values]) => [name, values.slice()]));
  const files = prunedFiles(model, masks);
  assert.equal(Object.keys(files).sort(), ['masks.safetensors', 'pruned.onnx']);
  assert.equal(new Map(model.tensors), before);
  assert.equal(new Uint8Array(bytes), new Uint8Array(file()));
  const read = modelFromOnnx(files['pruned.onnx'] as Uint8Array);
  assert.equal(new Map(read.tensors), new Map(applyMasks(model, masks).tensors));
  // In the file's own order, too: a mask of 0 is a weight of 0.
  const { tensors } = decodeSafetensors(files['masks.safetensors'] as Uint8Array);
  const kept = tensors.get('conv')!.data;
  read.tensors.get('conv')!.forEach((value, i) => assert.is(value === 0, kept[i] === 0));
});

test('files of weights are written beside the model, and may not be called as a file of the run', async () => {
  const withWeightsIn = (location: string) => {
    const g = new OnnxGraph({ input: ['N', 4] });
    const placement = { kind: 'external', location, offset: 4 } as const;
    const weights = new Float32Array(9).map((_, i) => i + 1);
    const w = g.constant({ name: 'w', shape: [4, 2], values: [], placement });
    const beside = new Map([[location, new Uint8Array(weights.buffer)]]);
    return modelFromOnnx(g.bytes(g.node('MatMul', [g.input, w])), {}, beside);
  };
  const model = withWeightsIn('mine.onnx.data');
  assert.equal(withWeightFiles(RUN_FILES, model), ['mine.onnx.data', ...RUN_FILES]);
  const masks = randomMasks(model.network, 0.5, 'beside');
  const files = prunedFiles(model, masks);
  assert.equal(Object.keys(files).sort(), ['masks.safetensors', 'mine.onnx.data', 'pruned.onnx']);
  const written = new Float32Array((files['mine.onnx.data'] as Uint8Array).buffer);
  assert.is(written[0], 1);
  assert.ok(
    written.subarray(1).some((value) => value === 0) && written.subarray(1).some((value) => value > 1),
  );
  await assertBadInput(
    () => withWeightFiles(RUN_FILES, withWeightsIn('result.json')),
    /keeps weights in a file called result\.json/,
  );
});

test('weights that the file also computes with are refused before a search', async () => {
  const g = new OnnxGraph({ input: ['N', 4] });
  const weights = g.weights([4, 3]);
  const first = g.node('Slice', [weights, g.integers(0), g.integers(1), g.integers(0)]);
  const shifted = g.node('Sub', [g.node('MatMul', [g.input, weights]), g.reshape(first, 3)]);
  await assertBadInput(
    () => checkPrunable(modelFromOnnx(g.bytes(g.node('Mul', [shifted, g.scalar(2)])))),
    /computes other numbers from its weights/,
  );
  checkPrunable(modelFromOnnx(file()));
});

test.run();
