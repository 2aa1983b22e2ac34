import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type {
  Candidate,
  HistoryRow,
  Problem,
  Progress,
  Search,
  Solution,
} from '../../../../src/search/contract.ts';
import { MasksearchError } from '../../../../src/core/error.ts';
import { articleOrder, drawWithoutReplacement } from '../../../../src/search/article/operators.ts';
import {
  geneticAlgorithm,
  GENETIC_ALGORITHM_PAPER,
  MAX_ATTEMPTS,
  type GeneticAlgorithmOptions,
  type GeneticAlgorithmState,
} from '../../../../src/search/article/genetic-algorithm.ts';
import {
  countKept,
  fullMask,
  isKept,
  maskFromBytes,
  masksEqual,
  maskToBytes,
  sparsityOf,
  type Mask,
  type Masks,
} from '../../../../src/core/mask.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { run } from '../../../../src/search/run.ts';
import { maskFromHex, maskToHex } from '../../../../src/search/snapshot.ts';
import { assertBadInput } from '../../../helpers/bad-input.ts';
import {
  additiveLoss,
  evaluationOf,
  evaluationsBy,
  problemOf,
  sizesOf,
  SyntheticEvaluator,
  type LossFunction,
} from '../../../helpers/synthetic-evaluator.ts';

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
const evaluate = additiveLoss(problem, 0.1, 0.8);
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
const EXCEEDED = { exceeded: true } as const;

function tellAll(search: Search, by: LossFunction): readonly HistoryRow[] {
  return search.tell(evaluationsBy(by, search.ask(1)));
}

/** Tells this loss for every candidate. */
function tellLoss(search: Search, loss: number): readonly HistoryRow[] {
  return tellAll(search, () => ({ loss, accuracy: 0.5 }));
}

function tellExceeded(search: Search): readonly HistoryRow[] {
  return search.tell(search.ask(1).map(() => EXCEEDED));
}

/** A search that has been told the loss of the unmasked network. */
function started(of: Problem, unprunedLoss: number, given: Options): Search<State> {
  const search = geneticAlgorithm(of, given);
  tellLoss(search, unprunedLoss);
  return search;
}

interface Trace {
  readonly history: HistoryRow[];
  readonly asked: (readonly Candidate[])[];
}

/** Runs a search to its end by a loop of its own. */
function drive(search: Search, by: LossFunction, limitOf: (round: number) => number = () => 1): Trace {
  const trace: Trace = { history: [], asked: [] };
  while (!search.done) {
    const candidates = search.ask(limitOf(trace.asked.length));
    assert.ok(candidates.length >= 1, 'a search that is not done has a question');
    trace.asked.push(candidates);
    trace.history.push(...search.tell(evaluationsBy(by, candidates)));
  }
  return trace;
}

function assertSameHistory(actual: readonly HistoryRow[], expected: readonly HistoryRow[], label = ''): void {
  assert.is(actual.length, expected.length, `${label}: rows`);
  actual.forEach((row, i) => assert.equal(row, expected[i], `${label}: row ${i}`));
}

function assertSameMasks(actual: Masks, expected: Masks, label = ''): void {
  assert.is(actual.length, expected.length, label);
  actual.forEach((mask, layer) => assert.ok(masksEqual(mask, expected[layer]!), `${label}: layer ${layer}`));
}

function assertSameSolution(actual: Solution | undefined, expected: Solution | undefined, label = ''): void {
  assert.is(!actual, !expected, label);
  if (!actual || !expected) return;
  assertSameMasks(actual.masks, expected.masks, label);
  const numbers = ({ cost, loss, accuracy, sparsity }: Solution) => ({ cost, loss, accuracy, sparsity });
  assert.equal(numbers(actual), numbers(expected), label);
}

function assertSameEnd(actual: Search, expected: Search, label = ''): void {
  assert.is(actual.done, expected.done, `${label}: done`);
  assert.is(actual.digest, expected.digest, `${label}: digest`);
  assertSameSolution(actual.best, expected.best, `${label}: best`);
  assertSameSolution(actual.unpruned, expected.unpruned, `${label}: unpruned`);
  assertSameSolution(actual.progress.current, expected.progress.current, `${label}: current`);
  assert.equal(counts(actual), counts(expected), `${label}: progress`);
}

function counts(search: Search): (string | number)[] {
  const { layer, step, steps, proposals, totalProposals, accepted }: Progress = search.progress;
  return [layer, step, steps, proposals, totalProposals, accepted];
}

/** The population last evaluated. */
const populationOf = (search: Search<State>, length: number) =>
  search.snapshot().population.map(({ mask }) => maskFromHex(mask, length));

async function infeasible(action: () => unknown): Promise<MasksearchError> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof MasksearchError)) throw error;
    assert.is(error.code, 'infeasible', error.message);
    return error;
  }
  return assert.unreachable('it is infeasible') as never;
}

/** One of 100 counts is this many standard deviations off once in 1,400 choices of the seeds. */
const FAR = 4.5;

function assertFrequency(count: number, trials: number, p: number, label: string): void {
  const deviations = (count - trials * p) / Math.sqrt(trials * p * (1 - p));
  assert.ok(Math.abs(deviations) < FAR, `${label}: ${count} of ${trials}, p = ${p}, ${deviations} off`);
}

// The article's search in plain loops, on arrays.

interface Article {
  readonly history: HistoryRow[];
  readonly best: readonly Uint8Array[];
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

/** paper.md, "Genetic algorithm", line by line; only the streams of random numbers are ours. */
function articleGenetic(of: Problem, by: LossFunction, given: Options): Article {
  const all = { ...GENETIC_ALGORITHM_PAPER, ...given };
  const { seed, generations, populationSize, eliteSize, tournamentSize } = all;
  const { crossoverRate, mutationRate, lossToWarmup, maxLossPenalty, layers } = all;
  const masks = sizesOf(of).map((size) => new Uint8Array(size).fill(1));
  const { loss: unprunedLoss } = by(masks);
  const history: HistoryRow[] = [];
  let [redrawn, rebred] = [0, 0];
  const end = (isInfeasible: boolean) => ({
    history,
    best: masks,
    infeasible: isInfeasible,
    redrawn,
    rebred,
  });

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
          const drawn = drawWithoutReplacement(tournamentSize, population.length, random);
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
    }
    if (costOf(best!) < maxLossPenalty) masks[layer] = best!.genes;
  }
  return end(false);
}

test('history and best are those of the article, from a straightforward implementation', async () => {
  const configurations: Options[] = [
    {},
    { generations: 20 },
    { generations: 1 },
    { populationSize: 2, eliteSize: 1, tournamentSize: 2 },
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
  let [redrawn, rebred, ended] = [0, 0, 0];
  for (const [configuration, by] of configurations.flatMap((given) => [
    [given, evaluate] as const,
    [given, moody] as const,
  ])) {
    for (const seed of by === evaluate ? ['1', '2', '3', 'another seed', ''] : ['1', '2']) {
      const given = { ...options, ...configuration, seed };
      const label = JSON.stringify(given);
      const expected = articleGenetic(problem, by, given);
      if (!expected.infeasible) {
        redrawn += expected.redrawn;
        rebred += expected.rebred;
      }
      const search = geneticAlgorithm(problem, given);
      const history: HistoryRow[] = [];
      const evaluator = new SyntheticEvaluator(problem, by);
      const running = () => run(search, evaluator, { onProgress: (_, rows) => history.push(...rows) });
      if (expected.infeasible) {
        await infeasible(running);
        ended++;
      } else {
        await running();
        for (const [layer, kept] of expected.best.entries()) {
          const mask = search.best!.masks[layer]!;
          assert.ok(
            kept.every((bit, i) => (bit === 1) === isKept(mask, i)),
            label,
          );
        }
      }
      assertSameHistory(history, expected.history, label);
    }
  }
  // The comparison is worth something only if all of it happens.
  assert.ok(redrawn > 20 && rebred > 20, `${redrawn} drawn and ${rebred} bred anew`);
  assert.ok(ended > 0 && ended < 40, `${ended} ended infeasible`);
});

test("the options that are not given are the article's experiment, of 1,060 individuals", () => {
  assert.equal(
    { ...GENETIC_ALGORITHM_PAPER, seed: '' },
    {
      seed: '',
      generations: 20,
      populationSize: 12,
      eliteSize: 2,
      tournamentSize: 5,
      crossoverRate: 0.9,
      mutationRate: 0.15,
      lossToWarmup: 1,
      maxLossPenalty: 1e8,
    },
  );
  // 5 layers x (12 + 20 x 10), so large that no two individuals are equal, and the unmasked network.
  const of = problemOf([8_000, 8_000, 8_000, 8_000, 8_000], [0, 2, 5, 6, 7], 8);
  const search = geneticAlgorithm(of);
  const { asked, history } = drive(search, () => ({ loss: 0.1, accuracy: 0.9 }));
  assert.is(search.progress.proposals, 1_060);
  assert.is(search.progress.totalProposals, 1_060);
  assert.equal(
    asked.map(({ length }) => length),
    [1, ...[0, 2, 5, 6, 7].flatMap(() => [12, ...new Array<number>(20).fill(10)])],
  );
  assert.is(history.length, 100);
});

test("layer positions, generations and the article's rates stand in the history rows", () => {
  const { history } = drive(geneticAlgorithm(problemOf([50, 70], [2, 5], 8)), () => ({
    loss: 0.1,
    accuracy: 0.9,
  }));
  assert.is(history.length, 40);
  history.forEach(({ layer, generation, mutationRate, temperature }, i) => {
    assert.is(layer, i < 20 ? 2 : 5);
    assert.is(generation, i % 20);
    assert.is(mutationRate, 0.15 * (1 - (i % 20) / 20));
    assert.is(temperature, undefined);
  });
  const printed: [generation: number, rate: string][] = [
    [0, '0.1500'],
    [1, '0.1425'],
    [19, '0.0075'],
  ];
  for (const [generation, rate] of printed) assert.is(history[generation]!.mutationRate.toFixed(4), rate);
});

/** What every weight of one layer costs in nats if it is dropped; the optimum drops those that cost nothing. */
function bySight(costs: readonly number[]): LossFunction {
  return ([kept]) => {
    const loss = costs.reduce((sum, cost, i) => sum + (kept![i] === 1 ? 0 : cost), 0.1);
    return { loss, accuracy: 1 / (1 + loss) };
  };
}

test('it finds the optimum of a small problem', async () => {
  // Half of the weights are free, any other is above the cap: at best half are dropped at no loss.
  const costs = Array.from({ length: 16 }, (_, i) => (i % 2) * 2);
  const optimum = 1 / (0.5 + 1e-8);
  for (const seed of ['1', '2', '3', '4', '5']) {
    const evaluator = new SyntheticEvaluator(problemOf([16]), bySight(costs));
    const search = geneticAlgorithm(evaluator, { seed, generations: 60, populationSize: 24 });
    const { best } = await run(search, evaluator);
    assert.is(best.cost, optimum, `seed ${seed}`);
    assert.equal([...maskToBytes(best.masks[0]!)], costs.map(Math.sign));
  }
});

test('it comes close to the optimum of a larger problem', async () => {
  // Best is to drop the 30 of 60 weights that are free; each of the others costs 0.4 nats, two are below the cap.
  const costs = Array.from({ length: 60 }, (_, i) => (i % 2) * 0.4);
  const optimum = 1 / (0.5 + 1e-8);
  for (const seed of ['1', '2', '3', '4', '5']) {
    const evaluator = new SyntheticEvaluator(problemOf([60]), bySight(costs));
    const { best, history } = await run(geneticAlgorithm(evaluator, { seed, generations: 100 }), evaluator);
    assert.ok(history[0]!.cost > 3 * optimum, `seed ${seed}: starts at ${history[0]!.cost}`);
    assert.ok(best.cost >= optimum && best.cost < 1.3 * optimum, `seed ${seed}: ends at ${best.cost}`);
  }
});

test('with elites the best of a generation never gets worse; without it may', () => {
  const timesWorse = (eliteSize: number) => {
    let worse = 0;
    for (const seed of ['1', '2', '3', '4']) {
      const given = { seed, generations: 15, lossToWarmup: 2, tournamentSize: 2, eliteSize };
      const search = geneticAlgorithm(problem, given);
      const { history } = drive(search, evaluate);
      history.forEach((row, i) => {
        const before = history[i - 1];
        if (before?.layer === row.layer && row.cost > before.cost) worse++;
      });
    }
    return worse;
  };
  for (const eliteSize of [1, 2, 11]) assert.is(timesWorse(eliteSize), 0);
  assert.ok(timesWorse(0) > 10);
});

test('the elites go on untouched, and nobody in the population before is asked for again', () => {
  const search = started(problemOf([6]), 0.1, { generations: 12, mutationRate: 0.3, populationSize: 12 });
  const by = bySight([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  let [known, duplicates] = [0, 0];
  tellAll(search, by);
  while (!search.done) {
    const { generation, population } = search.snapshot();
    const candidates = search.ask(1);
    const before = population.map(({ mask }) => mask);
    const asked = candidates.map(({ masks }) => maskToHex(masks[0]!));
    assert.is(new Set(asked).size, asked.length, 'duplicates are asked for once');
    assert.ok(asked.every((mask) => !before.includes(mask)));
    search.tell(evaluationsBy(by, candidates));
    if (search.done || search.snapshot().generation !== generation + 1) continue;
    const costs = population.map(({ mask, loss }) => {
      const { meanLayer } = sparsityOf([maskFromHex(mask, 6)]);
      return (loss === undefined ? 1e8 : (0.1 - loss) ** 2) + 1 / (meanLayer + 1e-8);
    });
    const byCost = [...costs.keys()].sort((a, b) => costs[a]! - costs[b]!);
    const after = search.snapshot().population;
    assert.equal(
      after.slice(0, 2),
      byCost.slice(0, 2).map((i) => population[i]),
    );
    const children = after.slice(2).map(({ mask }) => mask);
    known += children.filter((mask) => before.includes(mask)).length;
    duplicates += children.length - new Set(children).size;
  }
  assert.ok(known > 0 && duplicates > 0, `${known} known, ${duplicates} duplicates`);
});

test('a winner of a tournament has each rank with its combinatorial probability', () => {
  // Without crossover every child is its parent but for about 13 of 100 genes; others differ in about 25.
  const [weights, populationSize, searches] = [600, 12, 200];
  const distance = (a: Mask, b: Mask) => {
    const words = a.words.map((word, i) => word ^ b.words[i]!);
    return countKept({ length: a.length, words });
  };
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
  for (const tournamentSize of [1, 5, 12]) {
    const wins = new Array<number>(populationSize).fill(0);
    let [trials, pairs, twice] = [0, 0, 0];
    for (let seed = 0; seed < searches; seed++) {
      const given = { seed: String(seed), crossoverRate: 0, eliteSize: 0, tournamentSize };
      const search = started(problemOf([weights]), 0, { ...given, lossToWarmup: 1e6 });
      const parents = search.ask(1).map(({ masks }) => masks[0]!);
      assert.is(parents.length, populationSize);
      // Ranks in an order that changes, so far apart that sparsity does not matter.
      const rankOf = drawWithoutReplacement(populationSize, populationSize, randomStream('ranks', seed));
      search.tell(parents.map((_, i) => ({ exceeded: false, loss: 10 * (1 + rankOf[i]!), accuracy: 0 })));
      const ranks = search.ask(1).map(({ masks }) => {
        const apart = parents.map((parent) => distance(parent, masks[0]!));
        return rankOf[apart.indexOf(Math.min(...apart))]!;
      });
      assert.is(ranks.length, populationSize);
      for (const rank of ranks) wins[rank]!++;
      trials += ranks.length;
      for (let i = 0; i < ranks.length; i += 2) {
        pairs++;
        if (ranks[i] === 0 && ranks[i + 1] === 0) twice++;
      }
    }
    wins.forEach((won, rank) => {
      const label = `size ${tournamentSize}, rank ${rank}`;
      // The others of the tournament are all of a higher rank.
      const others = populationSize - 1 - rank;
      const possible = others >= tournamentSize - 1;
      const p = possible ? choose(others, tournamentSize - 1) / choose(populationSize, tournamentSize) : 0;
      if (p === 0 || p === 1) assert.is(won, p * trials, label);
      else assertFrequency(won, trials, p, label);
    });
    // The two parents are drawn independently: they may be one.
    const p = (tournamentSize / populationSize) ** 2;
    if (p === 1) assert.is(twice, pairs);
    else assertFrequency(twice, pairs, p, `size ${tournamentSize}, the best twice`);
  }
});

/** A search about to breed with next to no mutation, from half as many full as empty masks of one layer. */
function aboutToBreed(shape: readonly number[], given: Options): Search<State> {
  const of = { layers: [{ name: 'layer0', shape, position: 0 }], depth: 1 };
  const populationSize = 120;
  const all = { ...given, populationSize, eliteSize: 0, tournamentSize: 1, mutationRate: 1e-12 };
  const state = started(of, 0.1, all).snapshot();
  const [{ length }] = sizesOf(of).map(fullMask) as [Mask];
  const stored = [fullMask(length), maskFromBytes(new Uint8Array(length))].map((mask) => ({
    mask: maskToHex(mask),
    loss: 0.1,
    accuracy: 0.5,
  }));
  const population = Array.from({ length: populationSize }, (_, i) => stored[i % 2]!);
  return geneticAlgorithm(of, all, { ...state, generation: 0, population });
}

test("cut points are uniform over all but the last place, in the article's order", () => {
  const shape = [3, 4];
  const order = articleOrder(shape);
  const cuts = new Array<number>(12).fill(0);
  let pairs = 0;
  for (let seed = 0; seed < 100; seed++) {
    const search = aboutToBreed(shape, { seed: String(seed), crossoverRate: 1 });
    tellLoss(search, 0.1);
    const children = populationOf(search, 12);
    for (let i = 0; i < children.length; i += 2) {
      const [one, other] = [children[i]!, children[i + 1]!];
      order.forEach((gene) => {
        const same = isKept(one, order[0]!) === isKept(other, order[0]!);
        assert.is(isKept(one, gene) === isKept(other, gene), same, 'what one has not, the other has');
      });
      pairs++;
      if (masksEqual(one, other)) continue;
      // The first place with another bit than place 0; none if the cut lies before all.
      const cut = order.findIndex((gene) => isKept(one, gene) !== isKept(one, order[0]!));
      const isSplit = order.every(
        (gene, place) => (isKept(one, gene) === isKept(one, order[0]!)) === (cut < 0 || place < cut),
      );
      assert.ok(isSplit, 'one cut');
      cuts[Math.max(cut, 0)]!++;
    }
  }
  const trials = cuts.reduce((a, b) => a + b);
  assertFrequency(trials, pairs, 0.5, 'unequal parents');
  assert.is(cuts[11], 0, 'the last gene always lies behind the cut');
  cuts.slice(0, 11).forEach((count, cut) => assertFrequency(count, trials, 1 / 11, `cut ${cut}`));
});

test('parents exchange genes with the crossover rate', () => {
  for (const crossoverRate of [0.3, 0.9]) {
    let [crossed, pairs] = [0, 0];
    for (let seed = 0; seed < 40; seed++) {
      const search = aboutToBreed([40], { seed: String(seed), crossoverRate });
      tellLoss(search, 0.1);
      const children = populationOf(search, 40);
      for (let i = 0; i < children.length; i += 2) {
        pairs++;
        if (countKept(children[i]!) % 40 !== 0) crossed++;
      }
    }
    // Equal parents and a cut before all genes cannot be told from copies.
    assertFrequency(crossed, pairs, (crossoverRate / 2) * (38 / 39), `rate ${crossoverRate}`);
  }
});

test('the unmasked network is asked for first, alone and without a limit', async () => {
  const search = geneticAlgorithm(problem, options);
  assert.is(search.best, undefined);
  assert.is(search.unpruned, undefined);
  assert.is(search.progress.layer, '');
  assert.is(search.progress.current, undefined);
  const candidates = search.ask(64);
  assert.is(candidates.length, 1);
  assert.is(candidates[0]!.lossLimit, undefined);
  assertSameMasks(candidates[0]!.masks, sizesOf(problem).map(fullMask));
  await assertBadInput(() => search.tell([EXCEEDED]), /unmasked network/);
  assert.is(search.tell([{ exceeded: false, loss: 0.1, accuracy: 0.97 }]).length, 0);
  assert.is(search.unpruned!.loss, 0.1);
  assert.is(search.unpruned!.accuracy, 0.97);
  assert.is(search.unpruned!.cost, FULL_COST);
  assert.is(search.unpruned!.sparsity.global, 0);
  assertSameSolution(search.best, search.unpruned);
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

test('what is accepted is some of what was proposed', () => {
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

test('a history row is the best of its generation, and the best is evaluated like it', () => {
  const search = started(twoLayers, 0.1, { generations: 3, lossToWarmup: 1e3 });
  // So high that no elite makes it good by its sparsity.
  tellLoss(search, 100);
  const candidates = search.ask(1);
  const at = 3;
  const [row] = search.tell(
    candidates.map((candidate, i) =>
      evaluationOf(candidate, i === at ? { loss: 0.25, accuracy: 0.875 } : { loss: 100, accuracy: 0 }),
    ),
  );
  const { masks } = candidates[at]!;
  const sparsity = sparsityOf(masks);
  const cost = (0.1 - 0.25) * (0.1 - 0.25) + 1 / (sparsity.meanLayer + 1e-8);
  assert.equal(row, {
    layer: 1,
    generation: 0,
    mutationRate: 0.15,
    cost,
    accuracy: 0.875,
    loss: 0.25,
    sparsity: sparsity.meanLayer,
  });
  assertSameSolution(search.best, { masks, cost, loss: 0.25, accuracy: 0.875, sparsity });
});

test('the best of all generations is remembered, whatever comes after', () => {
  // Without elites a generation may be worse than the one before.
  const search = started(twoLayers, 0, { generations: 3, eliteSize: 0, lossToWarmup: 1e3 });
  tellLoss(search, 100);
  const [good] = tellLoss(search, 0);
  const { best } = search;
  assert.is(best!.cost, good!.cost);
  const [bad] = tellLoss(search, 50);
  assert.ok(bad!.cost > good!.cost);
  assertSameSolution(search.best, best);
  tellLoss(search, 50);
  assert.is(search.progress.layer, 'layer1');
  assertSameSolution(search.best, best);
  for (const { masks } of search.ask(1)) assert.is(masks[0], best!.masks[0]);
});

test('the initial rate shrinks by powers until somebody is feasible', () => {
  const [weights, rate] = [5_000, 0.7];
  const populationSize = 12;
  for (const failures of [0, 1, 5, MAX_ATTEMPTS - 1]) {
    const search = started(problemOf([weights]), 0.1, { mutationRate: rate });
    for (let attempt = 0; attempt <= failures; attempt++) {
      assert.is(search.snapshot().attempt, attempt);
      const candidates = search.ask(1);
      assert.is(candidates.length, populationSize);
      const kept = candidates.reduce((sum, { masks }) => sum + countKept(masks[0]!), 0);
      const trials = populationSize * weights;
      assertFrequency(trials - kept, trials, rate ** (attempt + 1), `attempt ${attempt}`);
      assert.is(search.progress.step, 0);
      if (attempt < failures) assert.is(tellExceeded(search).length, 0);
    }
    // One of them is enough.
    search.tell(
      search
        .ask(1)
        .map((candidate, i) => (i === 7 ? evaluationOf(candidate, { loss: 0.2, accuracy: 0 }) : EXCEEDED)),
    );
    assert.equal([search.snapshot().generation, search.snapshot().attempt], [0, 0]);
    assert.is(search.progress.proposals, (failures + 1) * populationSize);
  }
});

test('an initial population of which nobody is ever feasible ends with what to do', async () => {
  const search = started(problemOf([5_000], [1], 4), 0.1, { mutationRate: 0.7 });
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) tellExceeded(search);
  const error = await infeasible(() => search.ask(1));
  assert.match(error.message, /^none of 20 initial populations of layer0 .*cap of 0\.5 and /);
  assert.is(error.fix, 'use a larger lossToWarmup or a lower mutationRate');
  assert.is(error.option, 'lossToWarmup');
  // It stays so, also when continued.
  const state = JSON.parse(JSON.stringify(search.snapshot())) as State;
  await infeasible(() => search.ask(1));
  await infeasible(() => geneticAlgorithm(problemOf([5_000], [1], 4), { mutationRate: 0.7 }, state).ask(1));
});

test('without elites a generation in which nobody is feasible is bred again as a whole', async () => {
  const given = { generations: 3, eliteSize: 0, populationSize: 6 };
  const search = started(problemOf([300]), 0.1, given);
  tellLoss(search, 0.1);
  const bred: string[] = [];
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { generation } = search.snapshot();
    assert.equal([generation, search.snapshot().attempt, search.progress.step], [0, attempt, 0]);
    const candidates = search.ask(1);
    assert.is(candidates.length, 6);
    bred.push(...candidates.map(({ masks }) => maskToHex(masks[0]!)));
    if (attempt === 1) {
      // From here on in another search, with somebody feasible.
      const other = geneticAlgorithm(problemOf([300]), given, search.snapshot());
      const [row] = tellLoss(other, 0.1);
      assert.equal([row!.generation, row!.mutationRate], [0, 0.15]);
      assert.equal([other.snapshot().generation, other.snapshot().attempt], [1, 0]);
      assert.is(other.progress.proposals, 18);
    }
    assert.is(tellExceeded(search).length, 0);
  }
  assert.is(new Set(bred).size, bred.length, 'each time others');
  const error = await infeasible(() => search.ask(1));
  assert.match(error.message, /^none of 20 populations of generation 0 of layer0 .*cap of 1 and /);
  assert.is(error.fix, 'use a larger lossToWarmup, a lower mutationRate or a larger eliteSize');
});

test('with elites a generation of infeasible children is one like any other', () => {
  const search = started(twoLayers, 0.1, { generations: 5, populationSize: 6, eliteSize: 1 });
  tellLoss(search, 0.2);
  const rows = Array.from({ length: 5 }, () => tellExceeded(search)).flat();
  assert.equal(
    rows.map(({ generation }) => generation),
    [0, 1, 2, 3, 4],
  );
  assert.is(new Set(rows.map(({ cost }) => cost)).size, 1, 'the elite is the best of each');
  assert.is(search.progress.layer, 'layer1');
});

test('every retry has a question, however few masks there are', async () => {
  // At rate 1 every initial mask is empty; with one gene most are equal, and with so small a penalty that even the
  // unmasked network costs more nobody is feasible.
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
    const error = await infeasible(() => drive(search, onlyFull));
    assert.match(error.message, /^none of 20 initial populations of layer0 /);
    // Which of the two conditions nobody meets.
    assert.is(error.option, 'maxLossPenalty' in given ? 'maxLossPenalty' : 'lossToWarmup');
    if ('maxLossPenalty' in given) {
      assert.is(
        error.fix,
        `use a larger maxLossPenalty, since the cheapest below the cap costs ${FULL_COST}`,
      );
    }
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

test('populations of every size: an odd rest has one individual more', () => {
  const sizes: [population: number, elite: number, tournament: number, later: number][] = [
    [2, 0, 2, 2],
    [2, 1, 1, 3],
    [3, 0, 3, 4],
    [3, 1, 2, 3],
    [3, 2, 3, 4],
    [12, 2, 5, 12],
    [12, 11, 12, 13],
    [13, 2, 5, 14],
    [13, 0, 13, 14],
    [1, 0, 1, 2],
  ];
  for (const [populationSize, eliteSize, tournamentSize, later] of sizes) {
    const given = { generations: 3, populationSize, eliteSize, tournamentSize };
    const search = started(problemOf([2_000]), 0.1, given);
    const label = JSON.stringify(given);
    assert.is(search.ask(1).length, populationSize, label);
    tellLoss(search, 0.1);
    for (let generation = 0; generation < 3; generation++) {
      if (generation > 0) assert.is(search.snapshot().population.length, later, label);
      assert.is(search.ask(1).length, later - eliteSize, label);
      tellLoss(search, 0.1);
    }
    assert.ok(search.done);
    assert.is(search.progress.proposals, populationSize + 3 * (later - eliteSize), label);
    assert.is(search.progress.totalProposals, search.progress.proposals, label);
  }
});

test('a layer that is searched goes on from the best masks of those before', () => {
  const search = geneticAlgorithm(problem, options);
  let layer = '';
  let entered: Masks = [];
  while (!search.done) {
    if (search.progress.layer !== layer) {
      layer = search.progress.layer;
      entered = search.best!.masks;
    }
    const candidates = search.ask(1);
    if (layer !== '') {
      for (const { masks } of candidates) {
        masks.forEach((mask, i) => {
          if (problem.layers[i]!.name !== layer) assert.is(mask, entered[i], 'shared by reference');
        });
      }
    }
    search.tell(evaluationsBy(evaluate, candidates));
  }
  assert.ok(search.best!.sparsity.perLayer.every((fraction) => fraction > 0));
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
    assert.equal(
      history.map((row) => row.cost),
      [cost, cost],
    );
    assert.is(search.best!.sparsity.meanLayer, isApplied ? 0.5 : 0);
  }
});

test('a generation in which nobody is new needs no question', () => {
  const search = geneticAlgorithm(problem, { ...options, mutationRate: 0 });
  const { asked, history } = drive(search, evaluate);
  // The unmasked network, then it once more for each layer.
  assert.equal(
    asked.map(({ length }) => length),
    [1, 1, 1, 1],
  );
  assert.equal(
    history.map(({ layer, generation }) => [layer, generation]),
    [0, 2, 3].flatMap((layer) => Array.from({ length: 8 }, (_, generation) => [layer, generation])),
  );
  assert.ok(history.every(({ mutationRate, cost }) => mutationRate === 0 && cost === FULL_COST));
  assertSameSolution(search.best, search.unpruned);
  assert.is(search.progress.proposals, search.progress.totalProposals);
});

test('the limit on a loss is the cap of the layer, and changes nothing', () => {
  for (const seed of ['1', '2', '3']) {
    const limited = geneticAlgorithm(problem, { ...options, seed });
    let limits = 0;
    const history: HistoryRow[] = [];
    while (!limited.done) {
      const place = problem.layers.findIndex(({ name }) => name === limited.progress.layer);
      const candidates = limited.ask(1);
      for (const { lossLimit } of candidates) {
        assert.is(lossLimit, [0.25, 0.75, 1][place]);
        limits++;
      }
      history.push(...limited.tell(evaluationsBy(evaluate, candidates)));
    }
    assert.ok(limits > 200);
    const unlimited = geneticAlgorithm(problem, { ...options, seed, lossLimits: false });
    const trace = drive(unlimited, evaluate);
    assert.ok(trace.asked.flat().every(({ lossLimit }) => lossLimit === undefined));
    assertSameHistory(trace.history, history);
    assertSameEnd(unlimited, limited, `seed ${seed}`);
  }
});

test('a penalty so large that the rest of the cost is lost in it is still that of an infeasible individual', () => {
  for (const maxLossPenalty of [1e17, 1e300]) {
    const ends = [true, false].map((lossLimits) => {
      const search = geneticAlgorithm(problem, { ...REBREEDING, maxLossPenalty, lossLimits });
      const { history } = drive(search, moody);
      assert.ok(history.every(({ loss }) => loss < 1));
      return search;
    });
    assertSameEnd(ends[0]!, ends[1]!, `penalty ${maxLossPenalty}`);
  }
});

test('a loss at the cap is as good as one above it', () => {
  const ends = [0.5, 0.75].map((loss) => {
    const search = started(twoLayers, 0.1, { generations: 4 });
    tellLoss(search, 0.5 - 2 ** -54);
    const { population } = search.snapshot();
    assert.ok(population.every((one) => one.loss !== undefined));
    while (search.progress.layer === 'layer0') {
      const candidates = search.ask(1);
      search.tell(candidates.map((candidate) => evaluationOf(candidate, { loss, accuracy: 0 })));
    }
    return search;
  });
  assertSameEnd(ends[0]!, ends[1]!);
});

test('a unpruned at or above the first cap is refused before anything is proposed', async () => {
  for (const unprunedLoss of [0.25, 0.3125, 7]) {
    const evaluator = new SyntheticEvaluator(problem, () => ({ loss: unprunedLoss, accuracy: 0.9 }));
    const search = geneticAlgorithm(problem, options);
    for (const again of [search, search]) {
      const error = await infeasible(() => run(again, evaluator));
      assert.is(evaluator.candidates, 1);
      assert.ok(error.message.includes(`is ${unprunedLoss} before`), error.message);
      assert.match(error.message, /\blayer0\b.*\b0\.25$/);
      assert.match(error.fix, /more images.*lossToWarmup/);
      assert.is(error.option, 'lossToWarmup');
    }
  }
  assert.ok(started(problem, 0.25 - 2 ** -54, options).ask(1).length > 1);
  assert.ok(started(problem, 0.3125, { ...options, lossToWarmup: 1.5 }).ask(1).length > 1);
});

test('asking again before telling gives the same, whatever the limit', () => {
  const search = geneticAlgorithm(problem, options);
  while (!search.done) {
    const first = search.ask(1);
    const state = JSON.stringify(search.snapshot());
    for (const limit of [1, 0, 5, 64, Infinity]) {
      const again = search.ask(limit);
      assert.is(again.length, first.length);
      first.forEach(({ masks, lossLimit }, i) => {
        assertSameMasks(again[i]!.masks, masks);
        assert.is(again[i]!.lossLimit, lossLimit);
      });
    }
    assert.is(JSON.stringify(search.snapshot()), state);
    search.tell(evaluationsBy(evaluate, first));
  }
});

test('what was asked for is never changed afterwards', () => {
  const search = geneticAlgorithm(problem, options);
  const asked: { candidate: Candidate; words: number[][] }[] = [];
  while (!search.done) {
    const candidates = search.ask(1);
    for (const candidate of candidates) {
      asked.push({ candidate, words: candidate.masks.map(({ words }) => [...words]) });
    }
    search.tell(evaluationsBy(evaluate, candidates));
  }
  assert.ok(
    asked.every(({ candidate, words }) =>
      candidate.masks.every((mask, i) => mask.words.every((word, w) => word === words[i]![w])),
    ),
  );
});

test('a snapshot at any point, through JSON, continues to the same end', () => {
  for (const [given, by] of [
    [options, evaluate],
    [{ ...options, populationSize: 5, layers: ['layer0', 'layer2'] }, evaluate],
    [{ ...options, mutationRate: 0 }, evaluate],
    [REBREEDING, moody],
  ] as const) {
    const whole = geneticAlgorithm(problem, given);
    const expected = drive(whole, by);
    const search = geneticAlgorithm(problem, given);
    const history: HistoryRow[] = [];
    let [redrawn, rebred] = [0, 0];
    for (;;) {
      const text = JSON.stringify(search.snapshot());
      assert.equal(JSON.parse(text), search.snapshot(), 'plain JSON');
      const continued = geneticAlgorithm(problem, given, JSON.parse(text) as State);
      assert.is(JSON.stringify(continued.snapshot()), text);
      assertSameEnd(continued, search);
      const { attempt, generation } = search.snapshot();
      if (attempt > 0 && generation < 0) redrawn++;
      if (attempt > 0 && generation >= 0) rebred++;
      const rest = drive(continued, by);
      assertSameHistory([...history, ...rest.history], expected.history, `after ${history.length} rows`);
      assertSameEnd(continued, whole, `after ${history.length} rows`);
      assert.is(JSON.stringify(search.snapshot()), text, 'the search it was taken from');
      if (search.done) break;
      history.push(...tellAll(search, by));
    }
    // Also between two tries.
    if (by === moody) assert.ok(redrawn > 0 && rebred > 5, `${redrawn} drawn and ${rebred} bred anew`);
  }
});

test('a search that is stored and restored after every round gives the same end', () => {
  const whole = geneticAlgorithm(problem, options);
  const expected = drive(whole, evaluate);
  const history: HistoryRow[] = [];
  let search = geneticAlgorithm(problem, options);
  while (!search.done) {
    history.push(...tellAll(search, evaluate));
    search = geneticAlgorithm(problem, options, JSON.parse(JSON.stringify(search.snapshot())) as State);
  }
  assertSameHistory(history, expected.history);
  assertSameEnd(search, whole);
});

test('a state that the search does not have is refused', async () => {
  const state = started(problem, 0.1, options).snapshot();
  for (const wrong of [
    { version: 2 },
    { layer: 4 },
    { layer: -1 },
    { layer: 0.5 },
    { layer: 3, generation: 0 },
    { generation: -2 },
    { generation: 8 },
    { attempt: -1 },
    { attempt: MAX_ATTEMPTS + 1 },
    // Nobody, or fewer than a tournament draws, to breed from.
    { generation: 0 },
    { attempt: 1, population: state.population.slice(1) },
  ]) {
    const damaged = { ...state, ...wrong } as State;
    await assertBadInput(
      () => geneticAlgorithm(problem, options, damaged),
      /which this search does not have/,
    );
  }
});

test('a state of another problem is refused', async () => {
  const search = started(problem, 0.1, options);
  tellAll(search, evaluate);
  const state = search.snapshot();
  for (const other of [problemOf([40, 33]), problemOf([40, 33, 48, 1]), problemOf([40, 48, 33])]) {
    await assertBadInput(() => geneticAlgorithm(other, options, state), /mask/);
  }
});

test('the same seed gives the same digest, another seed another', () => {
  const digestOf = (seed: string) => {
    const search = geneticAlgorithm(problem, { ...options, seed });
    drive(search, evaluate);
    return search.digest;
  };
  const seeds = ['1', '2', '3', '01', '1 ', 'one', '10', ''];
  const digests = seeds.map(digestOf);
  assert.is(new Set(digests).size, seeds.length);
  seeds.forEach((seed, i) => assert.is(digestOf(seed), digests[i]));
});

test('the digest stands for the best of every generation', () => {
  // At rate 0 the masks stay the same, and rows differ by what was told alone.
  const digestOf = (loss: number, accuracy: number, generations = 3) => {
    const search = started(twoLayers, 0.1, { generations, mutationRate: 0, maxLossPenalty: 1e9 });
    tellAll(search, () => ({ loss, accuracy }));
    return search.digest;
  };
  const digests = [
    digestOf(0.2, 0.5),
    digestOf(0.2 + 2 ** -55, 0.5),
    digestOf(0.2, 0.5 + 2 ** -53),
    digestOf(0.2, 0.5, 4),
  ];
  assert.is(new Set(digests).size, digests.length);
  assert.is(digestOf(0.2, 0.5), digests[0]);
  const idle = started(twoLayers, 0.1, {});
  const { digest } = idle;
  tellLoss(idle, 0.1);
  assert.is(idle.digest, digest, 'an initial population has no row');
});

test('layers and generations breed differently', () => {
  const search = started(problemOf([64, 64]), 0.1, { generations: 6, mutationRate: 0.3 });
  const seen: string[] = [];
  while (!search.done) {
    const layer = search.progress.layer === 'layer0' ? 0 : 1;
    seen.push(...search.ask(1).map(({ masks }) => maskToHex(masks[layer]!)));
    tellLoss(search, 0.1);
  }
  assert.is(new Set(seen).size, seen.length);
  assert.ok(seen.length > 100);
});

test('only the layers that are named are searched, in network order and with the streams they always have', () => {
  const firstFor = (layers: readonly string[] | undefined) => {
    const search = started(problem, 0.1, { ...options, layers });
    const first = new Map<string, Mask[]>();
    while (!search.done) {
      const { layer } = search.progress;
      const index = problem.layers.findIndex(({ name }) => name === layer);
      const candidates = search.ask(1);
      if (!first.has(layer)) {
        first.set(
          layer,
          candidates.map(({ masks }) => masks[index]!),
        );
      }
      tellLoss(search, 0.1);
    }
    assert.is(search.progress.proposals, search.progress.totalProposals);
    assert.is(search.progress.totalProposals, 92 * first.size);
    search.best!.sparsity.perLayer.forEach((fraction, i) =>
      assert.is(fraction > 0, first.has(problem.layers[i]!.name)),
    );
    return first;
  };
  const all = firstFor(undefined);
  assert.equal([...all.keys()], ['layer0', 'layer1', 'layer2']);
  for (const layers of [['layer1'], ['layer2', 'layer0'], ['layer2', 'layer2']]) {
    const some = firstFor(layers);
    assert.equal([...some.keys()], [...new Set(layers)].sort());
    for (const [layer, masks] of some) assertSameMasks(masks, all.get(layer)!, layer);
  }
});

test('a wrong number of evaluations is refused and changes nothing', async () => {
  const search = geneticAlgorithm(problem, options);
  await assertBadInput(() => search.tell([EXCEEDED]), /told 1 evaluations for 0 candidates|unmasked network/);
  tellAll(search, evaluate);
  await assertBadInput(() => search.tell([EXCEEDED]), /told 1 evaluations for 0 candidates/);
  for (let round = 0; round < 3; round++) {
    const { length } = search.ask(1);
    const before = JSON.stringify(search.snapshot());
    for (const count of [0, length - 1, length + 1]) {
      await assertBadInput(
        () => search.tell(Array.from({ length: count }, () => EXCEEDED)),
        new RegExp(`told ${count} evaluations for ${length} candidates`),
      );
    }
    assert.is(JSON.stringify(search.snapshot()), before);
    tellAll(search, evaluate);
  }
});

test('a loss that is not finite is refused, as unpruned and as individual', async () => {
  for (const loss of [Infinity, NaN]) {
    const pattern = /a loss of (Infinity|NaN)/;
    await assertBadInput(() => tellLoss(geneticAlgorithm(problem, options), loss), pattern);
    // With a limit an infinite loss is above it.
    const unlimited = started(problem, 0.1, { ...options, lossLimits: false });
    await assertBadInput(() => tellLoss(unlimited, loss), pattern);
  }
});

test('a search that is done asks for nothing and takes nothing', async () => {
  const search = geneticAlgorithm(problem, options);
  drive(search, evaluate);
  const { digest } = search;
  assert.is(search.ask(5).length, 0);
  await assertBadInput(() => search.tell([]), /0 candidates/);
  await assertBadInput(() => search.tell([EXCEEDED]), /0 candidates/);
  assert.is(search.digest, digest);
});

test('options out of range are refused by name', async () => {
  const refused: Record<string, readonly number[]> = {
    generations: [0, -1, 1.5, NaN, Infinity, 1_000_001],
    populationSize: [0, -1, 1.5, NaN, Infinity, 10_001, 1e9, 2 ** 32, Number.MAX_SAFE_INTEGER],
    eliteSize: [12, 13, -1, 0.5, NaN, Infinity],
    tournamentSize: [0, 13, -1, 1.5, NaN, Infinity],
    crossoverRate: [-0.01, 1.01, NaN, Infinity],
    mutationRate: [-0.01, 1.01, NaN, Infinity],
    lossToWarmup: [0, -1, NaN, Infinity],
    maxLossPenalty: [0, -1, NaN, Infinity],
  };
  for (const [option, values] of Object.entries(refused)) {
    for (const value of values) {
      const make = () => geneticAlgorithm(problem, { [option]: value });
      await assertBadInput(make, new RegExp(`^${option} is ${value} but must be .+`));
      try {
        make();
      } catch (error) {
        assert.is((error as MasksearchError).option, option);
      }
    }
  }
  await assertBadInput(
    () => geneticAlgorithm(problem, { populationSize: 2, tournamentSize: 1 }),
    /^eliteSize is 2 but must be .* from 0 to 1, below .*population/,
  );
  await assertBadInput(
    () => geneticAlgorithm(problem, { populationSize: 4 }),
    /^tournamentSize is 5 but must be at most 4, .*population/,
  );
  await assertBadInput(() => geneticAlgorithm(problem, { layers: ['conv1'] }), /^layers is conv1 .*layer0/);
  // The default of one does not fit the other that was given: both are named.
  for (const populationSize of [1, 4]) {
    try {
      geneticAlgorithm(problem, { populationSize });
    } catch (error) {
      const { message, fix, related } = error as MasksearchError;
      assert.match(message, 'populationSize');
      assert.match(fix, /a smaller (elite|tournament)Size or a larger populationSize/);
      assert.equal(related, ['populationSize']);
    }
  }
  geneticAlgorithm(problem, { populationSize: 10_000, generations: 1_000_000 });
  for (const rate of [0, 1]) geneticAlgorithm(problem, { mutationRate: rate, crossoverRate: rate });
  geneticAlgorithm(problem, { generations: 1, populationSize: 12, eliteSize: 11, tournamentSize: 12 });
});

test('a problem without layers is refused', async () => {
  await assertBadInput(() => geneticAlgorithm({ layers: [], depth: 0 }), /no prunable layers/);
});

test.run();
