import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  countKept,
  fullMask,
  isKept,
  maskFromBytes,
  masksEqual,
  type Mask,
} from '../../../../src/core/mask.ts';
import { randomStream } from '../../../../src/core/random.ts';
import {
  bredMasks,
  individualsOf,
  offspringOf,
  sortedByCost,
  type Individual,
} from '../../../../src/search/article/breeding.ts';
import { GENETIC_ALGORITHM_PAPER } from '../../../../src/search/article/genetic-options.ts';
import { articleOrder, tournamentWinner } from '../../../../src/search/article/operators.ts';
import { assertFrequency } from '../../../helpers/assert/frequency.ts';

const individual = (mask: Mask, cost = 1): Individual => ({ mask, cost, feasible: true, score: undefined });
const maskOf = (...bits: readonly number[]) => maskFromBytes(bits);

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

test('a winner of a tournament has each rank with its combinatorial probability', () => {
  const population = Array.from({ length: 12 }, (_, i) => ({ cost: (7 * i) % 12 }));
  const trials = 5_000;
  for (const size of [1, 5, 12]) {
    const wins = new Array<number>(12).fill(0);
    for (let i = 0; i < trials; i++) {
      wins[tournamentWinner(population, size, randomStream('tournament', size, i)).cost]!++;
    }
    wins.forEach((won, rank) => {
      // The others of the tournament are all of a higher rank.
      const possible = 11 - rank >= size - 1;
      const p = possible ? choose(11 - rank, size - 1) / choose(12, size) : 0;
      assertFrequency(won, trials, p, `size ${size}, rank ${rank}`);
    });
  }
});

test('of equal costs the individual drawn first wins', () => {
  const population = ['a', 'b'].map((name) => ({ name, cost: 1 }));
  const winners = Array.from(
    { length: 40 },
    (_, i) => tournamentWinner(population, 2, randomStream('tie', i)).name,
  );
  assert.equal([...new Set(winners)].sort(), ['a', 'b']);
});

/** Pairs of children of half as many full as empty masks, with next to no mutation. */
function bredPairs(shape: readonly number[], crossoverRate: number, pairs: number): readonly [Mask, Mask][] {
  const length = shape.reduce((product, size) => product * size, 1);
  const parents = [fullMask(length), maskFromBytes(new Uint8Array(length))].map((mask) => individual(mask));
  const options = { ...GENETIC_ALGORITHM_PAPER, populationSize: 2 * pairs, tournamentSize: 1, crossoverRate };
  const random = randomStream('pairs', ...shape, crossoverRate);
  const children = bredMasks({ parents, elites: [] }, options, shape, 1e-12, random);
  return Array.from({ length: pairs }, (_, i) => [children[2 * i]!, children[2 * i + 1]!]);
}

test("cut points are uniform over all but the last place, in the article's order", () => {
  const shape = [3, 4];
  const order = articleOrder(shape);
  const cuts = new Array<number>(12).fill(0);
  const pairs = bredPairs(shape, 1, 6_000);
  for (const [one, other] of pairs) {
    const first = isKept(one, order[0]!);
    const isSame = first === isKept(other, order[0]!);
    for (const gene of order) {
      assert.is(isKept(one, gene) === isKept(other, gene), isSame, 'what one lacks, the other has');
    }
    if (isSame) continue;
    // The first place with another bit than place 0; none if the cut lies before all.
    const cut = order.findIndex((gene) => isKept(one, gene) !== first);
    assert.ok(order.every((gene, place) => (isKept(one, gene) === first) === (cut < 0 || place < cut)));
    cuts[Math.max(cut, 0)]!++;
  }
  const unequal = cuts.reduce((a, b) => a + b);
  // The two parents are drawn independently: they may be one.
  assertFrequency(unequal, pairs.length, 0.5, 'unequal parents');
  assert.is(cuts[11], 0, 'the last gene always lies behind the cut');
  cuts.slice(0, 11).forEach((count, cut) => assertFrequency(count, unequal, 1 / 11, `cut ${cut}`));
});

test('parents exchange genes with the crossover rate', () => {
  for (const crossoverRate of [0, 0.3, 0.9]) {
    const pairs = bredPairs([40], crossoverRate, 2_400);
    const crossed = pairs.filter(([one]) => countKept(one) % 40 !== 0).length;
    // Equal parents and a cut before all genes cannot be told from copies.
    assertFrequency(crossed, pairs.length, (crossoverRate / 2) * (38 / 39), `rate ${crossoverRate}`);
  }
});

test('masks that are known or occur twice are evaluated once at most', () => {
  const [a, b, c] = [maskOf(1, 0, 1), maskOf(0, 0, 1), maskOf(1, 1, 0)];
  const before = [individual(a, 5), individual(maskOf(1, 0, 1), 6)];
  const offspring = offspringOf([b, maskOf(1, 0, 1), c, maskOf(0, 0, 1)], before);
  assert.equal(offspring.unknown, [[0, 3], [2]]);
  assert.equal(offspring.known, [undefined, before[0], undefined, undefined]);
  const individuals = individualsOf(offspring, [individual(b, 7), individual(c, 8)]);
  const costs = individuals.map(({ cost }) => cost);
  assert.equal(costs, [7, 5, 8, 7]);
  assert.ok(individuals.every(({ mask }, i) => masksEqual(mask, offspring.masks[i]!)));
});

test('individuals of equal cost keep their order', () => {
  const masks = [maskOf(0, 0), maskOf(0, 1), maskOf(1, 0), maskOf(1, 1)];
  const population = masks.map((mask, i) => individual(mask, [3, 1, 3, 1][i]));
  const sorted = sortedByCost(population);
  const places = sorted.map((one) => population.indexOf(one));
  assert.equal(places, [1, 3, 0, 2]);
});

test.run();
