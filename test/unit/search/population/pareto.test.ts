import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { randomStream } from '../../../../src/core/random.ts';
import { crowdingDistances } from '../../../../src/search/population/pareto/crowding.ts';
import { hypervolume, referenceLossOf } from '../../../../src/search/population/pareto/hypervolume.ts';
import {
  dominates,
  nondominatedSort,
  type Objectives,
} from '../../../../src/search/population/pareto/nondominated-sort.ts';
import { survivors } from '../../../../src/search/population/pareto/survivors.ts';

/** Points on a coarse grid, so that many are equal in one objective or in both. */
function pointsOf(seed: string, count: number): readonly Objectives[] {
  const random = randomStream(seed, 'points');
  return Array.from({ length: count }, () => [Math.floor(8 * random()), Math.floor(8 * random())] as const);
}

/** Fronts by definition: again and again those that no other point that is left dominates. */
function frontsByDefinition(points: readonly Objectives[]): readonly (readonly number[])[] {
  let left = [...points.keys()];
  const fronts: number[][] = [];
  while (left.length > 0) {
    const front = left.filter((i) => !left.some((j) => dominates(points[j]!, points[i]!)));
    fronts.push(front);
    left = left.filter((i) => !front.includes(i));
  }
  return fronts;
}

test('a point dominates another if it is no worse in both objectives and better in one', () => {
  assert.ok(dominates([1, 2], [1, 3]) && dominates([0, 3], [1, 3]) && dominates([0, 2], [1, 3]));
  assert.not.ok(dominates([1, 3], [1, 3]) || dominates([0, 4], [1, 3]) || dominates([1, 3], [0, 4]));
});

test('fronts are those of the definition', () => {
  for (const seed of ['1', '2', '3', '4', '5']) {
    const points = pointsOf(seed, 40);
    const fronts = nondominatedSort(points);
    assert.equal(fronts, frontsByDefinition(points));
    assert.ok(fronts.length > 3, `${fronts.length} fronts`);
  }
  assert.equal(nondominatedSort([]), []);
});

test('crowding distances are those computed by hand', () => {
  // Extents 4 and 8: the neighbours of the second point are 3 of 4 and 6 of 8 apart.
  const front = [
    [0, 8],
    [1, 4],
    [3, 2],
    [4, 0],
  ] as const;
  assert.equal(crowdingDistances(front), [Infinity, 3 / 4 + 6 / 8, 3 / 4 + 4 / 8, Infinity]);
  assert.equal(crowdingDistances([[1, 1]]), [Infinity]);
  const equal = crowdingDistances([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  assert.equal(equal, [Infinity, 0, Infinity]);
});

test('earlier fronts survive whole, and of the last one its ends and loneliest points', () => {
  const points = [
    [5, 5], // second front
    [0, 8],
    [1, 4],
    [3, 2],
    [4, 0],
    [9, 9], // third front
  ] as const;
  assert.equal([...survivors(points, 5)].sort(), [0, 1, 2, 3, 4]);
  assert.equal(survivors(points, 3), [1, 4, 2]);
  assert.equal(survivors(points, 4), [1, 4, 2, 3]);
  assert.equal(survivors(points, 99).length, points.length);
  for (const seed of ['1', '2', '3']) {
    const drawn = pointsOf(seed, 30);
    const chosen = survivors(drawn, 12);
    assert.is(new Set(chosen).size, 12);
    const rankOf = (index: number) => frontsByDefinition(drawn).findIndex((front) => front.includes(index));
    const worst = Math.max(...chosen.map(rankOf));
    drawn.forEach((_, i) => assert.ok(chosen.includes(i) || rankOf(i) >= worst));
  }
});

const point = (global: number, loss: number) => ({ loss, sparsity: { global } });

test('the hypervolume is the dominated share of the rectangle, computed by hand', () => {
  // With a reference loss of 2: 0.5 wide for losses from 0.5 to 1, 0.8 from 1 to 1.5, 0.9 from 1.5 to 2, in a rectangle of 2.
  const points = [point(0.5, 0.5), point(0.9, 1.5), point(0.8, 1)];
  const expected = (0.5 * 0.5 + 0.8 * 0.5 + 0.9 * 0.5) / 2;
  assert.ok(Math.abs(hypervolume(points, 2) - expected) < 1e-15);
  const dominated = [...points, point(0.4, 0.6), point(0.8, 1.2), point(0.99, 2), point(0.99, 5)];
  assert.is(hypervolume(dominated, 2), hypervolume(points, 2));
  assert.is(hypervolume([], 2), 0);
  assert.is(hypervolume([point(1, 0)], 2), 1);
});

test('the hypervolume is the share of random points that the front dominates', () => {
  const random = randomStream('hypervolume');
  const front = Array.from({ length: 12 }, () => point(random(), 2 * random()));
  const count = 20_000;
  let hits = 0;
  for (let i = 0; i < count; i++) {
    const [sparsity, loss] = [random(), 1.5 * random()];
    if (front.some((one) => one.sparsity.global >= sparsity && one.loss <= loss)) hits++;
  }
  // Five standard errors.
  assert.ok(Math.abs(hypervolume(front, 1.5) - hits / count) < 5 * Math.sqrt(0.25 / count));
});

test('the reference loss is twice the loss, but at least a tenth above it', () => {
  assert.equal(
    [0.3, 0.1, 0.01, 0].map((loss) => referenceLossOf({ loss })),
    [0.6, 0.2, 0.11, 0.1],
  );
});

test.run();
