/** Neither optimizations nor the number of candidates per request changes the result of a search. */
import * as assert from 'uvu/assert';
import { weightImportance } from '../../../src/baselines/importance.ts';
import { holdBack, type ImageSet } from '../../../src/data/dataset.ts';
import type { Engine } from '../../../src/engine/backend.ts';
import type { Optimizations } from '../../../src/engine/optimizations.ts';
import type { Model } from '../../../src/network/model.ts';
import { geneticAlgorithm } from '../../../src/search/article/genetic-algorithm.ts';
import { simulatedAnnealing } from '../../../src/search/article/simulated-annealing.ts';
import type { Evaluator, Problem, Search } from '../../../src/search/contract.ts';
import { run } from '../../../src/search/run.ts';
import { tunedAnnealing } from '../../../src/search/tuned/annealing.ts';
import { withValidation } from '../../../src/search/validation.ts';
import { classifier } from '../../helpers/data/classifier.ts';
import {
  evaluateAll,
  evaluateFull,
  NO_OPTIMIZATIONS,
  OPTIMIZATION_NAMES,
} from '../../helpers/search/evaluations.ts';
import { recordStarts } from '../../helpers/search/starts.ts';
import { withTimeout } from '../../helpers/gpu.ts';
import { tinyNetwork } from '../../helpers/data/models.ts';
import { pairwise, type Factors } from '../../helpers/data/pairwise.ts';
import { testOn, type Configuration } from './backend.ts';

/** Candidates per request; `adaptive`: as many as `run` chooses for an evaluator with a batch width of 16. */
type Width = number | 'adaptive';

export type Settings = Record<keyof Optimizations | 'lossLimits', boolean> & {
  readonly batchWidth: Width;
  /** See `EvaluatorOptions`. */
  readonly memory?: number;
};

const SWITCHES = [...OPTIMIZATION_NAMES, 'lossLimits'] as const;
const allSet = (on: boolean) =>
  Object.fromEntries(SWITCHES.map((name) => [name, on])) as Omit<Settings, 'batchWidth' | 'memory'>;

/** All on, each switch off, and all off: every row in every width, or in one width each, from index `first` on. */
export function oneAtATime(widths: readonly Width[], first: number | 'every'): readonly Settings[] {
  const rows = [allSet(true), ...SWITCHES.map((name) => ({ ...allSet(true), [name]: false })), allSet(false)];
  return rows.flatMap((row, i) => {
    const asked = first === 'every' ? widths : [widths[(first + i) % widths.length]!];
    return asked.map((batchWidth) => ({ ...row, batchWidth }));
  });
}

/** Rows in which every two values, of two switches or of a switch and the width, occur together. */
export function inPairs(batchWidth: readonly Width[]): readonly Settings[] {
  const switches = Object.fromEntries(SWITCHES.map((name) => [name, [true, false]]));
  return pairwise({ batchWidth, ...switches } as unknown as Factors<Settings>);
}

export interface Task {
  readonly model: Model;
  readonly images: ImageSet;
}

export type MakeSearch = (problem: Problem, options: { seed: string; lossLimits: boolean }) => Search;

/** Runs a search, and checks that it accepted candidates, and stopped evaluations early if and only if that was on. */
export async function runSearch(
  engine: Engine,
  { model, images }: Task,
  make: MakeSearch,
  seed: string,
  { batchWidth, memory, lossLimits, ...optimizations }: Settings,
) {
  const { recording: evaluator, ...recorded } = recordStarts(
    await engine.evaluator(model, images, { optimizations, memory }),
    model.network,
  );
  const found = await runAsked(make(evaluator, { seed, lossLimits }), evaluator, batchWidth);
  const { completed, progress, best } = found;
  assert.ok(completed && progress.accepted > 5 && best.sparsity.global > 0.05, 'there is nothing to compare');
  const { forwardPasses, imagesEvaluated, candidates } = evaluator.work;
  const stopsEarly = optimizations.earlyRejection && lossLimits;
  assert.is(imagesEvaluated < forwardPasses * images.count, stopsEarly, 'early stops');
  // The loss that the run reports is that of its final masks, on a fresh evaluator.
  const fresh = await engine.evaluator(model, images, { optimizations: NO_OPTIMIZATIONS });
  const { loss, accuracy } = await evaluateFull(fresh, progress.current!.masks);
  assert.equal([loss, accuracy], [progress.current!.loss, progress.current!.accuracy]);
  await Promise.all([evaluator.close(), fresh.close()]);
  return { digest: found.digest, progress, candidates, forwardPasses, ...recorded };
}

function runAsked(search: Search, evaluator: Evaluator, batchWidth: Width) {
  const width = batchWidth === 'adaptive' ? 16 : batchWidth;
  const { layers, depth, images } = evaluator;
  const asked: Evaluator = {
    ...{ layers, depth, images, batchWidth: width },
    // A search may ask for more at once: a whole generation.
    evaluate: (candidates) => evaluateAll(evaluator, candidates, width),
    close: () => evaluator.close(),
  };
  const speculation = batchWidth === 'adaptive' ? true : batchWidth;
  return withTimeout(run(search, asked, { speculation }), 120_000, 'a search');
}

export interface DigestOptions {
  readonly images: number;
  readonly seeds: readonly string[];
  /** Of annealing, in each layer. */
  readonly iterations: number;
  /** Of breeding. */
  readonly generations: number;
  readonly populationSize?: number;
  /** How each search is run, by the index of the seed. */
  readonly settings: Readonly<
    Record<'annealing' | 'breeding' | 'tuned', (seed: number) => readonly Settings[]>
  >;
}

/** What a search finds, the digest first. */
type Find = (engine: Engine, seed: string, settings: Settings) => Promise<readonly unknown[]>;

export function testDigests(backend: Configuration, options: DigestOptions): void {
  const { iterations, generations, populationSize, seeds } = options;
  const task = classifier(tinyNetwork, options.images, 'optimizations', 30);

  const annealing: Find = async (engine, seed, settings) => {
    const make: MakeSearch = (problem, others) =>
      simulatedAnnealing(problem, { iterations, lossToWarmup: 6, ...others });
    const found = await runSearch(engine, task, make, seed, settings);
    const { candidates, forwardPasses, progress } = found;
    // No layer is ever dropped as a whole and no weight regrown, so no limit is below all losses.
    assert.is(forwardPasses < candidates, settings.reuse, 'repeated proposals');
    assert.is(candidates > 1 + progress.proposals, settings.batchWidth !== 1, 'unused candidates');
    return [found.digest];
  };

  const breeding: Find = async (engine, seed, settings) => {
    const sizes = { generations, ...(populationSize && { populationSize }), lossToWarmup: 6 };
    const make: MakeSearch = (problem, others) => geneticAlgorithm(problem, { ...sizes, ...others });
    const { digest, candidates, progress } = await runSearch(engine, task, make, seed, settings);
    assert.ok(candidates < progress.proposals, 'elites and duplicates are not asked for again');
    return [digest];
  };

  const tuned: Find = async (engine, seed, settings) => {
    const { batchWidth, memory, lossLimits, ...optimizations } = settings;
    const { tuning, validation } = holdBack(task.images);
    const importance = await weightImportance('magnitude', task.model, tuning);
    const evaluator = withValidation(
      await engine.evaluator(task.model, tuning, { optimizations, memory }),
      await engine.evaluator(task.model, validation, { optimizations, memory }),
    );
    const search = tunedAnnealing(evaluator, { evaluations: 240, maxLoss: 30, importance, seed, lossLimits });
    const { digest, best, progress } = await runAsked(search, evaluator, batchWidth);
    await evaluator.close();
    // The last evaluation may be of validation images.
    assert.ok([239, 240].includes(progress.proposals), `${progress.proposals} proposals`);
    assert.ok(progress.accepted > 10 && best.sparsity.global > 0.1, `${progress.accepted} accepted`);
    return [digest, best.loss, best.sparsity, search.validation!.best, search.front.map(({ loss }) => loss)];
  };

  for (const [name, find] of Object.entries({ annealing, breeding, tuned })) {
    testOn(backend, `${name} finds the same with any optimizations and batch width`, async (engine) => {
      const digests = new Set<unknown>();
      for (const [s, seed] of seeds.entries()) {
        let expected: readonly unknown[] | undefined;
        for (const settings of options.settings[name as keyof DigestOptions['settings']](s)) {
          const what = JSON.stringify(settings);
          const found = await find(engine, seed, settings).catch((error: Error) => {
            throw new Error(`${what}: ${error.message}`, { cause: error });
          });
          expected ??= found;
          assert.equal(found, expected, what);
        }
        digests.add(expected![0]);
      }
      assert.is(digests.size, seeds.length, 'seeds make no difference');
    });
  }
}
