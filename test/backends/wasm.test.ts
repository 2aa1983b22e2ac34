import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { GRAPHS } from '../helpers/data/graphs/index.ts';
import { everyNth, isFull, sample } from '../helpers/sample.ts';
import { spawnNodeWorker } from '../../src/engine/wasm/node/workers.ts';
import { lenet5 } from '../../src/network/lenet5.ts';
import { loadMnist, loadModel, takeImages } from '../../src/node.ts';
import { simulatedAnnealing } from '../../src/search/article/simulated-annealing.ts';
import type { Backend } from './suite/backend.ts';
import * as suite from './suite/index.ts';

/**
 * Digest of the run on the trained network below. WebAssembly gives the same bits on every machine, so this stands until
 * a kernel, the bundled model, the split or the search changes; none of them should without being meant to.
 */
const TRAINED_DIGEST = '6966e7113444f1dc2a53b30dda8b31a7c571f33b68c8555c5f282306a42dd772';

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

function reordered(): readonly number[] {
  const layers = [...gathered].sort();
  gathered.clear();
  return layers;
}

const configuration = (threads: number, shared: boolean): Backend => ({
  name: `WebAssembly, ${threads} threads, ${shared ? 'shared' : 'copied'} memory`,
  open: () => wasmEngine({ threads, shared, spawn: watchedWorker }),
  skipsPruned: true,
  abortsInTheMiddle: true,
  finishesOnClose: false,
  // In a sample each of the two that take the whole suite has half of them.
  graphs: isFull ? GRAPHS : Object.fromEntries(everyNth(Object.entries(GRAPHS), 2, Number(shared))),
  long: { network: lenet5(), images: 1000, candidates: 40 },
  program: `import { wasmEngine } from './src/engine/wasm/wasm.ts';
    import { spawnNodeWorker as spawn } from './src/engine/wasm/node/workers.ts';
    const engine = await wasmEngine({ threads: ${threads}, shared: ${shared}, spawn });`,
});

const alone = configuration(1, true);
const [shared, copied] = [configuration(2, true), configuration(2, false)];
const all = [alone, shared, configuration(5, true), configuration(1, false), copied, configuration(5, false)];

for (const backend of [shared, copied]) suite.testContract(backend);
suite.testTrainedNetwork(shared);
suite.testBits({ name: 'WebAssembly', configurations: all, imageCount: 131 });
for (const backend of sample(all, 3)) suite.testLayerwise(backend, { roundsPerLayer: 12, reordered });
suite.testDigests(alone, {
  images: 90,
  seeds: sample(['1', '2', '3'], 3),
  iterations: 40,
  generations: 6,
  settings: {
    annealing: (seed) => sample(suite.oneAtATime([1, 4, 16, 'adaptive'], seed === 0 ? 'every' : seed), 2),
    breeding: (seed) => sample(suite.oneAtATime([1, 4, 16], seed), 2),
    tuned: (seed) => sample(suite.oneAtATime([1, 4, 16], seed), 2),
  },
});

test('WebAssembly: a search on the trained network has the pinned digest in every configuration', async () => {
  const task = { model: await loadModel(), images: takeImages((await loadMnist()).search, 300) };
  const make: suite.MakeSearch = (problem, options) =>
    simulatedAnnealing(problem, { iterations: 25, ...options });
  for (const [place, { open, name }] of [alone, shared, copied].entries()) {
    const engine = await open();
    try {
      for (const [i, settings] of suite.oneAtATime([1], 0).entries()) {
        // Everything on in every configuration, a third of the rest in each.
        if (i > 0 && i % 3 !== place) continue;
        const what = `${name}: ${JSON.stringify(settings)}`;
        const found = await suite.runSearch(engine, task, make, '1', settings);
        assert.is(found.digest, TRAINED_DIGEST, what);
        assert.is(found.forwardPasses < found.candidates, settings.reuse, `${what}: repeated proposals`);
      }
    } finally {
      await engine.close();
    }
  }
});

test.run();
