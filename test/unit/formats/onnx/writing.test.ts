/** An ONNX file with pruned weights: only their bytes change, and it is read again as the masked network. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isKept, maskFromBytes, type Masks } from '../../../../src/core/mask.ts';
import { decodeOnnx } from '../../../../src/formats/onnx/decode.ts';
import type { OnnxTensor } from '../../../../src/formats/onnx/messages.ts';
import { modelFromOnnx } from '../../../../src/formats/onnx/model.ts';
import { tensorNumbers } from '../../../../src/formats/onnx/tensor-numbers.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import type { Model } from '../../../../src/network/model.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { randomMasks } from '../../../helpers/data/models.ts';
import { OnnxGraph } from '../../../helpers/onnx/graph.ts';
import { ONNX_FILES } from '../../../helpers/onnx/index.ts';

const LARGE = /ResNet|MobileNet|DS-CNN|SqueezeNet/;

/** The file's tensors that have data in it, by name; those of Constant nodes too. */
function tensorsOf(file: Uint8Array): Map<string, OnnxTensor> {
  const { graph } = decodeOnnx(file);
  const tensors = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  for (const { attributes, outputs } of graph.nodes) {
    const value = attributes.get('value');
    if (value?.kind === 'tensor') tensors.set(outputs[0]!, value.value);
  }
  return tensors;
}

/** Bytes of the main file that differ, in which a tensor of `names` does not lie. */
function otherChanges(before: Uint8Array, after: Uint8Array, names: readonly string[]): number {
  const tensors = tensorsOf(before);
  const isIn = new Uint8Array(before.length);
  for (const name of names) {
    const { data } = tensors.get(name)!;
    if (data.kind === 'fixed') for (const { begin, end } of data.pieces) isIn.fill(1, begin, end);
  }
  let changes = 0;
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i] && isIn[i] === 0) changes++;
  return changes;
}

const weightsOf = ({ network }: Model) => problemOf(network).layers.map(({ weight }) => weight!);

for (const file of ONNX_FILES.filter(({ name }) => !LARGE.test(name))) {
  test(`writes masks: ${file.name}`, () => {
    const bytes = file.bytes();
    const beside = file.beside?.();
    const model = modelFromOnnx(bytes, {}, beside);
    const masks = randomMasks(model.network, 0.6, file.name);
    const pruned = applyMasks(model, masks);
    const written = model.container!.write(pruned.tensors);

    const again = modelFromOnnx(written.main, {}, written.beside);
    assert.equal(again.network, model.network);
    for (const [name, values] of pruned.tensors)
      assert.ok(
        again.tensors.get(name)!.every((value, i) => Object.is(value, values[i])),
        name,
      );
    assert.equal([...again.tensors.keys()], [...model.tensors.keys()]);

    const weights = weightsOf(model);
    const isVarint = weights.some((name) => tensorsOf(bytes).get(name)!.data.kind === 'varints');
    if (!isVarint) {
      assert.is(written.main.length, bytes.length);
      assert.is(otherChanges(bytes, written.main, weights), 0);
      assert.is(
        written.main.every((byte, i) => byte === bytes[i]),
        beside !== undefined,
      );
    } else {
      // Lengths change: the others must still hold the same.
      const [before, after] = [tensorsOf(bytes), tensorsOf(written.main)];
      assert.equal([...after.keys()], [...before.keys()]);
      for (const [name, tensor] of before) {
        if (weights.includes(name)) continue;
        assert.equal(
          tensorNumbers(after.get(name)!, written.main, new Map()),
          tensorNumbers(tensor, bytes, new Map()),
        );
      }
    }
    // What was written before is not touched by what is written later.
    const unchanged = model.container!.write(model.tensors);
    assert.equal(unchanged.main, bytes);
    assert.equal(unchanged.beside, beside ?? new Map());
  });
}

/** A mask without the weight at `index`. */
const without = ({ network }: Model, layer: number, index: number): Masks =>
  problemOf(network).layers.map(({ shape }, i) => {
    const bytes = new Uint8Array(shape.reduce((product, size) => product * size, 1)).fill(1);
    if (i === layer) bytes[index] = 0;
    return maskFromBytes(bytes);
  });

/** Indices in the file's tensor of the numbers that are other ones. */
function changed(model: Model, bytes: Uint8Array, masks: Masks, name: string): number[] {
  const { main } = model.container!.write(applyMasks(model, masks).tensors);
  const before = tensorNumbers(tensorsOf(bytes).get(name)!, bytes, new Map());
  const after = tensorNumbers(tensorsOf(main).get(name)!, main, new Map());
  return Array.from(before, (_, i) => i).filter((i) => before[i] !== after[i]);
}

test('a weight of a matrix [features, outputs] has the other index in the file', () => {
  const g = new OnnxGraph({ input: ['N', 5] });
  const w = g.constant({ shape: [5, 3], values: Array.from({ length: 15 }, (_, i) => i + 1) });
  const bytes = g.bytes(g.node('MatMul', [g.input, w]));
  const model = modelFromOnnx(bytes);
  // Output 2, feature 1.
  assert.equal(changed(model, bytes, without(model, 0, 2 * 5 + 1), w), [1 * 3 + 2]);
  assert.equal([...model.container!.layouts.get(w)!.order!].slice(0, 6), [0, 3, 6, 9, 12, 1]);
  assert.equal(model.container!.layouts.get(w)!.shape, [5, 3]);
});

test('features of an image whose channels are last have the index that the file gives them', () => {
  const g = new OnnxGraph({ input: ['N', 2, 3, 4], seed: 'order' });
  const w = g.constant({ shape: [24, 2], values: Array.from({ length: 48 }, (_, i) => i + 1) });
  const bytes = g.bytes(g.node('MatMul', [g.node('Flatten', [g.input]), w]));
  const model = modelFromOnnx(bytes);
  const [channels, height, width] = model.network.input as [number, number, number];
  const isLast = channels === 4;
  // Output 1 of the number at channel 1, row 1, column 2 of the network's input.
  const feature = (1 * height + 1) * width + 2;
  const inFile = isLast ? (1 * 3 + 2) * 4 + 1 : feature;
  assert.equal(changed(model, bytes, without(model, 0, 24 + feature), w), [inFile * 2 + 1]);
});

test('a weight of a convolution has the same index in the file', () => {
  const g = new OnnxGraph({ input: ['N', 2, 4, 4] });
  const w = g.weights([3, 2, 2, 2], { name: 'kernel' });
  const bytes = g.bytes(g.node('Flatten', [g.node('Conv', [g.input, w])]));
  const model = modelFromOnnx(bytes);
  assert.equal(changed(model, bytes, without(model, 0, 17), w), [17]);
  assert.is(model.container!.layouts.get(w)!.order, undefined);
});

test('shared weights are written once, for all layers that read them', () => {
  const { name, bytes: make } = ONNX_FILES.find(({ name }) => name.includes('shared by two layers'))!;
  const bytes = make();
  const model = modelFromOnnx(bytes);
  const masks = randomMasks(model.network, 0.5, name);
  assert.is(masks.length, 2);
  const [shared] = weightsOf(model);
  const found = changed(model, bytes, masks, shared!);
  assert.equal(
    found,
    Array.from({ length: 144 }, (_, i) => i).filter((i) => !isKept(masks[0]!, i)),
  );
});

test('numbers without a place in the file may not change', async () => {
  const g = new OnnxGraph({ input: ['N', 2, 4, 4] });
  const x = g.node('Mul', [g.input, g.scalar(2)]);
  const model = modelFromOnnx(g.bytes(g.node('Flatten', [g.conv(x, [3, 2, 2, 2])])));
  const computed = [...model.tensors.keys()].find((name) => name.endsWith('.scale'))!;
  const tensors = new Map(model.tensors).set(computed, Float32Array.of(3, 3));
  await assertBadInput(
    () => model.container!.write(tensors),
    /has changed, and the ONNX file has no place for it/,
  );
  assert.not(model.container!.layouts.has(computed));
});

test('numbers that are rounded to 16 bits are read as what was written', () => {
  for (const type of ['float16', 'bfloat16'] as const) {
    const g = new OnnxGraph({ input: ['N', 2] });
    const w = g.constant({ shape: [2, 2], values: [1, 2, 3, 4], type });
    const model = modelFromOnnx(g.bytes(g.node('MatMul', [g.input, g.node('Cast', [w], { to: 1 })])));
    const tensors = new Map([[w, Float32Array.of(1.0001, 3, -0.3, 4)]]);
    const { main } = model.container!.write(tensors);
    const [a, b, c, d] = modelFromOnnx(main).tensors.get(w)!;
    assert.equal([a, b, d], [1, 3, 4]);
    assert.ok(Math.abs(c! + 0.3) < 2 ** -9 && c !== Math.fround(-0.3));
  }
});

test.run();
