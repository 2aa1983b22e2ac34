import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Sparsity } from '../../../../src/core/mask.ts';
import { keptWeights, lossLimitFor, type Objective } from '../../../../src/search/tuned/objective.ts';

const random = seedrandom.alea('tuned objective');
const magnitude = (low: number, high: number) =>
  10 ** (Math.log10(low) + random.double() * (Math.log10(high) - Math.log10(low)));

const sparsityAt = (global: number): Sparsity => ({ global, meanLayer: global, perLayer: [global] });

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);
/** The float64 that is `steps` after a positive number. */
function nextFloat(value: number, steps = 1): number {
  float[0] = value;
  bits[0]! += BigInt(steps);
  return float[0];
}

/** Losses grow the cost in unlike ways. */
const objectives: Record<string, Objective> = {
  keptWeights,
  squared: ({ loss, sparsity, lossPerWeight }) => (1 - sparsity.global) ** 2 + (loss / lossPerWeight) ** 2,
  saturating: ({ loss, sparsity, lossPerWeight }) => 2 - sparsity.meanLayer - 1 / (1 + loss / lossPerWeight),
  stairs: ({ loss, sparsity, lossPerWeight }) =>
    1 - sparsity.global + Math.floor((100 * loss) / lossPerWeight) / 100,
};

interface Case {
  readonly state: { readonly sparsity: Sparsity; readonly lossPerWeight: number };
  readonly threshold: number;
  readonly cap: number;
}

function randomCase(objective: Objective): Case {
  const state = { sparsity: sparsityAt(random.double()), lossPerWeight: magnitude(1e-4, 10) };
  const cap = random() < 0.2 ? Infinity : magnitude(1e-4, 10);
  const reached = objective({ ...state, loss: random() < 0.1 ? 0 : magnitude(1e-4, 20) });
  const thresholds = [reached, nextFloat(reached), reached * (1 - 2 ** -40), 1e9];
  return { state, threshold: thresholds[Math.floor(4 * random())]!, cap };
}

test('the share of weights that is kept, and what the loss is worth', () => {
  assert.is(keptWeights({ loss: 0.5, sparsity: sparsityAt(0.75), lossPerWeight: 2 }), 0.25 + 0.25);
  const sparsity: Sparsity = { global: 0.5, meanLayer: 0.9, perLayer: [0.9] };
  assert.is(keptWeights({ loss: 0, sparsity, lossPerWeight: 1 }), 0.5);
});

for (const [name, objective] of Object.entries(objectives)) {
  test(`${name}: any loss above the largest is rejected, by its cost or the cap, and none below it is lost`, () => {
    const counts = { none: 0, every: 0, cap: 0, inside: 0 };
    for (let i = 0; i < 3000; i++) {
      const { state, threshold, cap } = randomCase(objective);
      const limit = lossLimitFor(objective, state, threshold, cap);
      const isAccepted = (loss: number) => loss <= cap && objective({ ...state, loss }) <= threshold;
      const label = `${JSON.stringify(state)}, threshold ${threshold}, cap ${cap}, limit ${limit}`;
      if (limit === undefined) {
        counts.none++;
        assert.is(cap, Infinity, label);
        assert.ok(isAccepted(4096), label);
        continue;
      }
      if (limit === -Infinity) {
        counts.every++;
        for (const loss of [0, 5e-324, 1e-3, 1, 4096]) assert.not.ok(isAccepted(loss), label);
        continue;
      }
      assert.ok(limit >= 0 && limit <= cap, label);
      for (const above of [nextFloat(limit), nextFloat(limit, 5), limit * 1.001, limit * 2, 4096]) {
        if (above > limit) assert.not.ok(isAccepted(above), `${label}: ${above}`);
      }
      if (isAccepted(limit)) {
        counts.cap++;
        assert.is(limit, cap, label);
      } else {
        counts.inside++;
        // Outward by a single step: what is just below would still do.
        assert.ok(isAccepted(nextFloat(limit, -1)), label);
      }
      for (const part of [0, 0.5, 0.9]) assert.ok(isAccepted(part * limit), `${label}: ${part}`);
    }
    for (const [kind, count] of Object.entries(counts)) {
      assert.ok(count >= 10, `${kind}: ${count}`);
    }
  });
}

test('the cap is the largest loss where the threshold leaves more, none is where nothing ends it', () => {
  const state = { sparsity: sparsityAt(0.5), lossPerWeight: 1 };
  assert.is(lossLimitFor(keptWeights, state, 10, 0.25), 0.25);
  assert.is(lossLimitFor(keptWeights, state, 10_000, 5000), 5000);
  assert.is(lossLimitFor(keptWeights, state, 10_000, Infinity), undefined);
  assert.is(lossLimitFor(keptWeights, state, 10, 0), 0);
});

test('no loss is low enough where even none costs too much', () => {
  const state = { sparsity: sparsityAt(0.5), lossPerWeight: 1 };
  assert.is(lossLimitFor(keptWeights, state, 0.5 - 2 ** -52, 0.25), -Infinity);
  assert.is(lossLimitFor(keptWeights, state, 0.5 - 2 ** -52, Infinity), -Infinity);
  assert.ok(lossLimitFor(keptWeights, state, 0.5, 0.25)! >= 0);
});

test('a largest loss ends even where there is no cap', () => {
  const state = { sparsity: sparsityAt(0.5), lossPerWeight: 2 };
  const limit = lossLimitFor(keptWeights, state, 1.5, Infinity)!;
  assert.ok(limit > 2 && limit < 2 + 1e-12, `${limit}`);
});

test.run();
