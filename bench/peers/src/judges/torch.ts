/** PyTorch files: their tensors read with Python's own pickle, their networks as their authors wrote them, in TensorFlow.js. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  add,
  conv2d,
  matMul,
  maxPool,
  mean,
  mul,
  pad,
  relu,
  reshape,
  rsqrt,
  setBackend,
  stridedSlice,
  sub,
  tensor,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { channelsLast, type Judge } from './judge.ts';

const PYTHON = 'python3';
const READER = fileURLToPath(new URL('read_torch.py', import.meta.url));

type Weights = ReadonlyMap<string, Tensor>;
type Forward = (x: Tensor4D, of: (name: string) => Tensor) => Tensor;

async function tensorsOf(file: Uint8Array): Promise<Record<string, { shape: number[]; data: string }>> {
  const folder = await mkdtemp(join(tmpdir(), 'masksearch-torch-'));
  try {
    const path = join(folder, 'model.pth');
    await writeFile(path, file);
    const text = execFileSync(PYTHON, [READER, path], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    return JSON.parse(text) as Record<string, { shape: number[]; data: string }>;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const judgeOf = (name: string, forward: Forward): Judge => ({
  name: `Python's pickle and TensorFlow.js, ${name}`,
  lack: () => (spawnSync(PYTHON, ['--version']).status === 0 ? undefined : `there is no ${PYTHON}`),
  async judge({ main }, images) {
    if (!(await setBackend('wasm'))) throw new Error('TensorFlow.js has no WebAssembly backend here');
    const stored = await tensorsOf(main);
    const outputs = tidy(() => {
      const weights: Weights = new Map(
        Object.entries(stored).map(([key, { shape, data }]) => {
          const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
          return [key.replace(/^module\./, ''), tensor(new Float32Array(bytes.buffer), shape)];
        }),
      );
      const of = (key: string) => {
        const found = weights.get(key);
        if (!found) throw new Error(`the file has no ${key}`);
        return found;
      };
      const [channels, rows, columns] = images.shape;
      const x: Tensor4D = tensor(channelsLast(images), [images.count, rows, columns, channels]);
      return forward(x, of).dataSync() as Float32Array;
    });
    return { outputs: new Float32Array(outputs) };
  },
});

/** PyTorch has [outputs, inputs, rows, columns]. */
const kernel = (weight: Tensor): Tensor4D => transpose(weight as Tensor4D, [2, 3, 1, 0]);
const linear = (x: Tensor2D, weight: Tensor, bias: Tensor): Tensor2D =>
  add(matMul(x, weight as Tensor2D, false, true), bias);
/** As PyTorch flattens: channels first. */
const flat = (x: Tensor4D): Tensor2D => {
  const first = transpose(x, [0, 3, 1, 2]);
  return reshape(first, [first.shape[0], -1]);
};

/** LeNet of FYH620/lenet-mnist-openvino; its names of layers are those of its file. */
export const lenet: Judge = judgeOf('LeNet', (x, of) => {
  const layer = (name: string, input: Tensor4D): Tensor4D => {
    const product: Tensor4D = conv2d(input, kernel(of(`${name}.weight`)), 1, 'valid');
    return relu(maxPool(add<Tensor4D>(product, of(`${name}.bias`)), 2, 2, 'valid'));
  };
  const features = flat(layer('conv2', layer('conv1', x)));
  const dense = (name: string, input: Tensor2D) => linear(input, of(`${name}.weight`), of(`${name}.bias`));
  return dense('fc3', relu(dense('fc2', relu(dense('fc1', features)))));
});

/** ResNet-20 of akamaster/pytorch_resnet_cifar10, with shortcuts of kind A. */
export const resnet20: Judge = judgeOf('ResNet-20', (x, of) => {
  const norm = (name: string, input: Tensor4D): Tensor4D => {
    const scale = mul(of(`${name}.weight`), rsqrt(add(of(`${name}.running_var`), 1e-5)));
    return add(mul(sub(input, of(`${name}.running_mean`)), scale), of(`${name}.bias`));
  };
  const convolve = (name: string, input: Tensor4D, stride: number): Tensor4D => {
    // The same on all sides, which 'same' is not at stride 2.
    const around: [number, number][] = [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ];
    return conv2d(pad(input, around), kernel(of(`${name}.weight`)), stride, 'valid');
  };
  let y = relu(norm('bn1', convolve('conv1', x, 1)));
  for (let stage = 1; stage <= 3; stage++)
    for (let block = 0; block < 3; block++) {
      const name = `layer${stage}.${block}`;
      const stride = stage > 1 && block === 0 ? 2 : 1;
      const inner = relu(norm(`${name}.bn1`, convolve(`${name}.conv1`, y, stride)));
      const sum = norm(`${name}.bn2`, convolve(`${name}.conv2`, inner, 1));
      y = relu(add(sum, stride === 1 ? y : shortcut(y, sum.shape[3])));
    }
  return linear(mean(y, [1, 2]), of('linear.weight'), of('linear.bias'));
});

/** Every second pixel, and zeros around the channels. */
function shortcut(x: Tensor4D, channels: number): Tensor4D {
  const taken = stridedSlice(x, [0, 0, 0, 0], x.shape, [1, 2, 2, 1]) as Tensor4D;
  const side = (channels - x.shape[3]) / 2;
  const around: [number, number][] = [
    [0, 0],
    [0, 0],
    [0, 0],
    [side, side],
  ];
  return pad(taken, around);
}
