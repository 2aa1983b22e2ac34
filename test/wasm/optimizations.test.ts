/** None of the work that is avoided changes what a search finds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { weightImportance } from '../../src/baselines/importance.ts';
import { holdBack, type ImageSet } from '../../src/data/dataset.ts';
import type { Engine, EvaluatorOptions } from '../../src/engine/backend.ts';
import type { Model } from '../../src/network/model.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { spawnNodeWorker } from '../../src/engine/wasm/node/workers.ts';
import { loadMnist, loadModel, takeImages } from '../../src/node.ts';
import type {
  CountingEvaluator,
  Evaluation,
  Evaluator,
  EvaluatorWork,
  Problem,
  Search,
} from '../../src/search/contract.ts';
import { geneticAlgorithm } from '../../src/search/article/genetic-algorithm.ts';
import { run } from '../../src/search/run.ts';
import { withValidation } from '../../src/search/validation.ts';
import { simulatedAnnealing } from '../../src/search/article/simulated-annealing.ts';
import { tunedAnnealing } from '../../src/search/tuned/annealing.ts';
import { classifier } from '../helpers/classifier.ts';
import { OPTIMIZATION_NAMES, evaluateFull, NO_OPTIMIZATIONS } from '../helpers/evaluations.ts';
import { withTimeout } from '../helpers/gpu.ts';
import { tinyNetwork } from '../helpers/models.ts';

/**
 * Digest of the run on the trained network below. WebAssembly gives the same bits on every machine, so this stands until
 * a kernel, the bundled model, the split or the search changes; none of them should without being meant to.
 */
const TRAINED_DIGEST = '6966e7113444f1dc2a53b30dda8b31a7c571f33b68c8555c5f282306a42dd772';

interface Configuration extends EvaluatorOptions {
  readonly name: string;
  readonly lossLimits?: boolean;
}

const configurations: readonly Configuration[] = [
  { name: 'everything on' },
  ...OPTIMIZATION_NAMES.map((name) => ({ name: `no ${name}`, optimizations: { [name]: false } })),
  { name: 'no loss limits', lossLimits: false },
  { name: 'everything off', optimizations: NO_OPTIMIZATIONS, lossLimits: false },
];

/** The same evaluator, asked for at most `batchWidth` candidates at a time: a generation comes whole. */
function widened(evaluator: CountingEvaluator, batchWidth: number): Evaluator {
  const { layers, depth, images } = evaluator;
  return {
    layers,
    depth,
    images,
    batchWidth,
    async evaluate(candidates, options) {
      const evaluations: Evaluation[] = [];
      for (let i = 0; i < candidates.length; i += batchWidth) {
        evaluations.push(...(await evaluator.evaluate(candidates.slice(i, i + batchWidth), options)));
      }
      return evaluations;
    },
    close: () => evaluator.close(),
  };
}

/** A search over a problem, with or without limits on the loss. */
type Searching = (problem: Problem, lossLimits: boolean | undefined) => Search<unknown>;

async function search(
  engine: Engine,
  { model, images }: { model: Model; images: ImageSet },
  searching: Searching,
  { optimizations, lossLimits }: Configuration,
  batchWidth = 1,
) {
  const evaluator = await engine.evaluator(model, images, { optimizations });
  const ran = run(searching(evaluator, lossLimits), widened(evaluator, batchWidth));
  const result = await withTimeout(ran, 60_000, 'a search');
  await evaluator.close();
  assert.ok(result.completed && result.progress.accepted > 10, 'there is nothing to compare');
  return { ...result, work: evaluator.work };
}

/** Fails unless the work that a configuration avoids really was, and what it does not optimizations was done. */
function assertOptimized(
  work: EvaluatorWork,
  images: number,
  { optimizations, lossLimits }: Configuration,
  what: string,
): void {
  const { candidates, forwardPasses, imagesEvaluated } = work;
  const stopsEarly = optimizations?.earlyRejection !== false && lossLimits !== false;
  assert.is(imagesEvaluated < forwardPasses * images, stopsEarly, `${what}: early stops`);
  // No layer is ever dropped as a whole and no weight regrown, so no limit is below all losses.
  assert.is(forwardPasses < candidates, optimizations?.reuse !== false, `${what}: repeated proposals`);
}

/** The final masks have the loss that the run says, on an evaluator that has seen nothing else. */
async function assertFinal(
  engine: Engine,
  { model, images }: { model: Model; images: ImageSet },
  { progress }: Awaited<ReturnType<typeof search>>,
): Promise<void> {
  const fresh = await engine.evaluator(model, images, { optimizations: NO_OPTIMIZATIONS });
  const { loss, accuracy } = await evaluateFull(fresh, progress.current!.masks);
  assert.is(loss, progress.current!.loss);
  assert.is(accuracy, progress.current!.accuracy);
  await fresh.close();
}

/** Closes the engine also after a failure: its workers would keep the process alive. */
async function withEngine(engine: Engine, body: (engine: Engine) => Promise<void>): Promise<void> {
  try {
    await body(engine);
  } finally {
    await engine.close();
  }
}

const openWasm = (threads: number, shared = true) => wasmEngine({ threads, shared, spawn: spawnNodeWorker });
const openOn = async (device: string) => (device === 'reference' ? referenceEngine() : await openWasm(1));

const tiny = classifier(tinyNetwork, 90, 'optimizations', 30);
const annealing =
  (seed: string): Searching =>
  (problem, lossLimits) =>
    simulatedAnnealing(problem, { iterations: 40, lossToWarmup: 6, seed, lossLimits });
const breeding =
  (seed: string): Searching =>
  (problem, lossLimits) =>
    geneticAlgorithm(problem, { generations: 6, lossToWarmup: 6, seed, lossLimits });
const seeds = ['1', '2', '3'];
const widths = [1, 4, 16];

for (const device of ['WebAssembly', 'reference']) {
  test(`${device}: annealing has one digest with and without each optimization, asked in any batch width`, async () => {
    await withEngine(await openOn(device), async (engine) => {
      const digests = new Set<string>();
      for (const [s, seed] of seeds.entries()) {
        let digest: string | undefined;
        for (const [v, configuration] of configurations.entries()) {
          // Every configuration in every batch width, but mostly with another seed each, since there are so many.
          const inAll = device === 'WebAssembly' && s === 0;
          for (const batchWidth of inAll ? widths : [widths[(s + v) % widths.length]!]) {
            const found = await search(engine, tiny, annealing(seed), configuration, batchWidth);
            const what = `${configuration.name}, seed ${seed}, batch width ${batchWidth}`;
            digest ??= found.digest;
            assert.is(found.digest, digest, what);
            assertOptimized(found.work, tiny.images.count, configuration, what);
            if (v === 0) await assertFinal(engine, tiny, found);
          }
        }
        digests.add(digest!);
      }
      assert.is(digests.size, seeds.length, 'seeds make no difference');
    });
  });

  test(`${device}: breeding has one digest with and without each optimization, asked in any batch width`, async () => {
    await withEngine(await openOn(device), async (engine) => {
      const digests = new Set<string>();
      for (const [s, seed] of seeds.entries()) {
        let digest: string | undefined;
        for (const [v, configuration] of configurations.entries()) {
          const batchWidth = widths[(s + v) % widths.length]!;
          const found = await search(engine, tiny, breeding(seed), configuration, batchWidth);
          const what = `${configuration.name}, seed ${seed}, batch width ${batchWidth}`;
          digest ??= found.digest;
          assert.is(found.digest, digest, what);
          const { candidates, forwardPasses, imagesEvaluated } = found.work;
          const stopsEarly =
            configuration.optimizations?.earlyRejection !== false && configuration.lossLimits !== false;
          assert.is(imagesEvaluated < forwardPasses * tiny.images.count, stopsEarly, `${what}: early stops`);
          // Elites and twins are not asked for again.
          assert.ok(candidates < found.progress.proposals, `${what}: repeated individuals`);
          if (v === 0) await assertFinal(engine, tiny, found);
        }
        digests.add(digest!);
      }
      assert.is(digests.size, seeds.length, 'seeds make no difference');
    });
  });
}

for (const device of ['WebAssembly', 'reference']) {
  test(`${device}: tuned annealing has one digest with and without each optimization, asked in any batch width`, async () => {
    await withEngine(await openOn(device), async (engine) => {
      const { model, images } = tiny;
      const held = holdBack(images);
      const importance = await weightImportance('magnitude', model, held.tuning);
      const digests = new Set<string>();
      for (const [s, seed] of seeds.entries()) {
        let expected: readonly unknown[] | undefined;
        for (const [v, { name, optimizations, lossLimits }] of configurations.entries()) {
          const batchWidth = widths[(s + v) % widths.length]!;
          const evaluator = withValidation(
            await engine.evaluator(model, held.tuning, { optimizations }),
            await engine.evaluator(model, held.validation, { optimizations }),
          );
          const options = { seed, evaluations: 240, maxLoss: 30, importance, lossLimits };
          const tuned = tunedAnnealing(evaluator, options);
          const ran = run(tuned, widened(evaluator, batchWidth), { speculation: batchWidth });
          const { digest, best, progress } = await withTimeout(ran, 60_000, 'a search');
          await evaluator.close();
          const what = `${name}, seed ${seed}, batch width ${batchWidth}`;
          const front = tuned.front.map(({ loss }) => loss);
          const found = [digest, best.loss, best.sparsity, tuned.validation!.best, front];
          expected ??= found;
          assert.equal(found, expected, what);
          assert.ok(progress.accepted > 10 && best.sparsity.global > 0.1, what);
          digests.add(digest);
        }
      }
      assert.is(digests.size, seeds.length, 'seeds make no difference');
    });
  });
}

test('the trained network: the pinned digest, with any optimization, threads and memory', async () => {
  const trained = {
    model: await loadModel(),
    images: takeImages((await loadMnist()).search, 300),
  };
  const searching: Searching = (problem, lossLimits) =>
    simulatedAnnealing(problem, { seed: '1', iterations: 25, lossLimits });
  const places = [
    { place: '1 thread', open: () => openWasm(1) },
    { place: '2 threads', open: () => openWasm(2) },
    { place: 'copied memory', open: () => openWasm(2, false) },
  ];
  for (const [e, { place, open }] of places.entries()) {
    await withEngine(await open(), async (engine) => {
      for (const [v, configuration] of configurations.entries()) {
        // Everything on in every engine, a third of the rest in each.
        if (v > 0 && v % 3 !== e) continue;
        const found = await search(engine, trained, searching, configuration);
        const what = `${configuration.name}, ${place}`;
        assert.is(found.digest, TRAINED_DIGEST, what);
        assertOptimized(found.work, trained.images.count, configuration, what);
        if (v === 0) await assertFinal(engine, trained, found);
      }
    });
  }
});

test.run();
