/** A small valid file of every format that is read, to be damaged. */
import { gzipSync } from 'node:zlib';
import { unzipSync, zipSync } from 'fflate';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { fullMasks } from '../../../src/core/mask.ts';
import { encodeArchitecture } from '../../../src/formats/architecture.ts';
import { withParameterNames } from '../../../src/formats/checkpoint/rename.ts';
import { masksToSafetensors } from '../../../src/formats/safetensors/masks.ts';
import { modelToSafetensors } from '../../../src/formats/safetensors/model.ts';
import { encodeSafetensors } from '../../../src/formats/safetensors/tensors.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { idx } from '../data/idx.ts';
import { randomModel, tinyNetwork } from '../data/models.ts';
import { flat, full, stack } from '../data/networks.ts';
import { npyBytes, npz } from '../data/npy.ts';
import { generator } from '../data/numbers.ts';
import { h5Of, kerasOf, tfjsOf, weightsH5Of } from '../keras/files.ts';
import { KerasBuilder } from '../keras/network.ts';
import { KERAS_NETWORKS } from '../keras/networks.ts';
import { ONNX_FILES } from '../onnx/index.ts';
import { dict, ordered, tensor, torchLegacy, torchZip, zipOf } from '../torch/file.ts';
import { network as torchNetwork, stateDict } from '../torch/network.ts';
import { safetensors } from '../checkpoints/safetensors.ts';
import { convolutional } from '../tflite/convolutional.ts';
import type { Given } from './given.ts';

export interface SoundFile extends Given {
  readonly format: string;
  /** The file to be damaged; the first if undefined. */
  readonly target?: string;
  /** What is damaged instead of it, and goes into it afterwards, so that checksums are right. */
  readonly inner?: { readonly bytes: Uint8Array; readonly wrap: (bytes: Uint8Array) => Uint8Array };
}

const IMAGES = 40;
const random = generator('sound files');
const labels = Uint8Array.from({ length: IMAGES }, (_, i) => i % 4);
const pixels = Uint8Array.from({ length: IMAGES * 64 }, () => random.below(256));
const x = npyBytes([IMAGES, 1, 8, 8], pixels);
const y = npyBytes([IMAGES], labels);

const one = (name: string, bytes: Uint8Array) => new Map([[name, bytes]]);
const model = (format: string, name: string, bytes: Uint8Array): SoundFile => ({
  ...{ format, role: 'model', files: one(name, bytes) },
});
const weights = (format: string, name: string, bytes: Uint8Array): SoundFile => ({
  ...model(format, name, bytes),
  network: torchNetwork,
});
const data = (
  format: string,
  files: Readonly<Record<string, Uint8Array>>,
  network = tinyNetwork,
): SoundFile => ({
  ...{ format, role: 'data', files: new Map(Object.entries(files)), network },
});

const keras = KERAS_NETWORKS.find(({ name }) => name.startsWith('a residual block'))!.network;
const onnx = (name: string) => ONNX_FILES.find((file) => file.name === name)!;
const external = ONNX_FILES.find(({ beside }) => beside !== undefined)!;

/** Weights of the shapes that the network of the PyTorch files has. */
function kerasWeights() {
  const k = new KerasBuilder([8, 8, 1], 'sound weights');
  k.conv(3, 3, 1);
  k.add('Flatten');
  k.dense(5, 27);
  k.dense(4, 5);
  return k.network();
}

function models(): readonly SoundFile[] {
  const zipped = kerasOf(keras);
  const entries = unzipSync(zipped);
  const tfjs = tfjsOf(keras, { shardBytes: 500 });
  const shard = [...tfjs.beside.keys()][0]!;
  const state = dict({
    ...{ epoch: 1, loss: tensor([], [0.5]) },
    state_dict: ordered({ ...stateDict(), 'bn.num_batches_tracked': tensor([], [5], 'int64') }),
  });
  const pickled = unzipSync(torchZip(state, { descriptors: false }));
  return [
    model('safetensors', 'model.safetensors', modelToSafetensors(randomModel(tinyNetwork, 'sound'))),
    weights(
      'safetensors of weights',
      'weights.safetensors',
      safetensors(
        Object.fromEntries(
          Object.entries(stateDict()).map(([name, { storage, shape }]) => [
            name,
            { dtype: 'F32', shape, data: storage.bytes },
          ]),
        ),
      ),
    ),
    model('ONNX', 'model.onnx', onnx('gelu by Div, Erf, Add, Mul, Mul').bytes()),
    model(
      'ONNX with shapes in the graph',
      'model.onnx',
      onnx('shapes from Shape, Slice, Mul and Where').bytes(),
    ),
    {
      ...{ format: 'ONNX with weights beside it', role: 'model' },
      files: new Map([['model.onnx', external.bytes()], ...external.beside!()]),
    },
    model('h5', 'model.h5', h5Of(keras)),
    model('h5 of the latest version', 'model.h5', h5Of(keras, { latest: true, version: 3 })),
    model(
      'h5 in chunks',
      'model.h5',
      h5Of(keras, { layout: 'chunked', filters: ['shuffle', 'deflate', 'fletcher32'] }),
    ),
    model(
      'h5 of the latest version in chunks',
      'model.h5',
      h5Of(keras, { layout: 'chunked', latest: true, version: 3 }),
    ),
    {
      ...model('h5 of weights', 'weights.h5', weightsH5Of(kerasWeights())),
      network: withParameterNames(torchNetwork, (name) =>
        name.replace(/^conv/, 'conv2d').replace(/^fc/, 'dense').replace(/^out/, 'dense_1'),
      ),
    },
    model('.keras', 'model.keras', zipped),
    model('.keras, compressed', 'model.keras', kerasOf(keras, 6)),
    ...['model.weights.h5', 'config.json'].map((name): SoundFile => ({
      ...model(`${name} in a .keras`, 'model.keras', zipped),
      inner: {
        bytes: entries[name]!,
        wrap: (bytes) => zipSync({ ...entries, [name]: bytes }, { level: 0 }),
      },
    })),
    {
      ...{ format: 'model.json of TensorFlow.js', role: 'model' },
      files: new Map([['model.json', tfjs.main], ...tfjs.beside]),
    },
    {
      ...{ format: 'a shard of TensorFlow.js', role: 'model', target: shard },
      files: new Map([['model.json', tfjs.main], ...tfjs.beside]),
    },
    model('TFLite', 'model.tflite', convolutional()),
    weights('PyTorch', 'model.pt', torchZip(state)),
    {
      ...weights('a pickle in a PyTorch file', 'model.pt', torchZip(state)),
      inner: {
        bytes: pickled['archive/data.pkl']!,
        wrap: (bytes) => zipOf(new Map(Object.entries({ ...pickled, 'archive/data.pkl': bytes })), true),
      },
    },
    weights('PyTorch before 1.6', 'model.pt', torchLegacy(state)),
  ];
}

function dataSets(): readonly SoundFile[] {
  const rows = [['label', ...Array.from({ length: 64 }, (_, i) => `p${i}`)].join()];
  for (let i = 0; i < 8; i++) rows.push([labels[i], ...pixels.subarray(64 * i, 64 * i + 64)].join());
  const table = Buffer.from(rows.join('\n'));
  const images = idx([IMAGES, 8, 8], pixels);
  const pair = (bytes: Uint8Array) => ({
    ...{ 't10k-images-idx3-ubyte': bytes, 't10k-labels-idx1-ubyte': idx([IMAGES], labels) },
  });
  const cifar = Uint8Array.from({ length: 4 * 3073 }, (_, i) => (i % 3073 === 0 ? i / 3073 : i % 251));
  const png = encodePng({ width: 8, height: 8, channels: 1, depth: 8, data: pixels.subarray(0, 64) });
  const rgba = Buffer.from(Array.from(pixels.subarray(0, 64), (v) => [v, v, v, 255]).flat());
  const jpg = Uint8Array.from(jpeg.encode({ width: 8, height: 8, data: rgba }, 90).data);
  const folder = (end: string, bytes: Uint8Array) =>
    Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}/0.${end}`, bytes]));
  return [
    data('npz', { 'data.npz': npz({ x, y }) }),
    data('npz, compressed', { 'data.npz': npz({ x, y }, { deflate: true }) }),
    {
      ...data('an array in an npz', { 'data.npz': npz({ x, y }) }),
      inner: { bytes: x, wrap: (bytes) => npz({ x: bytes, y }) },
    },
    data('npy', { 'x.npy': x, 'y.npy': y }),
    data('safetensors of data', {
      'data.safetensors': encodeSafetensors(
        new Map([
          ['x', { dtype: 'U8' as const, shape: [IMAGES, 1, 8, 8], data: pixels }],
          ['y', { dtype: 'U8' as const, shape: [IMAGES], data: labels }],
        ]),
      ),
    }),
    data('CSV', { 'data.csv': table }),
    data('IDX', pair(images)),
    data('IDX, gzipped', pair(gzipSync(images))),
    {
      ...data('IDX in gzip', pair(gzipSync(images))),
      inner: { bytes: images, wrap: (bytes) => gzipSync(bytes) },
    },
    data('CIFAR', { 'test_batch.bin': cifar }, stack([3, 32, 32], flat, full('out', 4))),
    data('PNG', folder('png', png)),
    data('JPEG', folder('jpg', jpg)),
  ];
}

function others(): readonly SoundFile[] {
  const { layers } = problemOf(tinyNetwork);
  return [
    {
      ...{ format: 'masks', role: 'masks', network: tinyNetwork },
      files: one('masks.safetensors', masksToSafetensors(fullMasks(layers), layers)),
    },
    {
      ...{ format: 'an architecture', role: 'architecture' },
      files: one('net.json', Buffer.from(encodeArchitecture(torchNetwork))),
    },
  ];
}

export const soundFiles = (): readonly SoundFile[] => [...models(), ...dataSets(), ...others()];
