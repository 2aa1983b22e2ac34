import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, fullMask, masksEqual, type Mask } from '../../../../src/core/mask.ts';
import { randomStream } from '../../../../src/core/random.ts';
import {
  simulatedAnnealing,
  SIMULATED_ANNEALING_PAPER,
  type SimulatedAnnealingOptions,
  type SimulatedAnnealingState,
} from '../../../../src/search/article/simulated-annealing.ts';
import type { HistoryRow, Problem, Search } from '../../../../src/search/contract.ts';
import { run } from '../../../../src/search/run.ts';
import {
  assertKeeps,
  assertRefusesStates,
  assertSameHistory,
  assertSameMasks,
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
  SyntheticEvaluator,
  type LossFunction,
} from '../../../helpers/search/synthetic-evaluator.ts';

type Options = Partial<SimulatedAnnealingOptions>;
type State = SimulatedAnnealingState;

/** Word edges, and layers without weights between and after: caps of 0.25, 0.75 and 1 nat. */
const problem = problemOf([40, 33, 96], [0, 2, 3], 4);
/** Runs into every cap. */
const lossOf = additiveLoss(problem, 0.1, 0.8);
/** Where most losses are too high even for a few weights. */
const steep = additiveLoss(problem, 0.1, 6);
const options: Options = { iterations: 40 };
const FULL_COST = 1 / 1e-8;

/** So hot that whatever is told is accepted. */
const HOT = 1e12;

/** 2 layers of 4, with caps of `lossToWarmup` times a half and one. */
const twoLayers = problemOf([100, 60], [1, 3], 4);

/** A search that has been told the loss of the unpruned network. */
function started(of: Problem, unprunedLoss: number, given: Options): Search<State> {
  const search = simulatedAnnealing(of, given);
  tellLoss(search, unprunedLoss);
  return search;
}

/** Tells the next proposal this loss; its row, if it is accepted. */
function tellNext(search: Search, loss: number, accuracy?: number): HistoryRow | undefined {
  const [row] = tellLoss(search, loss, accuracy);
  return row;
}

/** Whether every weight kept in `mask` is kept in `before`. */
const isWithin = (mask: Mask, before: Mask) =>
  mask.words.every((word, i) => (word & ~before.words[i]!) === 0);

// The article's search in plain loops, on arrays.

interface Article {
  readonly history: HistoryRow[];
  readonly best: readonly Uint8Array[];
  /** Cost of the best after every row. */
  readonly bestCosts: readonly number[];
  readonly infeasible: boolean;
}

/** The article's "Simulated annealing", line by line; only the streams of random numbers are ours. */
function articleAnnealing(of: Problem, by: LossFunction, given: Options): Article {
  const all = { ...SIMULATED_ANNEALING_PAPER, ...given };
  const { seed, iterations, initialTemperature, mutationRate, lossToWarmup, maxLossPenalty, layers } = all;
  const masks = sizesOf(of).map((size) => new Uint8Array(size).fill(1));
  const { loss: unprunedLoss } = by(masks);
  const history: HistoryRow[] = [];
  let best = { cost: FULL_COST, masks: masks.map((mask) => mask.slice()) };
  const bestCosts: number[] = [];
  const end = (infeasible: boolean) => ({ history, best: best.masks, bestCosts, infeasible });

  for (const [layer, { name, position }] of of.layers.entries()) {
    if (layers && !layers.includes(name)) continue;
    const maxLoss = (lossToWarmup * (position + 1)) / of.depth;
    const objective = () => {
      const { loss, accuracy } = by(masks);
      let sparsity = 0;
      for (const mask of masks) sparsity += mask.filter((bit) => bit === 0).length / mask.length;
      sparsity /= masks.length;
      const difference = (unprunedLoss - loss) * (unprunedLoss - loss);
      const cost = (loss < maxLoss ? difference : maxLossPenalty) + 1 / (sparsity + 1e-8);
      return { cost, loss, accuracy, sparsity };
    };
    let current = objective();
    if (current.loss >= maxLoss) return end(true);
    let bestCost = current.cost;
    for (let t = 0; t < iterations; t++) {
      const rate = mutationRate * (1 - t / iterations);
      const temperature = initialTemperature / (1 + Math.log(1 + t));
      if (temperature <= 0) break;
      const random = randomStream(seed, 'simulated annealing', layer, t);
      const chance = 1 - random.double(); // uniform in (0, 1]
      const old = masks[layer]!;
      masks[layer] = old.map((bit) => (bit === 1 && random() < rate ? 0 : bit));
      const proposal = objective();
      const dE = proposal.cost - current.cost;
      if (dE < 0 || chance <= Math.exp(-dE / temperature)) {
        current = proposal;
        history.push({ layer: position, temperature, mutationRate: rate, ...proposal });
        if (current.cost < bestCost) {
          bestCost = current.cost;
          best = { cost: bestCost, masks: masks.map((mask) => mask.slice()) };
        }
        bestCosts.push(best.cost);
      } else {
        masks[layer] = old;
      }
    }
  }
  return end(false);
}

/** Temperatures come from another logarithm here: two units in the last place. */
function assertArticleHistory(
  actual: readonly HistoryRow[],
  expected: readonly HistoryRow[],
  label: string,
): void {
  const at = (temperature: number) => (row: HistoryRow) => ({ ...row, temperature });
  assertSameHistory(actual.map(at(0)), expected.map(at(0)), label);
  actual.forEach(({ temperature }, i) => {
    const wanted = expected[i]!.temperature!;
    assert.ok(Math.abs(temperature! - wanted) <= 2 ** -51 * wanted, `${label}: temperature of row ${i}`);
  });
}

test('history and best are those of the article, from a straightforward implementation', async () => {
  const configurations: Options[] = [
    {},
    { iterations: 200 },
    { iterations: 1 },
    { initialTemperature: 20 },
    { initialTemperature: 40, lossToWarmup: 20 },
    { initialTemperature: HOT, lossToWarmup: 200 },
    { initialTemperature: 0.01, mutationRate: 0.05 },
    { initialTemperature: 1e-300 },
    { mutationRate: 0.5, lossToWarmup: 2.5 },
    { mutationRate: 0.01, lossToWarmup: 8 },
    { mutationRate: 1 },
    { mutationRate: 0 },
    { maxLossPenalty: 2, initialTemperature: 3 },
    { maxLossPenalty: 40, initialTemperature: 20, layers: ['layer2'] },
    { layers: ['layer1'] },
    { layers: ['layer2', 'layer0'], initialTemperature: 5 },
  ];
  let [rejected, infeasibles, ended] = [0, 0, 0];
  const cases = [lossOf, steep].flatMap((by) => configurations.map((c) => [by, c] as const));
  for (const [by, configuration] of cases) {
    for (const seed of ['1', '2', '3', 'another seed', '']) {
      const given = { ...options, ...configuration, seed };
      const label = JSON.stringify(given);
      const expected = articleAnnealing(problem, by, given);
      const search = simulatedAnnealing(problem, given);
      const history: HistoryRow[] = [];
      const bestCosts: number[] = [];
      const running = run(search, new SyntheticEvaluator(problem, by), {
        onProgress: (_, rows) =>
          rows.forEach((row) => (history.push(row), bestCosts.push(search.best!.cost))),
      });
      if (expected.infeasible) await searchError('infeasible', () => running);
      else await running;
      assertArticleHistory(history, expected.history, label);
      assert.equal(bestCosts, expected.bestCosts, label);
      expected.best.forEach((kept, layer) => assertKeeps(search.best!.masks[layer]!, kept, label));
      if (expected.infeasible) infeasibles++;
      else ended++;
      rejected += search.progress.proposals - expected.history.length;
    }
  }
  // The comparison is worth something only if all of it happens.
  assert.ok(rejected > 2000, `${rejected} rejected`);
  assert.ok(infeasibles > 10 && ended > 50, `${infeasibles} infeasible, ${ended} not`);
});

test("the article's schedule is in the history rows", () => {
  // A loss that never changes: every proposal is as sparse or sparser, so every one is accepted.
  const search = simulatedAnnealing(problemOf([50, 70], [2, 5], 8));
  const { history } = drive(search, () => ({ loss: 0.1, accuracy: 0.9 }));
  assert.is(history.length, 400);
  assert.ok(history.slice(0, 200).every(({ layer }) => layer === 2));
  assert.ok(history.slice(200).every(({ layer }) => layer === 5));
  const printed: [step: number, temperature: string, rate: string][] = [
    [0, '1.000000', '0.15000'],
    [1, '0.590616', '0.14925'],
    [23, '0.239346', '0.13275'],
    [105, '0.176571', '0.07125'],
    [199, '0.158773', '0.00075'],
  ];
  for (const [step, temperature, rate] of printed) {
    for (const row of [history[step]!, history[200 + step]!]) {
      assert.is(row.temperature!.toFixed(6), temperature);
      assert.is(row.mutationRate.toFixed(5), rate);
      assert.is(row.generation, undefined);
    }
  }
});

test("the options that are not given are the article's experiment", () => {
  const { seed, ...paper } = SIMULATED_ANNEALING_PAPER;
  assert.type(seed, 'string');
  assert.equal(paper, {
    ...{ iterations: 200, initialTemperature: 1, mutationRate: 0.15 },
    ...{ lossToWarmup: 1, maxLossPenalty: 1e8 },
  });
  const [plain, spelled] = [{}, SIMULATED_ANNEALING_PAPER].map((given) => simulatedAnnealing(problem, given));
  drive(plain!, lossOf);
  drive(spelled!, lossOf);
  assertSameSearch(plain!, spelled!);
});

test('nothing comes back, and masks that do not change are shared', () => {
  let [dropped, unchanged] = [0, 0];
  for (const mutationRate of [0.15, 0.05]) {
    const search = simulatedAnnealing(problem, { ...options, initialTemperature: 3, mutationRate });
    search.tell(evaluationsBy(lossOf, search.ask(1)));
    while (!search.done) {
      const { current, layer } = search.progress;
      const candidates = search.ask(5);
      for (const { masks } of candidates) {
        masks.forEach((mask, i) => {
          const before = current!.masks[i]!;
          assert.is(mask === before, masksEqual(mask, before));
          assert.ok(mask === before || problem.layers[i]!.name === layer, 'another layer');
          assert.ok(isWithin(mask, before));
          dropped += countKept(before) - countKept(mask);
        });
        if (masks.every((mask, i) => mask === current!.masks[i])) unchanged++;
      }
      search.tell(evaluationsBy(lossOf, candidates));
    }
  }
  assert.ok(dropped > 100 && unchanged > 5, `${dropped} dropped, ${unchanged} unchanged`);
});

test('the best is remembered anew in every layer, from the cost it starts with', () => {
  const given = { iterations: 3, initialTemperature: HOT, lossToWarmup: 200 };
  const search = started(twoLayers, 0.1, given);
  const good = tellNext(search, 0.1)!;
  tellNext(search, 30);
  tellNext(search, 50);
  assert.is(search.best!.cost, good.cost);
  // Worse than where this layer starts (50 nats), then better, then worse than that.
  tellNext(search, 60);
  assert.is(search.best!.cost, good.cost);
  const better = tellNext(search, 40)!;
  assert.ok(better.cost > good.cost);
  assert.is(search.best!.cost, better.cost);
  const { best } = search;
  tellNext(search, 45);
  assert.ok(search.done);
  assert.is(search.progress.current!.loss, 45);
  assertSameSolution(search.best, best);
});

test('a layer that only gets as good as it began leaves the best of the layer before', () => {
  const given = { iterations: 2, initialTemperature: HOT, lossToWarmup: 200 };
  let repeats = 0;
  for (let seed = 0; seed < 20; seed++) {
    // The one weight of the second layer is mostly kept.
    const search = started(problemOf([100, 1]), 0.1, { ...given, seed: String(seed) });
    tellNext(search, 10);
    tellNext(search, 20);
    const { best } = search;
    const [candidate] = search.ask(1);
    if (countKept(candidate!.masks[1]!) === 0) continue;
    assert.ok(tellNext(search, 20));
    assertSameSolution(search.best, best);
    repeats++;
  }
  assert.ok(repeats > 10);
});

test('a layer starts with the cost under its own cap', () => {
  // 0.5 is the first cap: the accepted solution has the penalty there, and none in the second layer.
  const search = started(twoLayers, 0.1, { iterations: 1, initialTemperature: HOT });
  const penalised = tellNext(search, 0.5)!;
  assert.is(penalised.cost, 1e8 + 1 / (penalised.sparsity + 1e-8));
  const { current } = search.progress;
  assert.is(current!.cost, (0.1 - 0.5) * (0.1 - 0.5) + 1 / (penalised.sparsity + 1e-8));
});

test('if nothing is accepted the result is the starting masks', () => {
  const search = started(problem, 0.1, options);
  const { digest } = search;
  let proposals = 0;
  while (!search.done) {
    const candidates = search.ask(4);
    assert.is(search.tell(candidates.map(() => EXCEEDED)).length, 0);
    proposals += candidates.length;
  }
  assert.is(proposals, 120);
  assert.is(search.progress.accepted, 0);
  assertSameMasks(search.best!.masks, sizesOf(problem).map(fullMask));
  assertSameSolution(search.best, search.unpruned);
  assert.is(search.digest, digest);
});

test('a layer that is reached at or above its cap is refused, and stays so', async () => {
  for (const losses of [[0.5], [7], [0.1, 0.2, 1], [0.1, 0.2, 3.5]] as const) {
    const given = { iterations: 2, initialTemperature: HOT };
    const search = simulatedAnnealing(twoLayers, given);
    // An accepted step has its row all the same.
    losses.forEach((loss, i) => assert.is(tellLoss(search, loss).length, i === 0 ? 0 : 1));
    const [layer, cap] = losses.length === 1 ? ['layer0', 0.5] : ['layer1', 1];
    const restored = simulatedAnnealing(twoLayers, given, throughJson(search.snapshot()));
    for (const again of [search, search, restored]) {
      const evaluator = new SyntheticEvaluator(twoLayers, lossOf);
      const error = await searchError('infeasible', () => run(again, evaluator));
      assert.is(evaluator.candidates, 0);
      assert.match(error.message, `is ${losses.at(-1)} before ${layer} is searched`);
      assert.match(error.message, new RegExp(`cap of ${cap}$`));
      assert.match(error.fix, /more images.*lossToWarmup/);
      assert.is(error.option, 'lossToWarmup');
    }
  }
});

test('the digest stands for what was accepted: another loss, accuracy or step is another digest', () => {
  // At rate 0 the masks stay the same.
  const digestAfter = (loss: number, accuracy: number, rejections: number) => {
    const search = started(twoLayers, 0.1, { iterations: 10, mutationRate: 0, initialTemperature: HOT });
    for (let i = 0; i < rejections; i++) tellExceeded(search);
    assert.ok(tellNext(search, loss, accuracy));
    return search.digest;
  };
  const one = digestAfter(0.2, 0.5, 0);
  const [loss, accuracy] = [digestAfter(0.2 + 2 ** -55, 0.5, 0), digestAfter(0.2, 0.5 + 2 ** -53, 0)];
  assert.is(new Set([one, loss, accuracy, digestAfter(0.2, 0.5, 1)]).size, 4);
  assert.is(digestAfter(0.2, 0.5, 0), one);
});

test('progress counts what was told', () => {
  const search = started(twoLayers, 0.1, { iterations: 3 });
  const seen = () => counts(search);
  assert.equal(seen(), ['layer0', 0, 3, 0, 6, 0]);
  for (const step of [1, 2]) {
    search.ask(1);
    assert.equal(seen(), ['layer0', step - 1, 3, step - 1, 6, 0]);
    tellExceeded(search);
    assert.equal(seen(), ['layer0', step, 3, step, 6, 0]);
  }
  tellNext(search, 0.1);
  assert.equal(seen(), ['layer1', 0, 3, 3, 6, 1]);
  // The first is accepted, so that no other counts.
  const candidates = search.ask(3);
  search.tell(candidates.map((candidate) => evaluationOf(candidate, { loss: 0.1, accuracy: 0.5 })));
  assert.equal(seen(), ['layer1', 1, 3, 4, 6, 2]);
  tellNext(search, 0.1);
  tellNext(search, 0.1);
  assert.equal(seen(), ['layer1', 3, 3, 6, 6, 4]);
  assert.ok(search.done);
});

test('a snapshot whose fields do not fit each other is refused', async () => {
  const search = started(problem, 0.1, options);
  tellNext(search, 0.1);
  const { state } = search.snapshot();
  const wrong: readonly (readonly [Partial<NonNullable<State['state']>>, RegExp])[] = [
    [{ layer: 4 }, /state\.layer is 4 but must be a whole number from 0 to 3$/],
    [{ layer: 3 }, /state\.step is 1 but must be 0 after the last layer$/],
    [{ step: 40 }, /state\.step is 40 but must be a whole number from 0 to 39$/],
    [{ accepted: 2 }, /state\.accepted is 2 but must be at most 1, /],
    [{ unpruned: state!.current }, /the number of zeros in .*state\.unpruned\.masks is \d+ but must be 0$/],
  ];
  const refused = wrong.map(([changes, message]) => [state!, changes, message] as const);
  await assertRefusesStates((snapshot) => simulatedAnnealing(problem, options, snapshot), refused);
});

test.run();
