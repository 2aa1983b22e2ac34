import { runInNewContext } from 'node:vm';
import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lossLimitFor } from '../../../../src/search/article/loss-limit.ts';
import { costOf } from '../../../../src/search/article/objective.ts';

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

test.run();
