/** All backends on candidates that carry tensors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { EvaluatorOptions } from '../../src/engine/backend.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { spawnNodeWorker } from '../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import {
  activation,
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalPool,
  sequential,
} from '../../src/network/builder.ts';
import { lenet5 } from '../../src/network/lenet5.ts';
import type { Network } from '../../src/network/network.ts';
import type { Candidate } from '../../src/search/contract.ts';
import { GRAPHS } from '../helpers/data/graphs/index.ts';
import { fullMasks, randomImages, randomModel } from '../helpers/data/models.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { sample } from '../helpers/sample.ts';
import { NO_OPTIMIZATIONS, OPTIMIZATION_NAMES } from '../helpers/search/evaluations.ts';
import type { Configuration } from './suite/backend.ts';
import { testTensorSequences } from './suite/index.ts';

/** Depthwise and pointwise convolutions with normalisations that are folded, as in mobile networks. */
const depthwise = sequential(
  [1, 8, 8],
  conv2d('stem', { outChannels: 4, kernel: 3, stride: 2, padding: 1, bias: false }),
  batchNorm('stem norm'),
  activation('stem swish', 'hard-swish'),
  conv2d('deep', { outChannels: 4, kernel: 3, padding: 1, groups: 4, bias: false }),
  batchNorm('deep norm'),
  activation('deep relu6', 'relu6'),
  conv2d('point', { outChannels: 6, kernel: 1 }),
  batchNorm('point norm'),
  activation('point silu', 'silu'),
  globalPool('pooled', 'average'),
  flatten('flat'),
  dense('out', { outputs: 4 }),
);

/** Two layers whose normalisations are one, which is also applied to what is no layer's output alone. */
const sharedNorm = sequential(
  [1, 8, 8],
  conv2d('first', { outChannels: 3, kernel: 3, padding: 1 }),
  batchNorm('norm'),
  activation('first tanh', 'tanh'),
  conv2d('second', { outChannels: 3, kernel: 3, padding: 1, bias: false }),
  { ...batchNorm('norm'), name: 'norm again' },
  activation('second tanh', 'tanh'),
  { ...batchNorm('norm'), name: 'norm of activations' },
  conv2d('third', { outChannels: 3, kernel: 1 }),
  activation('third tanh', 'tanh'),
  globalPool('pooled', 'average'),
  flatten('flat'),
  dense('out', { outputs: 4 }),
);

const networks: Readonly<Record<string, Network>> = {
  'LeNet-5': lenet5(),
  residual: GRAPHS.residual,
  depthwise,
  'shared weights': GRAPHS['shared weights'],
  'shared normalisation': sharedNorm,
};
const models = Object.fromEntries(
  Object.entries(networks).map(([name, network]) => [name, randomModel(network, `tensors ${name}`)]),
);

/** An engine with each optimization switched off, all of them, and with less memory for the cache. */
function inAllWays(
  configuration: Configuration,
): readonly (Configuration & { options?: EvaluatorOptions })[] {
  const ways: readonly EvaluatorOptions[] = [
    { optimizations: NO_OPTIMIZATIONS },
    ...OPTIMIZATION_NAMES.map((name) => ({ optimizations: { [name]: false } })),
    ...[0, 40_000].map((memory) => ({ memory })),
  ];
  return ways.map((options) => ({
    ...configuration,
    name: `${configuration.name} ${JSON.stringify(options)}`,
    options,
  }));
}

const reference: Configuration = { name: 'reference', open: () => Promise.resolve(referenceEngine()) };
testTensorSequences({
  name: 'reference',
  configurations: [reference, ...sample(inAllWays(reference), 16)],
  ...{ images: 33, batches: 7, models },
});

const wasm = (threads: number, shared: boolean): Configuration => ({
  name: `WebAssembly, ${threads} threads, ${shared ? 'shared' : 'copied'} memory`,
  open: () => wasmEngine({ threads, shared, spawn: spawnNodeWorker }),
});
const threads = [wasm(1, true), wasm(2, true), wasm(5, true), wasm(1, false), wasm(2, false), wasm(5, false)];
testTensorSequences({
  name: 'WebAssembly',
  configurations: [...threads, ...sample(inAllWays(wasm(2, true)), 12, 2)],
  ...{ images: 131, batches: 14, models },
});

test('WebAssembly: workers are sent what their memory lacks, and list kept weights where weights have changed', async () => {
  const writes: number[] = [];
  const spawn: typeof spawnNodeWorker = (events) => {
    const worker = spawnNodeWorker(events);
    return {
      ...worker,
      post(request) {
        if (request.type === 'write') writes.push(request.bytes.byteLength);
        worker.post(request);
      },
    };
  };
  const model = models['depthwise']!;
  const engine = await wasmEngine({ threads: 1, shared: false, spawn });
  try {
    const evaluator = await engine.evaluator(model, randomImages(depthwise, 25, 'writes'), {
      optimizations: { reuse: false, prefixCache: false },
    });
    const masks = fullMasks(depthwise);
    const written = async (candidate: Candidate) => {
      writes.length = 0;
      await evaluator.evaluate([candidate]);
      // But what every pass writes: its control words.
      return writes.filter((bytes) => bytes !== 16);
    };
    const changed = (name: string) => new Map([[name, model.tensors.get(name)!.with(0, 0.7)]]);
    const weight = changed('point.weight');
    const shift = changed('point norm.bias');
    const at = (ofLayer: ReadonlyMap<string, Float32Array> | undefined): Candidate => ({
      masks,
      tensors: [undefined, undefined, ofLayer, undefined],
    });
    await written({ masks });
    assert.equal(await written({ masks }), []);
    assert.equal(await written(at(weight)), [4 * 24], 'a weight does not change a bias');
    assert.equal(await written(at(new Map([...weight, ...shift]))), [4 * 6], 'nor a shift a weight');
    assert.equal(await written(at(shift)), [4 * 24]);
    assert.equal(await written(at(changed('point norm.running_var'))), [4 * 24, 4 * 6]);
    assert.equal(await written(at(undefined)), [4 * 24, 4 * 6]);
  } finally {
    await engine.close();
  }
});

const opened = await acquireEngine();
test.after(() => opened.close());
const webgpu: Configuration = { name: 'WebGPU', open: acquireEngine, opened };
testTensorSequences({
  name: 'WebGPU',
  configurations: [webgpu, ...sample(inAllWays(webgpu), 16, 1)],
  ...{ images: 37, batches: 7, models },
});

test.run();
