/** Formats are told apart by the bytes of a file, and where these are damaged by its name. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFormatOf } from '../../../src/formats/model-file.ts';
import type { NamedFile } from '../../../src/formats/model-format.ts';

const isOnnx = (file: NamedFile) => modelFormatOf(file)?.name === 'ONNX';
import { modelToSafetensors } from '../../../src/formats/safetensors/model.ts';
import { randomModel, tinyNetwork } from '../../helpers/data/models.ts';
import { OnnxGraph } from '../../helpers/onnx/graph.ts';

test('ONNX and safetensors', () => {
  const safetensors = modelToSafetensors(randomModel(tinyNetwork, 'kinds'));
  const g = new OnnxGraph({ input: ['N', 4] });
  const onnx = g.bytes(g.node('MatMul', [g.input, g.weights([4, 3])]));
  for (const name of ['a.onnx', 'a.safetensors', 'a'])
    assert.equal([isOnnx({ name, bytes: onnx }), isOnnx({ name, bytes: safetensors })], [true, false], name);
  const text = new TextEncoder().encode('no model at all');
  assert.equal([isOnnx({ name: 'a.onnx', bytes: text }), isOnnx({ name: 'a', bytes: text })], [true, false]);
  // A graph of 2 MB after its version may have a brace where a header of safetensors starts.
  const brace = Uint8Array.of(0x08, 0x08, 0x3a, 0x80, 0x80, 0x80, 0x01, 0x0a, 0x7b);
  assert.ok(isOnnx({ name: 'a', bytes: brace }));
});

test('TFLite, by its identifier or its name', () => {
  const formatOf = (name: string, bytes: Uint8Array) => modelFormatOf({ name, bytes })?.name;
  // The first byte is that of an ONNX file.
  const bytes = Uint8Array.of(8, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33);
  for (const name of ['a.tflite', 'a.onnx', 'a']) assert.is(formatOf(name, bytes), 'TFLite');
  assert.is(formatOf('a.tflite', new Uint8Array(3)), 'TFLite');
  assert.is(formatOf('a', bytes.subarray(0, 7)), 'ONNX');
});

test.run();
