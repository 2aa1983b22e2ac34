import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  countKept,
  countPruned,
  isKept,
  maskFromBytes,
  maskToBytes,
  type Masks,
} from '../../../../src/core/mask.ts';
import { randomStream } from '../../../../src/core/random.ts';
import {
  layerwiseCrossover,
  uniformCrossover,
  withDifference,
} from '../../../../src/search/population/crossover.ts';
import { withLayer, withZeros } from '../../../../src/search/population/repair.ts';
import { seedMasks } from '../../../../src/search/population/seeds.ts';
import { populationSetup } from '../../../../src/search/population/setup.ts';
import { POPULATION_DEFAULTS } from '../../../../src/search/population/options.ts';
import { fullMasks } from '../../../../src/core/mask.ts';
import { maxPrunableIn } from '../../../../src/search/tuned/setup.ts';
import { known, MIN_KEPT, problem, WEIGHTS } from '../../../helpers/search/tuned-problem.ts';

const setup = populationSetup(problem, { ...POPULATION_DEFAULTS, importance: known });
const { rankings } = setup.importance.start();
const context = {
  searched: [0, 1, 2],
  rankings,
  maxPrunableIn: (masks: Masks, layer: number) => maxPrunableIn(problem, masks, layer),
};

/** Masks of which about this share is kept. */
function drawn(seed: string, share: number): Masks {
  const random = randomStream(seed, 'masks');
  return fullMasks(problem.layers).map(({ length }) =>
    maskFromBytes(Array.from({ length }, () => (random() < share ? 1 : 0))),
  );
}

const bitsOf = (masks: Masks) => masks.map(maskToBytes);

test('masks are repaired to exactly the zeros that are asked for, in the layers that are searched', () => {
  for (const seed of ['1', '2', '3']) {
    const masks = drawn(seed, 0.6);
    for (const zeros of [0, 1, 100, countPruned(masks), 300, WEIGHTS - 20]) {
      const repaired = withZeros(masks, zeros, context);
      assert.is(countPruned(repaired), zeros);
      repaired.forEach((mask, layer) => assert.ok(countKept(mask) >= MIN_KEPT[layer]!));
    }
    const others = withZeros(masks, countPruned(masks) + 40, { ...context, searched: [1, 2] });
    assert.is(others[0], masks[0]);
    assert.is(countPruned(others), countPruned(masks) + 40);
  }
});

test('a repair drops the least important weights and restores the most important ones', () => {
  const [mask] = drawn('1', 0.5);
  const kept = countKept(mask!);
  const importance = (i: number) => known[0]![i]!;
  for (const wanted of [kept - 5, kept + 5]) {
    const [repaired] = withLayer([mask!], 0, mask!, wanted, context);
    assert.is(countKept(repaired!), wanted);
    const all = [...Array(mask!.length).keys()];
    const moved = all.filter((i) => isKept(mask!, i) !== isKept(repaired!, i));
    assert.is(moved.length, 5);
    const stayed = all.filter((i) => isKept(mask!, i) === wanted < kept && !moved.includes(i));
    for (const i of stayed) {
      for (const j of moved) {
        assert.ok(wanted < kept ? importance(j) <= importance(i) : importance(j) >= importance(i));
      }
    }
  }
});

test('a uniform crossover has every weight from a parent but for repairs, and the zeros of the first in every layer', () => {
  const [first, second] = [drawn('1', 0.5), drawn('2', 0.5)];
  let [fromFirst, fromSecond] = [0, 0];
  for (const seed of ['1', '2', '3', '4']) {
    const child = uniformCrossover(first, second, context, randomStream(seed));
    child.forEach((mask, layer) => assert.is(countKept(mask), countKept(first[layer]!)));
    const [a, b, c] = [bitsOf(first), bitsOf(second), bitsOf(child)];
    c.forEach((bits, layer) =>
      bits.forEach((bit, i) => {
        if (a[layer]![i] === b[layer]![i]) return;
        if (bit === a[layer]![i]) fromFirst++;
        else fromSecond++;
      }),
    );
  }
  const share = fromFirst / (fromFirst + fromSecond);
  assert.ok(share > 0.4 && share < 0.6, `${share}`);
});

test('a layer-wise crossover has every searched layer whole from a parent', () => {
  const [first, second] = [drawn('1', 0.5), drawn('2', 0.5)];
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const child = layerwiseCrossover(first, second, { searched: [0, 2] }, randomStream(`${seed}`));
    assert.is(child[1], first[1]);
    assert.ok(child.every((mask, layer) => mask === first[layer] || mask === second[layer]));
    seen.add(child.map((mask, layer) => (mask === first[layer] ? 'a' : 'b')).join(''));
  }
  assert.equal([...seen].sort(), ['aaa', 'aab', 'baa', 'bab']);
});

test('a difference changes what it has changed before, and nothing else', () => {
  const [from, to, masks] = [drawn('1', 0.5), drawn('2', 0.5), drawn('3', 0.5)];
  const difference = { from, to, lossChange: 0, generation: 0 };
  const joined = bitsOf(withDifference(masks, difference));
  const [a, b, m] = [bitsOf(from), bitsOf(to), bitsOf(masks)];
  joined.forEach((bits, layer) =>
    bits.forEach((bit, i) => {
      const isChanged = a[layer]![i] !== b[layer]![i];
      assert.is(bit, isChanged ? b[layer]![i] : m[layer]![i]);
    }),
  );
  const once = withDifference(masks, difference);
  assert.equal(bitsOf(withDifference(once, difference)), bitsOf(once));
  assert.equal(bitsOf(withDifference(from, difference)), bitsOf(to));
});

test('seeds are thresholds on the importance, sparser from the first to the last, and never above the target', () => {
  const full = fullMasks(problem.layers);
  const seeds = [0.1, 0.5, 1].map((place) =>
    seedMasks(full, setup, rankings, place, randomStream(`${place}`)),
  );
  const zeros = seeds.map(countPruned);
  assert.ok(zeros[0]! < zeros[1]! && zeros[1]! < zeros[2]!, zeros.join());
  for (const masks of seeds) {
    masks.forEach((mask, layer) => {
      const scores = (kept: boolean) => [...known[layer]!].filter((_, i) => isKept(mask, i) === kept);
      assert.ok(Math.max(-1, ...scores(false)) <= Math.min(...scores(true)));
    });
  }
  const target = populationSetup(problem, {
    ...POPULATION_DEFAULTS,
    importance: known,
    targetSparsity: 0.2,
  });
  for (const place of [0.2, 0.6, 1]) {
    const seed = seedMasks(full, target, rankings, place, randomStream(`${place}`));
    assert.ok(countPruned(seed) <= target.goal.zeros!);
  }
});

test.run();
