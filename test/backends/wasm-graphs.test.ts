/** Networks that are no chains on WebAssembly, with every optimization, number of threads and size of the cache. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../src/data/dataset.ts';
import type { EvaluatorOptions } from '../../src/engine/backend.ts';
import { spawnNodeWorker } from '../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { fuse } from '../../src/network/fuse.ts';
import { aliveAt } from '../../src/network/liveness.ts';
import type { Model } from '../../src/network/model.ts';
import type { Network } from '../../src/network/network.ts';
import { problemOf } from '../../src/network/problem.ts';
import { simulatedAnnealing } from '../../src/search/article/simulated-annealing.ts';
import type { Candidate, Evaluation } from '../../src/search/contract.ts';
import { run } from '../../src/search/run.ts';
import { generator } from '../helpers/data/numbers.ts';
import { fullMasks, randomImages, randomMasks, randomModel } from '../helpers/data/models.ts';
import { GRAPHS } from '../helpers/data/graphs/index.ts';
import { withTimeout } from '../helpers/gpu.ts';
import { evaluateAll, evaluateFull, expectation, NO_OPTIMIZATIONS } from '../helpers/search/evaluations.ts';
import { sample } from '../helpers/sample.ts';
import { withEngine } from './suite/backend.ts';

/** Cached tensors that a worker was told to reorder. */
const gathered = new Set<number>();

const watchedWorker: typeof spawnNodeWorker = (events) => {
  const worker = spawnNodeWorker(events);
  return {
    ...worker,
    post(request) {
      if (request.type === 'pass' && request.pass.kind === 'gather') gathered.add(request.pass.tensor);
      worker.post(request);
    },
  };
};

const configurations = [
  { threads: 1, shared: true },
  { threads: 2, shared: true },
  { threads: 2, shared: false },
].map(({ threads, shared }) => ({
  name: `${threads} threads, ${shared ? 'shared' : 'copied'} memory`,
  open: () => wasmEngine({ threads, shared, spawn: watchedWorker }),
}));

/** A random model, and images whose labels are mostly its predictions. */
function taskOf(network: Network, count: number, seed: string) {
  const model = randomModel(network, seed);
  const unlabelled = randomImages(network, count, seed);
  const { predictions } = expectation(model, unlabelled, fullMasks(network));
  const labels = predictions.map((best, i) => (i % 7 === 0 ? unlabelled.labels![i]! : best));
  return { model, images: { ...unlabelled, labels } };
}

for (const [name, network] of sample(Object.entries(GRAPHS), 3)) {
  test(`${name}: optimizations, threads and memory for the cache change no evaluation`, async () => {
    const { model, images } = taskOf(network, 131, name);
    const batches = await layerwiseBatches(network, model, images);
    const masks = problemOf(network).layers.length;
    const play = async (configuration: (typeof configurations)[number], options?: EvaluatorOptions) => {
      const evaluations: Evaluation[] = [];
      await withEngine(configuration, async (engine) => {
        const evaluator = await engine.evaluator(model, images, options);
        for (const batch of batches) evaluations.push(...(await evaluateAll(evaluator, batch, batch.length)));
      });
      return evaluations;
    };
    const plain = await play(configurations[0]!, { optimizations: NO_OPTIMIZATIONS });
    assert.ok(
      new Set(plain.map((one) => JSON.stringify(one))).size > 2 * masks,
      'the candidates make no difference',
    );
    for (const configuration of configurations) {
      for (const memory of [undefined, 0, 40_000, 400_000]) {
        gathered.clear();
        const found = await play(configuration, { memory });
        assert.equal(found, plain, `${configuration.name}, ${memory} bytes`);
        if (memory === 0) assert.is(gathered.size, 0, 'nothing is cached');
        else if (memory === undefined) assertGathers(network);
      }
    }
  });

  test(`${name}: a search has the same digest with any optimizations and number of threads`, async () => {
    const task = taskOf(network, 80, `${name} digest`);
    const digests = new Set<string>();
    for (const configuration of configurations) {
      for (const options of [{}, { memory: 100_000 }, { optimizations: NO_OPTIMIZATIONS }]) {
        await withEngine(configuration, async (engine) => {
          const evaluator = await engine.evaluator(task.model, task.images, options);
          const search = simulatedAnnealing(evaluator, { seed: 'graph', iterations: 12, lossToWarmup: 60 });
          const { digest, history } = await withTimeout(run(search, evaluator), 60_000, 'a search');
          assert.ok(history.length > 3, 'nothing is accepted');
          digests.add(digest);
        });
      }
    }
    assert.is(digests.size, 1);
  });
}

/** Fails unless every tensor that is alive where some mask is first used was brought into another order. */
function assertGathers(network: Network): void {
  const layers = fuse(network);
  const needed = new Set<number>();
  const seen = new Set<number>();
  layers.forEach(({ mask }, s) => {
    if (mask === undefined || seen.has(mask)) return;
    seen.add(mask);
    for (const tensor of aliveAt(layers, s)) if (tensor > 0) needed.add(tensor);
  });
  const missing = [...needed].filter((tensor) => !gathered.has(tensor));
  assert.equal(missing, [], 'tensors that were never gathered');
}

/**
 * Batches like those of an annealing that visits one mask after another: each candidate differs from the current masks in one, with
 * a limit near its loss or none.
 */
async function layerwiseBatches(
  network: Network,
  model: Model,
  images: ImageSet,
): Promise<readonly Candidate[][]> {
  const random = generator('layer by layer');
  const batches: Candidate[][] = [];
  let current = fullMasks(network);
  await withEngine(configurations[0]!, async (engine) => {
    const evaluator = await engine.evaluator(model, images, { optimizations: NO_OPTIMIZATIONS });
    for (const layer of [...current.keys(), ...[...current.keys()].reverse()]) {
      for (let round = 0; round < 4; round++) {
        const batch: Candidate[] = [];
        for (let i = round === 2 ? random.below(3) : 0; i >= 0; i--) {
          const thinned = randomMasks(network, 0.7, `${layer} ${round} ${i}`)[layer]!;
          const masks = current.with(layer, thinned);
          const { loss } = await evaluateFull(evaluator, masks);
          const factor = [undefined, 1, 1 - 1e-9, 0.5][random.below(4)];
          batch.push(factor === undefined ? { masks } : { masks, lossLimit: factor * loss });
        }
        batches.push(batch);
      }
      current = batches.at(-1)!.at(-1)!.masks;
    }
  });
  return batches;
}

test.run();
