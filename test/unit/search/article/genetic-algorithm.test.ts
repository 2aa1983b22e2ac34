import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, sparsityOf, type Mask } from '../../../../src/core/mask.ts';
import { randomStream, type RandomStream } from '../../../../src/core/random.ts';
import { drawWithoutReplacement } from '../../../../src/core/shuffle.ts';
import {
  geneticAlgorithm,
  type GeneticAlgorithmState,
} from '../../../../src/search/article/genetic-algorithm.ts';
import {
  GENETIC_ALGORITHM_PAPER,
  type GeneticAlgorithmOptions,
} from '../../../../src/search/article/genetic-options.ts';
import { MAX_ATTEMPTS } from '../../../../src/search/article/genetic-state.ts';
import type { HistoryRow, Problem, Search } from '../../../../src/search/contract.ts';
import { maskCodec } from '../../../../src/search/stored-solution.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import {
  assertKeeps,
  assertRefusesStates,
  assertSameHistory,
  assertSameSearch,
  assertSameSolution,
  counts,
  drive,
  EXCEEDED,
  searchError,
  tellExceeded,
  tellLoss,
  throughJson,
} from '../../../helpers/search/drive-search.ts';
import {
  additiveLoss,
  evaluationOf,
  evaluationsBy,
  problemOf,
  sizesOf,
  type LossFunction,
} from '../../../helpers/search/synthetic-evaluator.ts';

type Options = Partial<GeneticAlgorithmOptions>;
type State = GeneticAlgorithmState;

/** A convolution, a dense layer and one with a tensor of another kind: caps of 0.25, 0.75 and 1 nat. */
const problem: Problem = {
  layers: [
    { name: 'layer0', shape: [5, 2, 2, 2], position: 0 },
    { name: 'layer1', shape: [3, 11], position: 2 },
    { name: 'layer2', shape: [48], position: 3 },
  ],
  depth: 4,
};
/** Runs into every cap. */
const lossOf = additiveLoss(problem, 0.1, 0.8);
const options: Options = { generations: 8 };

/** Four masks in five are above every cap, whatever they drop: without elites most generations are bred again. */
const moody: LossFunction = (kept) => {
  const random = randomStream('moody', kept.map((bits) => bits.join('')).join());
  const isFull = kept.every((bits) => !bits.includes(0));
  return { loss: !isFull && random() < 0.8 ? 9 : 0.1 + 0.1 * random(), accuracy: random() };
};
const REBREEDING: Options = { ...options, populationSize: 4, eliteSize: 0, tournamentSize: 2 };

/** Caps of 0.5 and 1 nat. */
const twoLayers = problemOf([100, 60], [1, 3], 4);
const FULL_COST = 1 / 1e-8;

/** A search that has been told the loss of the unpruned network. */
function started(of: Problem, unprunedLoss: number, given: Options): Search<State> {
  const search = geneticAlgorithm(of, given);
  tellLoss(search, unprunedLoss);
  return search;
}

/** Where a search is in a layer, with the population evaluated last. */
const stateOf = (search: Search<State>) => search.snapshot().state!;

const belowOf = (random: RandomStream) => (bound: number) => Math.floor(random.double() * bound);
const toHex = (mask: Mask) => maskCodec(mask.length).encode(mask);
const fromHex = (hex: string, length: number) => maskCodec(length).decode(hex, 'mask');
// The article's search in plain loops, on arrays.

interface Article {
  readonly history: HistoryRow[];
  readonly best: readonly Uint8Array[];
  /** Cost of the best after every row. */
  readonly bestCosts: readonly number[];
  readonly infeasible: boolean;
  /** Populations drawn or bred anew. */
  readonly redrawn: number;
  readonly rebred: number;
}

/** Numbers of the weights in the order of Keras, [ky, kx, in, out] and [in, out], from [out, in, ky, kx] and [out, in]. */
function kerasOrder([outs = 1, ins = 1, rows = 1, columns = 1]: readonly number[]): number[] {
  const order: number[] = [];
  for (let ky = 0; ky < rows; ky++) {
    for (let kx = 0; kx < columns; kx++) {
      for (let input = 0; input < ins; input++) {
        for (let out = 0; out < outs; out++) order.push(((out * ins + input) * rows + ky) * columns + kx);
      }
    }
  }
  return order;
}

/** The article's "Genetic algorithm", line by line; only the streams of random numbers are ours. */
function articleGenetic(of: Problem, by: LossFunction, given: Options): Article {
  const all = { ...GENETIC_ALGORITHM_PAPER, ...given };
  const { seed, generations, populationSize, eliteSize, tournamentSize } = all;
  const { crossoverRate, mutationRate, lossToWarmup, maxLossPenalty, layers } = all;
  const masks = sizesOf(of).map((size) => new Uint8Array(size).fill(1));
  const { loss: unprunedLoss } = by(masks);
  const history: HistoryRow[] = [];
  const bestCosts: number[] = [];
  let enteredCost = FULL_COST;
  let [redrawn, rebred] = [0, 0];
  const end = (infeasible: boolean) => ({ history, best: masks, bestCosts, infeasible, redrawn, rebred });

  for (const [layer, { name, shape, position }] of of.layers.entries()) {
    if (layers && !layers.includes(name)) continue;
    const maxLoss = (lossToWarmup * (position + 1)) / of.depth;
    if (by(masks).loss >= maxLoss) return end(true);
    const { length } = masks[layer]!;
    const order = kerasOrder(shape);

    const individual = (genes: Uint8Array<ArrayBuffer>) => {
      const whole = masks.with(layer, genes);
      const { loss, accuracy } = by(whole);
      let sparsity = 0;
      for (const mask of whole) sparsity += mask.filter((bit) => bit === 0).length / mask.length;
      sparsity /= whole.length;
      const difference = (unprunedLoss - loss) * (unprunedLoss - loss);
      const cost = (loss < maxLoss ? difference : maxLossPenalty) + 1 / (sparsity + 1e-8);
      return { genes, metrics: { cost, loss, accuracy, sparsity } };
    };
    type Chromosome = ReturnType<typeof individual>;
    const costOf = ({ metrics }: Chromosome) => metrics.cost;
    const least = (some: readonly Chromosome[]) => some.reduce((a, b) => (costOf(b) < costOf(a) ? b : a));
    const hopeless = (some: readonly Chromosome[]) => some.every((one) => costOf(one) > maxLossPenalty);
    const stream = (purpose: string, generation: number, attempt: number) =>
      randomStream(seed, 'genetic algorithm', purpose, layer, generation, attempt);

    let population: Chromosome[] = [];
    let initialRate = 1;
    for (let attempt = 0; ; attempt++) {
      if (attempt === MAX_ATTEMPTS) return end(true);
      initialRate *= mutationRate;
      const random = stream('initial', -1, attempt);
      population = [];
      for (let i = 0; i < populationSize; i++) {
        population.push(individual(Uint8Array.from({ length }, () => (random() < initialRate ? 0 : 1))));
      }
      if (!hopeless(population)) break;
      redrawn++;
    }

    let best: Chromosome | undefined;
    for (let generation = 0; generation < generations; generation++) {
      const rate = mutationRate * (1 - generation / generations);
      population.sort((a, b) => costOf(a) - costOf(b));
      let next = population.slice(0, eliteSize);
      for (let attempt = 0; ; attempt++) {
        if (attempt === MAX_ATTEMPTS) return end(true);
        const random = stream('generation', generation, attempt);
        const winner = () => {
          const drawn = drawWithoutReplacement(tournamentSize, population.length, belowOf(random));
          return least(drawn.map((i) => population[i]!));
        };
        const mutant = (genes: Uint8Array<ArrayBuffer>) =>
          individual(genes.map((gene) => (random() < rate ? (random() < rate ? 1 : 0) : gene)));
        while (next.length < populationSize) {
          const [a, b] = [winner().genes, winner().genes];
          let children = [a, b] as const;
          if (random() < crossoverRate) {
            const cut = Math.floor(random.double() * (length - 1));
            const [flatA, flatB] = [order.map((i) => a[i]!), order.map((i) => b[i]!)];
            const unflat = (flat: readonly number[]) => {
              const genes = new Uint8Array(length);
              order.forEach((i, place) => (genes[i] = flat[place]!));
              return genes;
            };
            children = [
              unflat([...flatA.slice(0, cut), ...flatB.slice(cut)]),
              unflat([...flatB.slice(0, cut), ...flatA.slice(cut)]),
            ];
          }
          next.push(mutant(children[0]), mutant(children[1]));
        }
        population = next;
        next = [];
        if (!hopeless(population)) break;
        rebred++;
      }
      const winner = least(population);
      if (!best || costOf(winner) < costOf(best)) best = winner;
      history.push({ layer: position, generation, mutationRate: rate, ...winner.metrics });
      bestCosts.push(costOf(best) < maxLossPenalty ? costOf(best) : enteredCost);
    }
    if (costOf(best!) < maxLossPenalty) masks[layer] = best!.genes;
    enteredCost = bestCosts.at(-1)!;
  }
  return end(false);
}

test('history and best are those of the article, from a straightforward implementation', async () => {
  const configurations: Options[] = [
    {},
    { generations: 20 },
    { generations: 1 },
    { populationSize: 2, eliteSize: 1, tournamentSize: 2 },
    { populationSize: 1, eliteSize: 0, tournamentSize: 1 },
    { populationSize: 3, eliteSize: 0, tournamentSize: 1 },
    { populationSize: 3, eliteSize: 2, tournamentSize: 3 },
    { populationSize: 13 },
    { eliteSize: 11, tournamentSize: 12 },
    { crossoverRate: 0 },
    { crossoverRate: 1, mutationRate: 0.05 },
    { mutationRate: 0 },
    { mutationRate: 0.5, lossToWarmup: 2.5 },
    { maxLossPenalty: 8, lossToWarmup: 2 },
    { layers: ['layer1'] },
    { layers: ['layer2', 'layer0'], crossoverRate: 1 },
    { eliteSize: 0, mutationRate: 0.5, lossToWarmup: 0.6 },
    REBREEDING,
    { ...REBREEDING, populationSize: 3, crossoverRate: 0.5 },
    { ...REBREEDING, populationSize: 5, mutationRate: 0.5 },
  ];
  let [redrawn, rebred, ended, complete] = [0, 0, 0, 0];
  const cases = [lossOf, moody].flatMap((by) => configurations.map((c) => [by, c] as const));
  for (const [by, configuration] of cases) {
    for (const seed of by === lossOf ? ['1', '2', '3', 'another seed', ''] : ['1', '2']) {
      const given = { ...options, ...configuration, seed };
      const label = JSON.stringify(given);
      const expected = articleGenetic(problem, by, given);
      const search = geneticAlgorithm(problem, given);
      const history: HistoryRow[] = [];
      const bestCosts: number[] = [];
      while (!search.done) {
        if (expected.infeasible && bestCosts.length === expected.history.length) break;
        const rows = search.tell(evaluationsBy(by, search.ask(1)));
        // A round may end several generations, of which the best is known after the last.
        history.push(...rows);
        while (bestCosts.length < history.length - 1) bestCosts.push(expected.bestCosts[bestCosts.length]!);
        if (rows.length > 0) bestCosts.push(search.best!.cost);
      }
      if (expected.infeasible) {
        await searchError('infeasible', () => drive(search, by));
        ended++;
      } else {
        redrawn += expected.redrawn;
        rebred += expected.rebred;
        expected.best.forEach((kept, layer) => assertKeeps(search.best!.masks[layer]!, kept, label));
        // Every population in vain is proposed beyond the total.
        const { proposals, totalProposals } = search.progress;
        const inVain = expected.redrawn + expected.rebred;
        assert.is(proposals > totalProposals, inVain > 0, label);
        if (inVain === 0) assert.is(proposals, totalProposals, label);
        if (inVain === 0) complete++;
      }
      assertSameHistory(history, expected.history, label);
      assert.equal(bestCosts, expected.bestCosts, label);
    }
  }
  // The comparison is worth something only if all of it happens.
  assert.ok(redrawn > 20 && rebred > 20, `${redrawn} drawn and ${rebred} bred anew`);
  assert.ok(ended > 0 && ended < 40, `${ended} ended infeasible`);
  assert.ok(complete > 40, `${complete} without a retry`);
});

test("the options that are not given are the article's experiment, of 1,060 individuals", () => {
  const { seed, ...paper } = GENETIC_ALGORITHM_PAPER;
  assert.type(seed, 'string');
  assert.equal(paper, {
    ...{ generations: 20, populationSize: 12, eliteSize: 2, tournamentSize: 5 },
    ...{ crossoverRate: 0.9, mutationRate: 0.15, lossToWarmup: 1, maxLossPenalty: 1e8 },
  });
  // The unpruned network, and 5 layers x (12 + 20 x 10), so large that no two individuals are equal.
  const of = problemOf([8_000, 8_000, 8_000, 8_000, 8_000], [0, 2, 5, 6, 7], 8);
  const search = geneticAlgorithm(of);
  const { rounds, history } = drive(search, () => ({ loss: 0.1, accuracy: 0.9 }));
  assert.is(search.progress.proposals, 1_060);
  assert.is(search.progress.totalProposals, 1_060);
  const asked = rounds.map(({ candidates }) => candidates.length);
  const ofLayer = [12, ...new Array<number>(20).fill(10)];
  assert.equal(asked, [1, ...ofLayer, ...ofLayer, ...ofLayer, ...ofLayer, ...ofLayer]);
  assert.is(history.length, 100);
});

test("layer positions, generations and the article's rates are in the history rows", () => {
  const search = geneticAlgorithm(problemOf([50, 70], [2, 5], 8));
  const { history } = drive(search, () => ({ loss: 0.1, accuracy: 0.9 }));
  assert.is(history.length, 40);
  history.forEach(({ layer, generation, mutationRate, temperature }, i) => {
    assert.equal([layer, generation, temperature], [i < 20 ? 2 : 5, i % 20, undefined]);
    assert.is(mutationRate, 0.15 * (1 - (i % 20) / 20));
  });
  const printed = [0, 1, 19].map((generation) => history[generation]!.mutationRate.toFixed(4));
  assert.equal(printed, ['0.1500', '0.1425', '0.0075']);
});

/** What every weight of one layer costs in nats if it is dropped; the optimum drops those that cost nothing. */
function bySight(costs: readonly number[]): LossFunction {
  return ([kept]) => {
    const loss = costs.reduce((sum, cost, i) => sum + (kept![i] === 1 ? 0 : cost), 0.1);
    return { loss, accuracy: 1 / (1 + loss) };
  };
}

test('the elites go on untouched, and no individual of the population before is evaluated again', () => {
  const search = started(problemOf([6]), 0.1, { generations: 12, mutationRate: 0.3, populationSize: 12 });
  const by = bySight([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  let [known, duplicates] = [0, 0];
  search.tell(evaluationsBy(by, search.ask(1)));
  while (!search.done) {
    const { generation, population } = stateOf(search);
    const candidates = search.ask(1);
    const before = population.map(({ mask }) => mask);
    const asked = candidates.map(({ masks }) => toHex(masks[0]!));
    assert.is(new Set(asked).size, asked.length, 'duplicates are asked for once');
    assert.ok(asked.every((mask) => !before.includes(mask)));
    search.tell(evaluationsBy(by, candidates));
    if (search.done || stateOf(search).generation !== generation + 1) continue;
    const costs = population.map(({ mask, score }) => {
      const { meanLayer } = sparsityOf([fromHex(mask, 6)]);
      return (score === null ? 1e8 : (0.1 - score.loss) ** 2) + 1 / (meanLayer + 1e-8);
    });
    const byCost = [...costs.keys()].sort((a, b) => costs[a]! - costs[b]!);
    const after = stateOf(search).population;
    const elites = byCost.slice(0, 2).map((i) => population[i]);
    assert.equal(after.slice(0, 2), elites);
    const children = after.slice(2).map(({ mask }) => mask);
    known += children.filter((mask) => before.includes(mask)).length;
    duplicates += children.length - new Set(children).size;
  }
  assert.ok(known > 0 && duplicates > 0, `${known} known, ${duplicates} duplicates`);
});

test('best, unpruned and progress at each layer', () => {
  const search = started(twoLayers, 0.1, { generations: 2, populationSize: 4, tournamentSize: 2 });
  const { unpruned } = search;
  assert.equal(counts(search).slice(0, 5), ['layer0', 0, 2, 0, 16]);
  tellLoss(search, 0.2);
  assert.equal(counts(search).slice(0, 5), ['layer0', 0, 2, 4, 16]);
  assertSameSolution(search.best, unpruned, 'no generation has ended');
  const [first] = tellLoss(search, 0.2);
  assert.equal(counts(search).slice(0, 5), ['layer0', 1, 2, 6, 16]);
  assert.is(search.best!.cost, first!.cost);
  assertSameSolution(search.progress.current, search.best);
  const [second] = tellLoss(search, 0.1);
  assert.ok(second!.cost < first!.cost);
  assert.equal(counts(search).slice(0, 5), ['layer1', 0, 2, 8, 16]);
  assert.is(search.best!.cost, second!.cost);
  assert.ok(search.best!.sparsity.perLayer[0]! > 0 && search.best!.sparsity.perLayer[1] === 0);
  for (const rows of [0, 1, 1]) assert.is(tellLoss(search, 0.1).length, rows);
  assert.ok(search.done);
  assert.equal(counts(search).slice(0, 5), ['layer1', 2, 2, 16, 16]);
  assert.ok(search.best!.cost < second!.cost);
  assertSameSolution(search.progress.current, search.best);
  assert.is(search.unpruned, unpruned);
});

test('feasible individuals count as accepted', () => {
  const search = started(twoLayers, 0.1, { generations: 4 });
  while (!search.done) {
    tellLoss(search, 0.1);
    const { proposals, accepted } = search.progress;
    assert.is(accepted, proposals, 'all are feasible, and elites are proposed once');
  }
  const strict = started(twoLayers, 0.1, { generations: 4 });
  tellExceeded(strict);
  assert.equal([strict.progress.proposals, strict.progress.accepted], [12, 0]);
});

test('every retry has a question, however few masks there are', async () => {
  // At rate 1 every initial mask is empty; with one gene most are equal, and with so small a penalty that even the
  // unpruned network costs more, no individual is feasible.
  const onlyFull: LossFunction = (kept) => ({
    loss: kept.every((bits) => !bits.includes(0)) ? 0.1 : 9,
    accuracy: 0.5,
  });
  for (const [of, given] of [
    [problemOf([40]), { mutationRate: 1 }],
    [problemOf([1]), { maxLossPenalty: 100 }],
    [problemOf([40]), { maxLossPenalty: 100, mutationRate: 0 }],
    [problemOf([2, 1]), { maxLossPenalty: 100, populationSize: 2, eliteSize: 1, tournamentSize: 1 }],
  ] as const) {
    const search = geneticAlgorithm(of, given);
    const error = await searchError('infeasible', () => drive(search, onlyFull));
    assert.match(error.message, /^none of 20 initial populations of layer0 /);
    // Which of the two conditions no individual meets.
    assert.is(error.option, 'maxLossPenalty' in given ? 'maxLossPenalty' : 'lossToWarmup');
    const fix = `use a larger maxLossPenalty, since the cheapest below the cap costs ${FULL_COST}`;
    if ('maxLossPenalty' in given) assert.is(error.fix, fix);
  }
});

test('a layer of one gene has no place for a cut', () => {
  let dropped = 0;
  for (let seed = 0; seed < 40; seed++) {
    const of = problemOf([1, 20]);
    const given = { seed: String(seed), generations: 5, populationSize: 3, eliteSize: 1, tournamentSize: 2 };
    for (const loss of [0.1, 9]) {
      const search = geneticAlgorithm(of, { ...given, mutationRate: 0.4, crossoverRate: 1 });
      const { history } = drive(search, ([gene]) => ({ loss: gene![0] === 1 ? 0.1 : loss, accuracy: 0.5 }));
      assert.is(history.length, 10);
      const gone = countKept(search.best!.masks[0]!) === 0;
      if (loss === 9) assert.not.ok(gone, `seed ${seed}`);
      else if (gone) dropped++;
    }
  }
  assert.ok(dropped > 30, `${dropped} of 40`);
});

test("a best mask that costs as much as the penalty leaves the layer's mask as it was", () => {
  // At rate 1 all initial masks are empty: one layer of two is dropped. The children keep everything.
  const cost = 1 / (0.5 + 1e-8);
  const of = problemOf([8, 8]);
  for (const [maxLossPenalty, isApplied] of [
    [cost, false],
    [cost + 2 ** -40, true],
  ] as const) {
    const given = { generations: 2, mutationRate: 1, maxLossPenalty, layers: ['layer0'] };
    const search = started(of, 0.1, given);
    tellLoss(search, 0.1);
    const history: HistoryRow[] = [];
    while (!search.done) history.push(...tellLoss(search, 0.1));
    const costs = history.map((row) => row.cost);
    assert.equal(costs, [cost, cost]);
    assert.is(search.best!.sparsity.meanLayer, isApplied ? 0.5 : 0);
  }
});

test('a generation without a new individual needs no question', () => {
  const search = geneticAlgorithm(problem, { ...options, mutationRate: 0 });
  const { rounds, history } = drive(search, lossOf);
  // The unpruned network, then it once more for each layer.
  const counts = rounds.map(({ candidates }) => candidates.length);
  assert.equal(counts, [1, 1, 1, 1]);
  history.forEach(({ layer, generation }, i) =>
    assert.equal([layer, generation], [[0, 2, 3][Math.floor(i / 8)], i % 8]),
  );
  assert.is(history.length, 3 * 8);
  assert.ok(history.every(({ mutationRate, cost }) => mutationRate === 0 && cost === FULL_COST));
  assertSameSolution(search.best, search.unpruned);
  assert.is(search.progress.proposals, search.progress.totalProposals);
});

test('a loss at the cap is as good as one above it', () => {
  const ends = [0.5, 0.75].map((loss) => {
    const search = started(twoLayers, 0.1, { generations: 4 });
    tellLoss(search, 0.5 - 2 ** -54);
    const { population } = stateOf(search);
    assert.ok(population.every(({ score }) => score !== null));
    while (search.progress.layer === 'layer0') {
      const candidates = search.ask(1);
      search.tell(candidates.map((candidate) => evaluationOf(candidate, { loss, accuracy: 0 })));
    }
    return search;
  });
  assertSameSearch(ends[0]!, ends[1]!);
});

test('the digest stands for the best of every generation', () => {
  // At rate 0 the masks stay the same, and rows differ by what was told alone.
  const digestOf = (loss: number, accuracy: number, generations = 3) => {
    const search = started(twoLayers, 0.1, { generations, mutationRate: 0, maxLossPenalty: 1e9 });
    tellLoss(search, loss, accuracy);
    return search.digest;
  };
  const one = digestOf(0.2, 0.5);
  const others = [digestOf(0.2 + 2 ** -55, 0.5), digestOf(0.2, 0.5 + 2 ** -53), digestOf(0.2, 0.5, 4)];
  assert.is(new Set([one, ...others]).size, 4);
  assert.is(digestOf(0.2, 0.5), one);
  const idle = started(twoLayers, 0.1, {});
  const { digest } = idle;
  tellLoss(idle, 0.1);
  assert.is(idle.digest, digest, 'an initial population has no row');
});

test('a candidate has the cap of its layer as limit, and shares the best masks of the other layers', () => {
  const search = started(problem, 0.1, options);
  let [limits, entered, layer] = [0, search.best!, 'layer0'];
  while (!search.done) {
    if (search.progress.layer !== layer) [entered, layer] = [search.best!, search.progress.layer];
    const place = problem.layers.findIndex(({ name }) => name === layer);
    const candidates = search.ask(1);
    for (const { masks, lossLimit } of candidates) {
      assert.is(lossLimit, [0.25, 0.75, 1][place]);
      masks.forEach((mask, i) => assert.ok(i === place || mask === entered.masks[i], 'shared by reference'));
    }
    limits += candidates.length;
    search.tell(evaluationsBy(lossOf, candidates));
  }
  assert.ok(limits > 200 && search.best!.sparsity.perLayer.every((fraction) => fraction > 0));
});

test('populations without a feasible individual end with what to do', async () => {
  const [of, initial] = [problemOf([5_000], [1], 4), { mutationRate: 0.7 }];
  const search = started(of, 0.1, initial);
  const oneIsEnough = started(of, 0.1, initial);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { generation, attempt: attempts } = stateOf(search);
    assert.equal([generation, attempts, search.progress.step], [-1, attempt, 0]);
    if (attempt < MAX_ATTEMPTS - 1) tellExceeded(oneIsEnough);
    assert.equal(tellExceeded(search), []);
  }
  for (const again of [search, search, geneticAlgorithm(of, initial, throughJson(search.snapshot()))]) {
    const error = await searchError('infeasible', () => again.ask(1));
    assert.match(error.message, /^none of 20 initial populations of layer0 .*cap of 0\.5 and /);
    assert.is(error.fix, 'use a larger lossToWarmup or a lower mutationRate');
    assert.is(error.option, 'lossToWarmup');
  }
  const last = oneIsEnough
    .ask(1)
    .map((_, i) => (i === 7 ? ({ exceeded: false, loss: 0.2, accuracy: 0 } as const) : EXCEEDED));
  oneIsEnough.tell(last);
  assert.equal([stateOf(oneIsEnough).generation, stateOf(oneIsEnough).attempt], [0, 0]);
  assert.is(oneIsEnough.progress.proposals, MAX_ATTEMPTS * 12);

  // Without elites a generation is bred again as a whole.
  const bred = started(problemOf([300]), 0.1, { generations: 3, eliteSize: 0, populationSize: 6 });
  tellLoss(bred, 0.1);
  const masks = new Set<string>();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    assert.equal([stateOf(bred).generation, stateOf(bred).attempt, bred.progress.step], [0, attempt, 0]);
    for (const candidate of bred.ask(1)) masks.add(toHex(candidate.masks[0]!));
    assert.equal(tellExceeded(bred), []);
  }
  assert.is(masks.size, 6 * MAX_ATTEMPTS, 'each time others');
  const error = await searchError('infeasible', () => bred.ask(1));
  assert.match(error.message, /^none of 20 populations of generation 0 of layer0 .*cap of 1 and /);
  assert.is(error.fix, 'use a larger lossToWarmup, a lower mutationRate or a larger eliteSize');
});

test('a penalty so large that the rest of the cost is lost in it is still that of an infeasible individual', () => {
  for (const maxLossPenalty of [1e17, 1e300]) {
    const { history } = drive(geneticAlgorithm(problem, { ...REBREEDING, maxLossPenalty }), moody);
    assert.ok(history.length > 10 && history.every(({ loss }) => loss < 1));
  }
});

test('a snapshot whose fields do not fit each other is refused', async () => {
  const atStart = started(problem, 0.1, options);
  const bred = started(problem, 0.1, options);
  while (stateOf(bred).generation < 2) bred.tell(evaluationsBy(lossOf, bred.ask(1)));
  const [first, last] = [stateOf(atStart), stateOf(bred)];
  const { population, layerBest } = last;
  const wrong: readonly (readonly [typeof first, Partial<typeof first>, RegExp])[] = [
    [first, { layer: 4 }, /state\.layer is 4 but must be a whole number from 0 to 3$/],
    [first, { layer: 3, generation: 0 }, /state\.generation is 0 but must be -1 after the last layer$/],
    [first, { layer: 3, attempt: 1 }, /state\.attempt is 1 but must be 0 after the last layer$/],
    [first, { generation: 8 }, /state\.generation is 8 but must be a whole number from -1 to 7$/],
    [first, { attempt: MAX_ATTEMPTS + 1 }, /state\.attempt is 21 but must be a whole number from 0 to 20$/],
    [first, { accepted: 1 }, /state\.accepted is 1 but must be at most 0, /],
    // No or too few individuals to breed from, or a population where there is none yet.
    [first, { generation: 0 }, /state\.population is a list of 0 but must be a list of 12 in generation 0, /],
    [
      first,
      { attempt: 1, population: population.slice(1) },
      /population is a list of 11 but must be a list of 12 /,
    ],
    [last, { population: population.slice(1) }, /population is a list of 11 but must be a list of 12 /],
    [last, { generation: -1, layerBest: null }, /population is a list of 12 but must be a list of 0 /],
    [last, { layerBest: null }, /state\.layerBest is null but must be a solution in generation 2$/],
    [last, { generation: 0 }, /state\.layerBest is an object but must be null in generation 0$/],
    [last, { layer: 1, layerBest }, /population\[0\]\.mask is ".+" but must be 16 hexadecimal digits, /],
  ];
  await assertRefusesStates((snapshot) => geneticAlgorithm(problem, options, snapshot), wrong);
});

test('either of two options that do not fit each other is named', async () => {
  const given: readonly (readonly [Options, RegExp])[] = [
    [
      { populationSize: 2, tournamentSize: 1 },
      /^eliteSize is 2 but must be .* from 0 to 1, below .*populationS/,
    ],
    [{ populationSize: 1 }, /^eliteSize is 2 but must be .* below .*populationSize/],
    [{ populationSize: 4 }, /^tournamentSize is 5 but must be at most 4, .*populationSize/],
  ];
  for (const [wrong, message] of given) {
    await assertBadInput(() => geneticAlgorithm(problem, wrong), message);
    const { fix, related } = await searchError('bad-input', () => geneticAlgorithm(problem, wrong));
    assert.match(fix, /a smaller (elite|tournament)Size or a larger populationSize/);
    assert.equal(related, ['populationSize']);
  }
});

test.run();
