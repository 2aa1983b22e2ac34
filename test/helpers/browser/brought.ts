/** What visitors bring beside ONNX: tiny models in files of other formats, each with data in another format that it is right on. */
import { encode as encodePng } from 'fast-png';
import {
  classify,
  encodeArchitecture,
  modelFromFile,
  type ImageSet,
  type Model,
  type ModelOptions,
} from '../../../src/index.ts';
import type { Network } from '../../../src/network/network.ts';
import { npyBytes, npyFloats, npyWhole, npz } from '../data/npy.ts';
import { generator } from '../data/numbers.ts';
import { h5Of, tfjsOf } from '../keras/files.ts';
import { KerasBuilder } from '../keras/network.ts';
import { dict, torchZip } from '../torch/file.ts';
import { network as torchNetwork, stateDict } from '../torch/network.ts';
import type { NamedFiles } from './own-files.ts';

export interface Brought {
  /** The first is the main one. */
  readonly model: NamedFiles;
  readonly data: NamedFiles;
  readonly reading?: ModelOptions;
}

export function readBrought({ model, reading = {} }: Pick<Brought, 'model' | 'reading'>): Model {
  const [[name, bytes], ...beside] = Object.entries(model) as [[string, Uint8Array]];
  return modelFromFile({ name, bytes }, reading, new Map(beside));
}

/** Images of a class at least. */
const MIN_EACH = 5;

/** Those of the images, at most `each` of a class, with the classes that the model gives them. */
function ofEachClass(model: Model, images: ImageSet, each: number): { pixels: number[][]; labels: number[] } {
  const size = images.pixels.length / images.count;
  const scores = classify(model, { ...images, labels: new Uint8Array(images.count) });
  const found = scores.map((one) => one.indexOf(Math.max(...one)));
  const classes = scores[0]!.length;
  const indices = Array.from({ length: classes }, (_, label) => {
    const own = found.flatMap((one, i) => (one === label ? [i] : [])).slice(0, each);
    if (own.length < MIN_EACH) throw new Error(`only ${own.length} images are of class ${label}`);
    return own;
  });
  // The classes in turn.
  const order = Array.from({ length: each }, (_, i) => indices.flatMap((own) => own.slice(i, i + 1))).flat();
  return {
    pixels: order.map((i) => [...images.pixels.subarray(i * size, (i + 1) * size)]),
    labels: order.map((i) => found[i]!),
  };
}

/** Images whose quadrants differ, so that a network of random weights tells them apart: bytes, [image, channel, row, column]. */
function quadrants(seed: string, count: number, channels: number, side: number): Uint8Array {
  const { below } = generator(seed);
  const bytes = new Uint8Array(count * channels * side * side);
  for (let plane = 0; plane < count * channels; plane++) {
    const levels = Array.from({ length: 4 }, () => below(4) * 64);
    for (let i = 0; i < side * side; i++) {
      const [row, column] = [Math.floor(i / side), i % side];
      const quadrant = 2 * Number(2 * row >= side) + Number(2 * column >= side);
      bytes[plane * side * side + i] = levels[quadrant]! + below(64);
    }
  }
  return bytes;
}

/** Waves of any amplitude, length and mean, [wave, point]. */
function waves(seed: string, count: number, points: number): Float32Array {
  const random = generator(seed);
  const lines = Array.from({ length: count }, () => {
    const [amplitude, rate, phase, mean] = random.floats(4, 2);
    return Array.from({ length: points }, (_, i) => mean! + amplitude! * Math.sin(rate! * i + phase!));
  });
  return Float32Array.from(lines.flat());
}

/** Images of two channels, channels last, as .h5 and npz. */
export function kerasH5(): Brought {
  const k = new KerasBuilder([8, 8, 2], 'page h5');
  k.conv(4, 3, 2, { activation: 'relu' });
  k.add('MaxPooling2D', { pool_size: [2, 2], strides: null, padding: 'valid' });
  k.add('Flatten');
  k.dense(3, 36, { activation: 'softmax' });
  const model = { 'pets.h5': h5Of(k.network()) };
  const images: ImageSet = {
    count: 1000,
    channels: 2,
    height: 8,
    width: 8,
    pixels: quadrants('h5', 1000, 2, 8),
  };
  const { pixels, labels } = ofEachClass(readBrought({ model }), images, 30);
  const x = npyBytes([labels.length, 2, 8, 8], pixels.flat());
  return { model, data: { 'pets.npz': npz({ x, y: npyWhole([labels.length], labels) }) } };
}

/** Signals of three channels, as `model.json` with shards and two npy files. */
export function tfjsSignals(): Brought {
  const k = new KerasBuilder([20, 3], 'signals 1');
  k.add(
    'Conv1D',
    { filters: 6, kernel_size: [3], strides: [1], padding: 'valid', activation: 'relu' },
    { kernel: [3, 3, 6], bias: [6] },
  );
  k.add('GlobalAveragePooling1D');
  k.dense(3, 6, { activation: 'softmax' });
  const { main, beside } = tfjsOf(k.network(), { shardBytes: 200 });
  const model = { 'model.json': main, ...Object.fromEntries(beside) };
  const pixels = waves('signals', 600 * 3, 20);
  const images: ImageSet = { count: 600, channels: 3, height: 1, width: 20, pixels };
  const { pixels: signals, labels } = ofEachClass(readBrought({ model }), images, 20);
  const data = {
    'x.npy': npyFloats([labels.length, 3, 20], signals.flat()),
    'y.npy': npyWhole([labels.length], labels),
  };
  return { model, data };
}

/** A network that pools by means, which a draft of it does not know; its state dict, and its images in a table. */
export function torchWeights(): Brought & { readonly architecture: Network } {
  const architecture: Network = {
    ...torchNetwork,
    nodes: torchNetwork.nodes.map((node) =>
      node.kind === 'pool2d' ? { ...node, operation: 'average', countPadding: false } : node,
    ),
  };
  const reading = { architecture: encodeArchitecture(architecture) };
  const model = { 'weights.pth': torchZip(dict(stateDict())) };
  const images: ImageSet = { count: 2000, height: 8, width: 8, pixels: quadrants('torch', 2000, 1, 8) };
  const { pixels, labels } = ofEachClass(readBrought({ model, reading }), images, 20);
  const header = ['kind', ...Array.from({ length: 64 }, (_, i) => `p${i}`)];
  const rows = pixels.map((row, i) => [`k${labels[i]}`, ...row]);
  const table = [header, ...rows].map((row) => row.join(',')).join('\n');
  return { architecture, reading, model, data: { 'images.csv': Buffer.from(table) } };
}

export const FOLDERS = ['cat', 'dog', 'great crested newt'];

/** Grey images as PNG in a folder for each class, by their paths, with a model of Keras for them. */
export function imageFolders(): Brought {
  const k = new KerasBuilder([6, 6, 1], 'page folders');
  k.add('Flatten');
  k.dense(12, 36, { activation: 'relu' });
  k.dense(3, 12, { activation: 'softmax' });
  const model = { 'net.h5': h5Of(k.network()) };
  const images: ImageSet = { count: 400, height: 6, width: 6, pixels: quadrants('folders', 400, 1, 6) };
  const { pixels, labels } = ofEachClass(readBrought({ model }), images, 20);
  const files = pixels.map((row, i) => {
    const data = Uint8Array.from(row);
    const png = encodePng({ width: 6, height: 6, channels: 1, depth: 8, data });
    return [`animals/${FOLDERS[labels[i]!]}/${i}.png`, new Uint8Array(png)] as const;
  });
  return { model, data: Object.fromEntries(files) };
}
