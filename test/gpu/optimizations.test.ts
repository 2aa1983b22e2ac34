/** Neither the work that is avoided nor speculation changes what a search finds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { weightImportance } from '../../src/baselines/importance.ts';
import { holdBack } from '../../src/data/dataset.ts';
import type { Optimizations } from '../../src/engine/optimizations.ts';
import type { CountingEvaluator, Evaluator, Problem, Search } from '../../src/search/contract.ts';
import { geneticAlgorithm } from '../../src/search/article/genetic-algorithm.ts';
import { run } from '../../src/search/run.ts';
import { withValidation } from '../../src/search/validation.ts';
import { simulatedAnnealing } from '../../src/search/article/simulated-annealing.ts';
import { tunedAnnealing } from '../../src/search/tuned/annealing.ts';
import { classifier } from '../helpers/classifier.ts';
import { OPTIMIZATION_NAMES, evaluateFull, NO_OPTIMIZATIONS } from '../helpers/evaluations.ts';
import { acquireEngine, withTimeout } from '../helpers/gpu.ts';
import { tinyNetwork } from '../helpers/models.ts';
import { pairwise, type Factors } from '../helpers/pairwise.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

/** Three chunks of images. */
const IMAGES = 150;
const { model, images } = classifier(tinyNetwork, IMAGES, 'optimizations', 30);

/** Candidates at once: a number, or as many as pay on an evaluator that says it is 16 wide. */
type Width = number | 'adaptive';

type Settings = Record<keyof Optimizations | 'lossLimits', boolean> & { readonly batchWidth: Width };

const switches = [...OPTIMIZATION_NAMES, 'lossLimits'].map((name) => [name, [true, false]] as const);
const factors = {
  batchWidth: [1, 4, 16, 64, 'adaptive'],
  ...Object.fromEntries(switches),
} as unknown as Factors<Settings>;

function wide(evaluator: CountingEvaluator): Evaluator {
  const { layers, depth, images: count } = evaluator;
  return {
    ...{ layers, depth, images: count, batchWidth: 16 },
    evaluate: (candidates, options) => evaluator.evaluate(candidates, options),
    close: () => evaluator.close(),
  };
}

const annealing = (problem: Problem, lossLimits: boolean) =>
  simulatedAnnealing(problem, { iterations: 20, lossToWarmup: 6, seed: '1', lossLimits });
const breeding = (problem: Problem, lossLimits: boolean) =>
  geneticAlgorithm(problem, { generations: 3, populationSize: 8, lossToWarmup: 6, seed: '1', lossLimits });

async function search(
  make: (problem: Problem, lossLimits: boolean) => Search,
  { batchWidth, lossLimits, ...optimizations }: Settings,
) {
  const evaluator = await engine.evaluator(model, images, { optimizations });
  const ran = run(make(evaluator, lossLimits), batchWidth === 'adaptive' ? wide(evaluator) : evaluator, {
    speculation: batchWidth === 'adaptive' ? true : batchWidth,
  });
  const result = await withTimeout(ran, 120_000, 'a search');
  await evaluator.close();
  return { ...result, work: evaluator.work };
}

const describe = (settings: Settings) =>
  `batchWidth ${settings.batchWidth}, without ${
    Object.keys(settings)
      .filter((name) => settings[name as keyof Settings] === false)
      .join(', ') || 'nothing'
  }`;

test('annealing has one digest for every batch width, with and without each optimization and every two', async () => {
  let digest: string | undefined;
  const combinations = pairwise(factors);
  assert.ok(combinations.length < 20 && combinations.some(({ batchWidth }) => batchWidth === 'adaptive'));
  for (const settings of combinations) {
    const { work, progress, ...found } = await search(annealing, settings);
    const what = describe(settings);
    digest ??= found.digest;
    assert.is(found.digest, digest, what);
    // Each run could have gone wrong.
    assert.ok(progress.accepted > 5, `${what}: ${progress.accepted} accepted`);
    assert.ok(found.best.sparsity.global > 0.05, `${what}: no mask has changed`);
    const stopsEarly = settings.earlyRejection && settings.lossLimits;
    assert.is(work.imagesEvaluated < work.forwardPasses * IMAGES, stopsEarly, `${what}: early stops`);
    const asked = 1 + progress.proposals;
    assert.is(
      work.candidates > asked,
      settings.batchWidth !== 1,
      `${what}: ${work.candidates} asked of ${asked}`,
    );
    assert.ok(work.candidates >= asked);
    const fresh = await engine.evaluator(model, images, { optimizations: NO_OPTIMIZATIONS });
    const { loss, accuracy } = await evaluateFull(fresh, progress.current!.masks);
    assert.equal([loss, accuracy], [progress.current!.loss, progress.current!.accuracy], what);
    await fresh.close();
  }
});

test('breeding has one digest with and without each optimization', async () => {
  const everything = Object.fromEntries(switches.map(([name]) => [name, true])) as unknown as Settings;
  let digest: string | undefined;
  for (const off of [undefined, ...switches.map(([name]) => name)]) {
    const settings = { ...everything, batchWidth: 1, ...(off && { [off]: false }) };
    const { work, progress, ...found } = await search(breeding, settings);
    const what = describe(settings);
    digest ??= found.digest;
    assert.is(found.digest, digest, what);
    assert.ok(progress.accepted > 5, `${what}: ${progress.accepted} feasible`);
    const stopsEarly = settings.earlyRejection && settings.lossLimits;
    assert.is(work.imagesEvaluated < work.forwardPasses * IMAGES, stopsEarly, `${what}: early stops`);
  }
});

test('tuned annealing has one digest and one choice for every batch width, with and without each optimization', async () => {
  const { tuning, validation } = holdBack(images);
  const importance = await weightImportance('magnitude', model, tuning);
  let expected: readonly unknown[] | undefined;
  for (const settings of pairwise(factors)) {
    const { batchWidth, lossLimits, ...optimizations } = settings;
    const evaluator = withValidation(
      await engine.evaluator(model, tuning, { optimizations }),
      await engine.evaluator(model, validation, { optimizations }),
    );
    const tuned = tunedAnnealing(evaluator, { evaluations: 240, maxLoss: 30, importance, lossLimits });
    const ran = run(tuned, batchWidth === 'adaptive' ? wide(evaluator) : evaluator, {
      speculation: batchWidth === 'adaptive' ? true : batchWidth,
    });
    const { digest, best, progress } = await withTimeout(ran, 120_000, 'a search');
    await evaluator.close();
    const what = describe(settings);
    const found = [
      digest,
      best.loss,
      best.sparsity,
      tuned.validation!.best,
      tuned.front.map(({ loss }) => loss),
    ];
    expected ??= found;
    assert.equal(found, expected, what);
    // The last is kept for a look at the validation images, where there is something new to look at.
    assert.ok([239, 240].includes(progress.proposals), what);
    assert.ok(progress.accepted > 10 && best.sparsity.global > 0.1, `${what}: ${progress.accepted} accepted`);
  }
});

test.run();
