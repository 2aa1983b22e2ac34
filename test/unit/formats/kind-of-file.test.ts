import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gzipSync } from 'node:zlib';
import { kindOfFile } from '../../../src/formats/kind-of-file.ts';
import { encodeSafetensors, type Tensor } from '../../../src/formats/safetensors/tensors.ts';
import { dict, tensor as torchTensor, torchLegacy, torchZip } from '../../helpers/torch/file.ts';
import { npyBytes, npz } from '../../helpers/data/npy.ts';

const tensor: Tensor = { dtype: 'U8', shape: [2], data: new Uint8Array(2) };
const safetensors = (names: readonly string[], metadata: Readonly<Record<string, string>> = {}) =>
  encodeSafetensors(new Map(names.map((name) => [name, tensor])), metadata);

for (const [what, name, bytes, expected] of [
  ['an ONNX file by its name', 'net.ONNX', Buffer.from('damaged'), 'model'],
  ['an ONNX file by its first byte', 'net', Uint8Array.of(8, 8, 18, 0), 'model'],
  ['weights beside a model', 'net.onnx.data', new Uint8Array(64).fill(7), undefined],
  ['safetensors with weights', 'a.safetensors', safetensors(['conv1.weight', 'conv1.bias']), 'model'],
  ['weights of a layer named input', 'a.safetensors', safetensors(['input.weight', 'x.bias']), 'model'],
  ['safetensors with a network', 'a.safetensors', safetensors(['x'], { architecture: '{}' }), 'model'],
  ['safetensors with a data set', 'a.safetensors', safetensors(['x_train', 'y_train']), 'data'],
  ['safetensors with images alone', 'a.safetensors', safetensors(['images']), 'data'],
  ['damaged safetensors', 'a.safetensors', Buffer.from('damaged'), 'model'],
  ['a PyTorch zip', 'a', torchZip(dict({ w: torchTensor([1, 1], [1]) })), 'model'],
  ['a PyTorch file of before 1.6', 'a', torchLegacy(dict({ w: torchTensor([1, 1], [1]) })), 'model'],
  ['a damaged PyTorch file', 'a.pth', Buffer.from('damaged'), 'model'],
  ['a file with an unspecific name', 'weights.bin', Buffer.from('damaged'), undefined],
  ['an npz file', 'a', npz({ x: npyBytes([2], [1, 2]) }), 'data'],
  ['a damaged npz file', 'a.npz', Buffer.from('damaged'), 'data'],
  ['an npy file', 'x', npyBytes([2], [1, 2]), 'data'],
  ['an IDX file', 'images', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 5), 'data'],
  ['a gzip file', 'images.gz', gzipSync('x'), 'data'],
  ['a TFLite file', 'net', Uint8Array.of(28, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33), 'model'],
  ['a damaged TFLite file', 'net.tflite', Buffer.from('damaged'), 'model'],
  ['a table', 'a.CSV', Buffer.from('1,2'), 'data'],
  ['a file of CIFAR', 'data_batch_1.bin', new Uint8Array(3073), 'data'],
  ['a PNG', 'x', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), 'data'],
  ['a JPEG', 'x', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), 'data'],
  ['an empty file', 'a', new Uint8Array(0), undefined],
] as const) {
  test(`${what} is ${expected ?? 'neither a model nor data'}`, () => {
    assert.is(kindOfFile({ name, bytes }), expected);
  });
}

test.run();
