/** Neither the work that is avoided nor speculation changes what a search finds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { weightImportance } from '../../src/baselines/importance.ts';
import { holdBack } from '../../src/data/dataset.ts';
import type { Avoidance } from '../../src/engine/optimizations.ts';
import type { CountingEvaluator, Evaluator, Problem, Search } from '../../src/search/contract.ts';
import { geneticAlgorithm } from '../../src/search/article/genetic-algorithm.ts';
import { run } from '../../src/search/run.ts';
import { withSelection } from '../../src/search/validation.ts';
import { simulatedAnnealing } from '../../src/search/article/simulated-annealing.ts';
import { tunedAnnealing } from '../../src/search/tuned/annealing.ts';
import { classifier } from '../helpers/classifier.ts';
import { AVOIDANCE_NAMES, evaluateFull, NO_AVOIDANCE } from '../helpers/evaluations.ts';
import { acquireEngine, withTimeout } from '../helpers/gpu.ts';
import { tinyNetwork } from '../helpers/models.ts';
import { pairwise, type Factors } from '../helpers/pairwise.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

/** Three chunks of images. */
const IMAGES = 150;
const { model, images } = classifier(tinyNetwork, IMAGES, 'techniques', 30);

/** Candidates at once: a number, or as many as pay on an evaluator that says it is 16 wide. */
type Width = number | 'adaptive';

type Settings = Record<keyof Avoidance | 'lossLimits', boolean> & { readonly width: Width };

const switches = [...AVOIDANCE_NAMES, 'lossLimits'].map((name) => [name, [true, false]] as const);
const factors = {
  width: [1, 4, 16, 64, 'adaptive'],
  ...Object.fromEntries(switches),
} as unknown as Factors<Settings>;

function wide(evaluator: CountingEvaluator): Evaluator {
  const { layers, depth, images: count } = evaluator;
  return {
    ...{ layers, depth, images: count, width: 16 },
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
  { width, lossLimits, ...avoid }: Settings,
) {
  const evaluator = await engine.evaluator(model, images, { avoid });
  const ran = run(make(evaluator, lossLimits), width === 'adaptive' ? wide(evaluator) : evaluator, {
    speculation: width === 'adaptive' ? true : width,
  });
  const result = await withTimeout(ran, 120_000, 'a search');
  await evaluator.close();
  return { ...result, work: evaluator.work };
}

const describe = (settings: Settings) =>
  `width ${settings.width}, without ${
    Object.keys(settings)
      .filter((name) => settings[name as keyof Settings] === false)
      .join(', ') || 'nothing'
  }`;

test('annealing has one digest for every width, with and without each technique and every two', async () => {
  let digest: string | undefined;
  const combinations = pairwise(factors);
  assert.ok(combinations.length < 20 && combinations.some(({ width }) => width === 'adaptive'));
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
    assert.is(work.candidates > asked, settings.width !== 1, `${what}: ${work.candidates} asked of ${asked}`);
    assert.ok(work.candidates >= asked);
    const fresh = await engine.evaluator(model, images, { avoid: NO_AVOIDANCE });
    const { loss, accuracy } = await evaluateFull(fresh, progress.current!.masks);
    assert.equal([loss, accuracy], [progress.current!.loss, progress.current!.accuracy], what);
    await fresh.close();
  }
});

test('breeding has one digest with and without each technique', async () => {
  const everything = Object.fromEntries(switches.map(([name]) => [name, true])) as unknown as Settings;
  let digest: string | undefined;
  for (const off of [undefined, ...switches.map(([name]) => name)]) {
    const settings = { ...everything, width: 1, ...(off && { [off]: false }) };
    const { work, progress, ...found } = await search(breeding, settings);
    const what = describe(settings);
    digest ??= found.digest;
    assert.is(found.digest, digest, what);
    assert.ok(progress.accepted > 5, `${what}: ${progress.accepted} feasible`);
    const stopsEarly = settings.earlyRejection && settings.lossLimits;
    assert.is(work.imagesEvaluated < work.forwardPasses * IMAGES, stopsEarly, `${what}: early stops`);
  }
});

test('tuned annealing has one digest and one choice for every width, with and without each technique', async () => {
  const { optimised, selection } = holdBack(images);
  const importance = await weightImportance('magnitude', model, optimised);
  let expected: readonly unknown[] | undefined;
  for (const settings of pairwise(factors)) {
    const { width, lossLimits, ...avoid } = settings;
    const evaluator = withSelection(
      await engine.evaluator(model, optimised, { avoid }),
      await engine.evaluator(model, selection, { avoid }),
    );
    const tuned = tunedAnnealing(evaluator, { evaluations: 240, maxLoss: 30, importance, lossLimits });
    const ran = run(tuned, width === 'adaptive' ? wide(evaluator) : evaluator, {
      speculation: width === 'adaptive' ? true : width,
    });
    const { digest, best, progress } = await withTimeout(ran, 120_000, 'a search');
    await evaluator.close();
    const what = describe(settings);
    const found = [
      digest,
      best.loss,
      best.sparsity,
      tuned.selection!.best,
      tuned.front.map(({ loss }) => loss),
    ];
    expected ??= found;
    assert.equal(found, expected, what);
    // The last is kept for a look at the selection images, where there is something new to look at.
    assert.ok([239, 240].includes(progress.proposals), what);
    assert.ok(progress.accepted > 10 && best.sparsity.global > 0.1, `${what}: ${progress.accepted} accepted`);
  }
});

test.run();
