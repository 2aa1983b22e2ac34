import { runInNewContext } from 'node:vm';
import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HistoryRow, Search, Solution } from '../../../../src/search/contract.ts';
import { lossLimitFor } from '../../../../src/search/article/loss-limit.ts';
import { masksEqual } from '../../../../src/core/mask.ts';
import { costOf } from '../../../../src/search/article/objective.ts';
import {
  simulatedAnnealing,
  type SimulatedAnnealingOptions,
} from '../../../../src/search/article/simulated-annealing.ts';
import {
  additiveLoss,
  evaluationsBy,
  problemOf,
  type LossFunction,
} from '../../../helpers/synthetic-evaluator.ts';

/** No evaluator tells a larger loss than that. */
const MAX_LOSS = 4095;

const random = seedrandom.alea('loss limit');
const between = (low: number, high: number) => low + (high - low) * random();
/** A number whose magnitude is uniform. */
const magnitude = (low: number, high: number) => 10 ** between(Math.log10(low), Math.log10(high));
const oneOf = <T>(...makers: readonly (() => T)[]): T => makers[Math.floor(random() * makers.length)]!();

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);
/** The float64 that is `steps` after a positive number. */
function nextFloat(value: number, steps = 1): number {
  float[0] = value;
  bits[0]! += BigInt(steps);
  return float[0];
}
const around = (value: number) => nextFloat(value, Math.round(between(-4, 4)));

interface Case {
  readonly threshold: number;
  readonly sparsity: number;
  readonly unpruned: number;
  readonly cap: number;
  readonly penalty: number;
}

const costIn = ({ sparsity, unpruned, cap, penalty }: Case, loss: number) =>
  costOf(loss, sparsity, unpruned, cap, penalty);
const limitOf = ({ threshold, sparsity, unpruned, cap, penalty }: Case) =>
  lossLimitFor(threshold, sparsity, unpruned, cap, penalty);
const isAccepted = (of: Case, loss: number) => costIn(of, loss) <= of.threshold;

/** The cost of the unpruned's own loss. */
const lowestCost = (of: Case) => costIn({ ...of, cap: Infinity }, of.unpruned);

/** A case of which every number may lie where rounding or another branch decides. */
function randomCase(randomBaseline: () => number): Case {
  const sparsity = oneOf(
    () => 0,
    () => magnitude(1e-9, 1e-4),
    () => random(),
    () => 1,
  );
  const unpruned = randomBaseline();
  const cap = oneOf(
    () => unpruned + magnitude(1e-6, 10),
    () => between(0.01, 3),
    () => around(unpruned + 1e-3),
  );
  const penalty = oneOf(
    () => 1e8,
    // Less than most of the squared differences.
    () => magnitude(1e-6, 100),
  );
  const of = { threshold: 0, sparsity, unpruned, cap, penalty };
  const threshold = oneOf(
    () => lowestCost(of) + magnitude(1e-12, 100),
    () => around(lowestCost(of)),
    () => around(costIn({ ...of, cap: Infinity }, cap)),
    () => around(costIn(of, cap)),
    () => costIn({ ...of, cap: Infinity }, between(unpruned, Math.max(unpruned, cap))),
    () => magnitude(1e-3, 1e9),
  );
  return { ...of, threshold };
}

interface Limited {
  readonly of: Case;
  readonly limit: number | undefined;
}

/** Cases and their limits, made when first needed. Throws where a limit is searched for without end. */
function limitedCases(count: number, unpruned: () => number): () => readonly Limited[] {
  const cases = Array.from({ length: count }, () => randomCase(unpruned));
  const limits = () => cases.map((of) => ({ of, limit: limitOf(of) }));
  let limited: readonly Limited[] | undefined;
  let endless = false;
  return () => {
    if (endless) throw new Error('a limit is searched for without end');
    endless = limited === undefined;
    // The only timeout that ends a loop.
    limited ??= runInNewContext('limits()', { limits }, { timeout: 5_000 }) as readonly Limited[];
    endless = false;
    return limited;
  };
}

const groups = [
  [
    'a loss of the unpruned above 0',
    limitedCases(40_000, () =>
      oneOf(
        () => magnitude(1e-6, 1),
        () => between(0.05, 2.5),
      ),
    ),
  ],
  // A float64 has no relative step there.
  ['a loss of the unpruned of 0', limitedCases(10_000, () => 0)],
] as const;

const kindOf = (of: Case, limit: number | undefined) =>
  limit === undefined ? 'none' : limit === -Infinity ? 'every loss' : limit === of.cap ? 'the cap' : 'inside';

for (const [group, cases] of groups) {
  test(`${group}: the cases lie on every side`, () => {
    const counts = new Map<string, number>();
    const count = (kind: string) => counts.set(kind, (counts.get(kind) ?? 0) + 1);
    for (const { of, limit } of cases()) {
      const kind = kindOf(of, limit);
      count(kind);
      if (of.sparsity === 0) count(`${kind}, a cost of 1e8`);
      if (of.penalty < (of.cap - of.unpruned) ** 2) count(`${kind}, a small penalty`);
    }
    for (const kind of ['none', 'every loss', 'the cap', 'inside']) {
      for (const part of ['', ', a cost of 1e8', ', a small penalty']) {
        // A penalty below the squared difference at the cap is accepted before the cap is reached.
        if (kind === 'the cap' && part === ', a small penalty') continue;
        const seen = counts.get(kind + part) ?? 0;
        assert.ok(seen >= 100, `${kind}${part}: ${seen} cases`);
      }
    }
  });

  test(`${group}: every loss above the limit is rejected`, () => {
    for (const { of, limit } of cases()) {
      if (limit === undefined) continue;
      // All losses are above -Infinity, also those below the unpruned.
      const lowest = Math.max(limit, 0);
      const next = limit > 0 ? nextFloat(limit) : 0;
      const losses = [next, nextFloat(next), of.unpruned, of.cap, nextFloat(of.cap, -1), MAX_LOSS];
      for (let i = 0; i < 8; i++) {
        losses.push(
          between(lowest, MAX_LOSS),
          between(lowest, of.cap),
          lowest * (1 + magnitude(1e-16, 1e-3)),
        );
      }
      for (const loss of losses) {
        if (!(loss > limit)) continue;
        assert.not(isAccepted(of, loss), `${JSON.stringify(of)}: ${loss} is above ${limit} and accepted`);
      }
    }
  });

  test(`${group}: the limit is no higher than rounding makes it`, () => {
    let tight = 0;
    for (const { of, limit } of cases()) {
      if (kindOf(of, limit) !== 'inside') continue;
      const room = Math.max(of.threshold - lowestCost(of), 0);
      // Costs within an ulp of the threshold may round to either side of it. The limit is searched for in steps that
      // double, hence at most twice as far out as the last loss that is accepted.
      const ulp = nextFloat(of.threshold) - of.threshold;
      const rounding = 2 * (Math.sqrt(room + ulp) - Math.sqrt(Math.max(room - ulp, 0)));
      const loss = limit! * (1 - 1e-9) - rounding;
      if (rounding < 1e-9 * limit!) tight++;
      assert.ok(
        isAccepted(of, Math.max(loss, of.unpruned)),
        `${JSON.stringify(of)}: ${loss} is below ${limit} and rejected`,
      );
    }
    assert.ok(tight > cases().length / 50, `rounding hides all but ${tight} cases`);
  });

  test(`${group}: there is no limit only if the penalty is accepted, and none to reach only if the unpruned is rejected`, () => {
    for (const { of, limit } of cases()) {
      const text = JSON.stringify(of);
      assert.is(limit === undefined, isAccepted(of, of.cap), text);
      if (limit === undefined) {
        for (const loss of [nextFloat(of.cap), MAX_LOSS]) assert.ok(isAccepted(of, loss), text);
      } else {
        assert.is(limit === -Infinity, lowestCost(of) > of.threshold, text);
        assert.ok(limit <= of.cap, text);
      }
    }
  });
}

const problem = problemOf([40, 33, 96], [0, 2, 3], 4);
/** Runs into every cap. */
const evaluate = additiveLoss(problem, 0.1, 0.8);
/** Where most losses are too high even for one weight. */
const steep = additiveLoss(problem, 0.1, 40);

interface Driven {
  readonly search: Search;
  readonly history: readonly HistoryRow[];
  /** Proposals with a limit, and those told as exceeded. */
  readonly limited: number;
  readonly exceeded: number;
}

function drive(by: LossFunction, options: Partial<SimulatedAnnealingOptions>, batchWidth: number): Driven {
  const search = simulatedAnnealing(problem, options);
  const history: HistoryRow[] = [];
  let limited = 0;
  let exceeded = 0;
  while (!search.done) {
    const candidates = search.ask(batchWidth);
    const evaluations = evaluationsBy(by, candidates);
    limited += candidates.filter(({ lossLimit }) => lossLimit !== undefined).length;
    exceeded += evaluations.filter((evaluation) => evaluation.exceeded).length;
    history.push(...search.tell(evaluations));
  }
  return { search, history, limited, exceeded };
}

const withoutMasks = (solution: Solution | undefined) => ({ ...solution, masks: undefined });

test('annealing goes the same way with limits and without', () => {
  const configurations: readonly (readonly [LossFunction, Partial<SimulatedAnnealingOptions>])[] = [
    [evaluate, {}],
    // Goes on at a cost of 1e8 until the first weight is dropped.
    [steep, { mutationRate: 0.01, lossToWarmup: 8 }],
    [evaluate, { initialTemperature: 0.01 }],
    [evaluate, { initialTemperature: 20, lossToWarmup: 3 }],
    // Accepts losses above the cap for some seeds; in one layer, since a next would then be infeasible.
    [
      steep,
      { maxLossPenalty: 40, initialTemperature: 20, mutationRate: 0.03, lossToWarmup: 8, layers: ['layer2'] },
    ],
  ];
  for (const [i, [by, configuration]] of configurations.entries()) {
    for (const seed of ['1', '2', '3', '4', '5']) {
      const options = { iterations: 40, seed, ...configuration };
      const expected = drive(by, { ...options, lossLimits: false }, 1);
      assert.is(expected.limited + expected.exceeded, 0);
      for (const batchWidth of [1, 7]) {
        const actual = drive(by, options, batchWidth);
        const label = `configuration ${i}, seed ${seed}, batchWidth ${batchWidth}`;
        assert.is(actual.search.digest, expected.search.digest, label);
        assert.equal(actual.history, expected.history, label);
        assert.equal(withoutMasks(actual.search.best), withoutMasks(expected.search.best), label);
        assert.ok(actual.exceeded > 0, `${label}: no proposal exceeded its limit`);
        assert.ok(actual.history.length > 0, `${label}: no proposal was accepted`);
      }
    }
  }
});

test('a proposal that drops nothing has the mask object of the current state', () => {
  let same = 0;
  let other = 0;
  const search = simulatedAnnealing(problem, { iterations: 40, mutationRate: 0.05 });
  while (!search.done) {
    const { current } = search.progress;
    const candidates = search.ask(3);
    for (const { masks } of current ? candidates : []) {
      masks.forEach((mask, layer) => {
        const before = current!.masks[layer]!;
        assert.is(mask === before, masksEqual(mask, before));
      });
      if (masks.every((mask, layer) => mask === current!.masks[layer])) same++;
      else other++;
    }
    search.tell(evaluationsBy(evaluate, candidates));
  }
  assert.ok(same > 5 && other > 5, `${same} drop nothing, ${other} something`);
});

test.run();
