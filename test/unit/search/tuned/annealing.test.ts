import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Candidate, HistoryRow, Problem, Solution } from '../../../../src/search/contract.ts';
import { MasksearchError } from '../../../../src/core/error.ts';
import { countKept, fullMasks, maskToBytes, sparsityOf, type Masks } from '../../../../src/core/mask.ts';
import { run } from '../../../../src/search/run.ts';
import { withValidation } from '../../../../src/search/validation.ts';
import { tunedAnnealing, type TunedSearch } from '../../../../src/search/tuned/annealing.ts';
import { changed, MOVES, type Move, type MoveContext } from '../../../../src/search/tuned/moves.ts';
import { keptWeights, type Objective } from '../../../../src/search/tuned/objective.ts';
import { TUNED_DEFAULTS, type TunedAnnealingOptions } from '../../../../src/search/tuned/options.ts';
import type { TunedAnnealingState } from '../../../../src/search/tuned/state.ts';
import { assertBadInput } from '../../../helpers/bad-input.ts';
import {
  additiveLoss,
  problemOf,
  sizesOf,
  SyntheticEvaluator,
} from '../../../helpers/synthetic-evaluator.ts';
import {
  assertSameMasks,
  assertSameSolution,
  changeOf,
  driveOn,
  evaluationsOn,
  interactingLoss,
  problemOfShapes,
  type LossFunctions,
  type Round,
} from '../../../helpers/tuned.ts';

type Options = Partial<TunedAnnealingOptions>;

const problem = problemOfShapes([
  [4, 10],
  [6, 20],
  [10, 30],
]);
const WEIGHTS = 460;
/** One weight for each output. */
const LEAST = [4, 6, 10];

const interacting: LossFunctions = {
  tuning: interactingLoss(problem, 0.1, 0.5),
  validation: interactingLoss(problem, 0.12, 0.5, 'validation'),
};
const additive: LossFunctions = {
  tuning: additiveLoss(problem, 0.1, 0.8),
  validation: additiveLoss(problem, 0.13, 0.9),
};
/** Pruning hardly pays. */
const steep: LossFunctions = {
  tuning: additiveLoss(problem, 0.1, 50),
  validation: additiveLoss(problem, 0.1, 60),
};

/** Known importance that is right about few weights. */
const known = sizesOf(problem).map((size) => Float32Array.from({ length: size }, (_, i) => (i * 7919) % 101));

const EVALUATIONS = 300;
const configurations: readonly (readonly [options: Options, lossFunctions: LossFunctions])[] = [
  [{}, interacting],
  [{ maxLoss: 0.2 }, interacting],
  [{ maxLoss: 0.3, importance: 'none' }, additive],
  [{ maxLoss: 0.3, importance: known }, interacting],
  [{ targetSparsity: 0.8 }, interacting],
  [{ targetSparsity: 0.6, importance: known, layers: ['layer2', 'layer1'] }, additive],
  [{ maxAccuracyDrop: 5, layers: ['layer1'] }, additive],
  // Too short to measure a temperature.
  [{ maxLoss: 0.2, evaluations: 120 }, interacting],
  [{ targetSparsity: 0.5, evaluations: 20 }, interacting],
];

const make = (options: Options = {}, state?: TunedAnnealingState) =>
  tunedAnnealing(problem, { evaluations: EVALUATIONS, ...options }, state);

const zerosOf = (masks: Masks) => masks.reduce((sum, mask) => sum + mask.length - countKept(mask), 0);
const keptBits = (masks: Masks) => masks.map(maskToBytes);
const throughJson = (state: TunedAnnealingState) => JSON.parse(JSON.stringify(state)) as TunedAnnealingState;

function assertSameFront(actual: readonly Solution[], expected: readonly Solution[], label: string): void {
  assert.is(actual.length, expected.length, `${label}: points`);
  actual.forEach((point, i) => assertSameSolution(point, expected[i], `${label}: point ${i}`));
}

function assertSameEnd(actual: TunedSearch, expected: TunedSearch, label: string): void {
  assert.is(actual.digest, expected.digest, `${label}: digest`);
  assertSameSolution(actual.best, expected.best, `${label}: best`);
  assertSameSolution(actual.unpruned, expected.unpruned, `${label}: unpruned`);
  assertSameFront(actual.front, expected.front, label);
  assert.equal(actual.validation, expected.validation, `${label}: validation`);
  assert.equal(actual.validationPoints, expected.validationPoints, `${label}: validationPoints`);
  const { current: actualCurrent, ...actualProgress } = actual.progress;
  const { current: expectedCurrent, ...expectedProgress } = expected.progress;
  assert.equal(actualProgress, expectedProgress, `${label}: progress`);
  assertSameSolution(actualCurrent, expectedCurrent, `${label}: current`);
  assert.is(actual.done, expected.done, `${label}: done`);
}

function assertSameCandidates(
  actual: readonly Candidate[],
  expected: readonly Candidate[],
  label: string,
): void {
  assert.is(actual.length, expected.length, `${label}: candidates`);
  actual.forEach(({ masks, on, lossLimit }, i) => {
    assertSameMasks(masks, expected[i]!.masks, label);
    assert.is(on, expected[i]!.on, `${label}: on`);
    assert.is(lossLimit, expected[i]!.lossLimit, `${label}: lossLimit`);
  });
}

const isValidation = ({ candidates }: Round) => candidates.length === 1 && candidates[0]!.on === 'validation';
/** The proposals of a run of one at a time. */
const proposalRounds = (rounds: readonly Round[]) =>
  rounds.filter((round, i) => i > 0 && round.candidates.length === 1 && !isValidation(round));

/** States that were evaluated on the validation images, the unmasked network first, with the validation loss. */
function evaluatedStates(
  rounds: readonly Round[],
  lossFunctions: LossFunctions,
): { masks: Masks; loss: number }[] {
  return rounds
    .flatMap(({ candidates }) => candidates)
    .filter(({ on }) => on === 'validation')
    .map(({ masks }) => ({ masks, loss: lossFunctions.validation(keptBits(masks)).loss }));
}

test('the unmasked network is asked for first, on both sets of images and without a limit', () => {
  const search = make();
  assert.is(search.best, undefined);
  assert.is(search.unpruned, undefined);
  assert.is(search.validation, undefined);
  assert.is(search.progress.layer, '');
  assert.equal(search.front, []);
  const masks = fullMasks(problem.layers);
  assertSameCandidates(search.ask(64), [{ masks }, { masks, on: 'validation' }], 'first');
  search.tell([
    { exceeded: false, loss: 0.1, accuracy: 0.97 },
    { exceeded: false, loss: 0.2, accuracy: 0.9 },
  ]);
  const { unpruned, best, validation, progress } = search;
  assert.equal([unpruned!.loss, unpruned!.accuracy, zerosOf(unpruned!.masks)], [0.1, 0.97, 0]);
  assertSameSolution(best, unpruned);
  const score = { loss: 0.2, accuracy: 0.9 };
  assert.equal(validation, { unpruned: score, best: score });
  assert.equal([progress.proposals, progress.validations, progress.accepted], [2, 1, 0]);
  assert.is(search.front.length, 1);
});

test('the options that are not given are the defaults', () => {
  const { seed, evaluations, importance, objective, moves } = TUNED_DEFAULTS;
  assert.equal([seed, evaluations, importance], ['1', 10_000, 'learned']);
  assert.is(objective, keptWeights);
  assert.is(moves, MOVES);
  const [plain, spelled] = [
    make(),
    make({ ...TUNED_DEFAULTS, evaluations: EVALUATIONS, maxAccuracyDrop: 1 }),
  ];
  driveOn(plain, interacting);
  driveOn(spelled, interacting);
  assertSameEnd(plain, spelled, 'defaults');
  assert.is(tunedAnnealing(problem).progress.totalProposals, 10_000);
});

test('the same seed gives the same digest, another seed another', () => {
  const digestOf = (seed: string) => {
    const search = make({ seed, evaluations: 200, maxLoss: 0.3 });
    driveOn(search, interacting);
    return search.digest;
  };
  const seeds = ['1', '2', '01', '1 ', ''];
  const digests = seeds.map(digestOf);
  assert.is(new Set(digests).size, seeds.length);
  seeds.forEach((seed, i) => assert.is(digestOf(seed), digests[i]));
});

test('the digest stands for what the validation images said, too', () => {
  const [first, second] = [0, 2 ** -54].map((more) => {
    const search = make({ evaluations: 10, maxLoss: 0.5 });
    let validationPoints = 0;
    driveOn(search, {
      tuning: interacting.tuning,
      validation: (kept) => {
        const { loss, accuracy } = interacting.validation(kept);
        return { loss, accuracy: validationPoints++ === 1 ? accuracy + more : accuracy };
      },
    });
    return search;
  });
  assertSameMasks(first!.best!.masks, second!.best!.masks);
  assert.is.not(first!.digest, second!.digest);
});

for (const [options, lossFunctions] of configurations) {
  const label = JSON.stringify({ ...options, ...(options.importance === known && { importance: 'known' }) });

  test(`${label}: the same run, however many are asked for and with or without limits`, async () => {
    const one = make(options);
    const { history, rounds } = driveOn(one, lossFunctions);
    assert.ok(one.progress.accepted > 1);
    for (const lossLimits of [true, false]) {
      for (const limit of lossLimits ? [4, 16, 1000] : [1, 16]) {
        const several = make({ ...options, lossLimits });
        const driven = driveOn(several, lossFunctions, () => limit);
        assertSameEnd(several, one, `${lossLimits}, ${limit}`);
        assert.equal(driven.history, history);
        // In the shortest, every other evaluation is a look at the validation images.
        assert.ok(limit === 1 || driven.rounds.length < rounds.length || options.evaluations === 20);
      }
      const mixed = make({ ...options, lossLimits });
      const { rounds: limited } = driveOn(mixed, lossFunctions, (round) => (round % 7) * 3);
      assertSameEnd(mixed, one, `${lossLimits}, mixed`);
      const limits = limited.flatMap(({ candidates }) => candidates.filter((c) => c.lossLimit !== undefined));
      assert.is(limits.length > 0, lossLimits);
    }
    for (const speculation of [false, true, 4, 16]) {
      const search = make(options);
      const [tuning, validation] = [lossFunctions.tuning, lossFunctions.validation].map(
        (evaluate) => new SyntheticEvaluator(problem, evaluate),
      );
      tuning!.batchWidth = 8;
      const result = await run(search, withValidation(tuning!, validation!), { speculation });
      assert.ok(result.completed);
      assert.is(result.digest, one.digest);
      assert.equal(result.history, history);
      assertSameEnd(search, one, `speculation ${speculation}`);
    }
  });

  test(`${label}: stored and restored again and again, it goes on bit for bit`, () => {
    const whole = make(options);
    const { history: expected } = driveOn(whole, lossFunctions, () => 3);
    for (const every of [2, 7]) {
      let search = make(options);
      const history: HistoryRow[] = [];
      for (let round = 0; !search.done; round++) {
        if (round % every === 0) {
          const state = search.snapshot();
          const text = JSON.stringify(state);
          assert.equal(JSON.parse(text), state, 'plain JSON');
          const restored = make(options, throughJson(state));
          assert.is(JSON.stringify(restored.snapshot()), text);
          assertSameEnd(restored, search, `round ${round}`);
          search = restored;
        }
        history.push(...search.tell(evaluationsOn(lossFunctions, search.ask(3))));
      }
      assert.equal(history, expected);
      assertSameEnd(search, whole, `every ${every}`);
      assertSameEnd(make(options, throughJson(search.snapshot())), whole, 'done');
    }
  });

  test(`${label}: within the budget, no layer below its least, every number as the lossFunctions say`, () => {
    const search = make(options);
    const { history, rounds } = driveOn(search, lossFunctions);
    const { evaluations = EVALUATIONS } = options;
    const asked = rounds.flatMap(({ candidates }) => candidates);
    const { progress, best, validation, front, validationPoints } = search;
    assert.is(asked.length, progress.proposals);
    // All of it, but for one last look where nothing is left to look at.
    assert.ok(asked.length === evaluations || asked.length === evaluations - 1, `${asked.length}`);
    assert.is(asked.filter(({ on }) => on === 'validation').length, progress.validations);
    assert.is(progress.validations, validationPoints.length + 1);
    assert.is(history.length, progress.accepted);
    const { layers = problem.layers.map(({ name }) => name) } = options;
    for (const { masks } of asked) {
      masks.forEach((mask, layer) => {
        const isSearched = layers.includes(problem.layers[layer]!.name);
        assert.ok(countKept(mask) >= (isSearched ? LEAST[layer]! : mask.length));
      });
    }
    for (const { masks, loss, accuracy, sparsity } of [best!, ...front]) {
      assert.equal({ loss, accuracy }, lossFunctions.tuning(keptBits(masks)));
      assert.equal(sparsity, sparsityOf(masks));
    }
    assert.equal(validation!.best, lossFunctions.validation(keptBits(best!.masks)));
    assert.equal(validation!.unpruned, lossFunctions.validation(keptBits(fullMasks(problem.layers))));
    for (const [i, point] of front.entries()) {
      if (i === 0) continue;
      assert.ok(point.sparsity.global > front[i - 1]!.sparsity.global && point.loss > front[i - 1]!.loss);
    }
    assert.ok(front.length > 2);
    for (const row of history) {
      assert.ok(
        front.some(
          ({ loss, sparsity }) => loss <= row.loss && sparsity.global >= row.globalSparsity! - 0.005,
        ),
      );
    }
    const looks = rounds.filter(isValidation).map(({ candidates }) => candidates[0]!.masks);
    assert.equal(
      validationPoints.map(({ sparsity, tuning, validation }) => ({ sparsity, tuning, validation })),
      looks.map((masks) => ({
        sparsity: sparsityOf(masks).global,
        tuning: lossFunctions.tuning(keptBits(masks)),
        validation: lossFunctions.validation(keptBits(masks)),
      })),
    );
  });
}

test('the history tells of every accepted proposal', () => {
  const search = make({ maxLoss: 0.2 });
  const rows: HistoryRow[] = [];
  let told = 0;
  while (!search.done) {
    const before = search.progress;
    const candidates = search.ask(1);
    const added = search.tell(evaluationsOn(interacting, candidates));
    for (const row of added) {
      const { masks, loss, accuracy, sparsity, cost } = search.progress.current!;
      assert.is(masks, candidates[0]!.masks);
      const layer = problem.layers.findIndex(({ name }) => name === before.layer);
      const changes = masks.map((mask, i) => changeOf(before.current!.masks[i]!, mask));
      const count = changes.reduce((sum, { dropped, restored }) => sum + dropped.length + restored.length, 0);
      const { temperature, mutationRate, ...rest } = row;
      assert.equal(rest, {
        layer: problem.layers[layer]!.position,
        evaluation: told,
        cost,
        accuracy,
        loss,
        sparsity: sparsity.meanLayer,
        globalSparsity: sparsity.global,
      });
      assert.ok(temperature! > 0);
      const weights = masks.reduce(
        (sum, { length }, i) => sum + (masks[i] === before.current!.masks[i] ? 0 : length),
        0,
      );
      assert.is(mutationRate, count / weights);
    }
    rows.push(...added);
    told += candidates.length;
  }
  assert.is(rows.length, search.progress.accepted);
  assert.ok(rows.length > 50 && new Set(rows.map(({ layer }) => layer)).size === 3);
});

test('the temperature is a tenth of the median change of three trials in each layer', () => {
  const search = make({ maxLoss: 0.3 });
  const { history, rounds } = driveOn(search, interacting);
  const [, trials, ...rest] = rounds;
  assert.is(trials!.candidates.length, 9);
  assert.ok(rest.every(({ candidates }) => candidates.length === 1));
  const changes = trials!.candidates.map(({ masks, on, lossLimit }, i) => {
    assert.is(on, undefined);
    assert.is(lossLimit, undefined);
    const layer = Math.floor(i / 3);
    masks.forEach((mask, other) => {
      const dropped = mask.length - countKept(mask);
      assert.is(dropped, layer === other ? Math.max(1, Math.floor(mask.length / 50)) : 0);
    });
    return Math.abs(interacting.tuning(keptBits(masks)).loss - 0.1);
  });
  changes.sort((a, b) => a - b);
  assert.ok(history.length > 10);
  const { totalProposals } = search.progress;
  for (const { temperature, evaluation } of history) {
    const expected = (changes[4]! / 10) * (1 - evaluation! / totalProposals);
    assert.ok(Math.abs(temperature! - expected) < 1e-15);
  }
});

test('a short search has no trials and accepts nothing that costs more', () => {
  for (const seed of ['1', '2', '3']) {
    const search = make({ evaluations: 29, seed, targetSparsity: 0.6 });
    while (!search.done && search.progress.step < 0.7 * 29) {
      const { current } = search.progress;
      const lossPerWeight = search.snapshot().tradeoff?.lossPerWeight ?? 1;
      for (const { cost } of search.tell(evaluationsOn(interacting, search.ask(1)))) {
        assert.ok(cost <= keptWeights({ ...current!, lossPerWeight }));
      }
    }
  }
});

test('a higher cost is accepted with probability exp(-dE / T), T falling linearly', () => {
  // Without a cap, a limit says what cost is still accepted: above the current one by T times an exponential number.
  const evaluations = 1500;
  const search = make({ evaluations, targetSparsity: 0.6 });
  const numbers: number[] = [];
  while (!search.done) {
    const { current, step } = search.progress;
    const { temperature, tradeoff } = search.snapshot();
    const candidates = search.ask(1);
    search.tell(evaluationsOn(interacting, candidates));
    const [{ masks, lossLimit }] = candidates as [Candidate];
    if (lossLimit === undefined || lossLimit < 0) continue;
    const { lossPerWeight } = tradeoff!;
    const threshold = keptWeights({ loss: lossLimit, sparsity: sparsityOf(masks), lossPerWeight });
    const above = threshold - keptWeights({ ...current!, lossPerWeight });
    numbers.push((above * lossPerWeight) / (temperature! * (1 - step / evaluations)));
  }
  assert.ok(numbers.length > 1000);
  for (const part of [numbers.slice(0, 500), numbers.slice(-500)]) {
    const sorted = [...part].sort((a, b) => a - b);
    // Quartiles of the exponential distribution.
    for (const quarter of [1, 2, 3]) {
      const share = 1 - Math.exp(-sorted[125 * quarter]!);
      assert.ok(Math.abs(share - quarter / 4) < 0.08, `${quarter}: ${share}`);
    }
    assert.ok(sorted[0]! > -1e-6);
  }
});

test('what costs too much or loses too much is rejected, by a limit that leaves nothing out', () => {
  let [never, within, rejected] = [0, 0, 0];
  // Where there is hardly a loss, it is no reason to keep weights.
  const lossless = { ...interacting, tuning: interactingLoss(problem, 1e-4, 0.5) };
  const regrowing = MOVES.map((move) => (move.name === 'regrow' ? { ...move, frequency: 20 } : move));
  const further = [{ maxLoss: 0.3, moves: regrowing }, lossless] as const;
  for (const [options, lossFunctions] of [...configurations, further]) {
    const search = make(options);
    while (!search.done) {
      const { current } = search.progress;
      const { lossCap = null, lossPerWeight = 1 } = search.snapshot().tradeoff ?? {};
      const candidates = search.ask(1);
      const [{ masks, on, lossLimit }] = candidates as [Candidate];
      const [told] = evaluationsOn(lossFunctions, candidates);
      const rows = search.tell(evaluationsOn(lossFunctions, candidates));
      if (on || lossLimit === undefined) continue;
      const cap = Math.max(lossCap ?? Infinity, current!.loss);
      assert.ok(lossLimit <= cap);
      assert.is(rows.length, told!.exceeded ? 0 : 1);
      if (lossLimit === -Infinity) never++;
      else if (told!.exceeded) rejected++;
      else {
        within++;
        assert.ok(rows[0]!.loss <= cap);
        assert.is(
          rows[0]!.cost,
          keptWeights({ loss: rows[0]!.loss, sparsity: sparsityOf(masks), lossPerWeight }),
        );
      }
    }
  }
  assert.ok(never > 10 && within > 100 && rejected > 100, `${never}, ${within}, ${rejected}`);
});

test('the best is the sparsest of those evaluated on the validation images that obey the goal', () => {
  let [above, before] = [0, 0];
  for (const [lossFunctions, options, cap] of [
    [interacting, { maxLoss: 0.2 }, 0.2],
    [additive, { maxLoss: 0.3 }, 0.3],
    [additive, { maxLoss: 0.131 }, 0.131],
    // Errors of one eleventh: the loss may grow by 33 parts in a hundred, and by a quarter more.
    [interacting, { maxAccuracyDrop: 3 }, 0.12 + 0.1 * 0.03 * 11 * 1.25],
  ] as const) {
    for (const seed of ['1', '2', '3']) {
      const search = make({ ...options, seed });
      const { rounds } = driveOn(search, lossFunctions);
      const states = evaluatedStates(rounds, lossFunctions);
      const obeying = states.filter(({ loss }) => loss <= cap + 1e-12);
      above += states.length - obeying.length;
      assert.ok(search.validation!.best.loss <= cap + 1e-12);
      assert.is(zerosOf(search.best!.masks), Math.max(...obeying.map(({ masks }) => zerosOf(masks))));
      if (search.best !== search.progress.current) before++;
    }
  }
  assert.ok(above > 5 && before > 0, `${above}, ${before}`);
});

test('a number of zeros is met exactly, in any budget', () => {
  const most = (WEIGHTS - 20) / WEIGHTS;
  for (const evaluations of [10, 11, 13, 25, 64, 100, 199, 200]) {
    for (const targetSparsity of [0.003, 0.25, 0.777, 0.9, most]) {
      for (const lossFunctions of [interacting, steep]) {
        const search = make({ evaluations, targetSparsity });
        const { rounds } = driveOn(search, lossFunctions, () => (evaluations % 2 === 0 ? 1 : 6));
        const label = `${targetSparsity} in ${evaluations}`;
        const zeros = Math.round(targetSparsity * WEIGHTS);
        assert.is(zerosOf(search.best!.masks), zeros, label);
        search.best!.masks.forEach((mask, layer) => assert.ok(countKept(mask) >= LEAST[layer]!, label));
        assert.ok(search.progress.proposals <= evaluations, label);
        const lowest = evaluatedStates(rounds, lossFunctions).filter(({ masks }) => zerosOf(masks) === zeros);
        assert.is(search.validation!.best.loss, Math.min(...lowest.map(({ loss }) => loss)), label);
      }
    }
  }
});

test('zeros that some layers must have alone are met, too', () => {
  const search = make({ evaluations: 60, targetSparsity: 0.24, layers: ['layer1'] });
  driveOn(search, interacting);
  assert.is(zerosOf(search.best!.masks), Math.round(0.24 * WEIGHTS));
  assert.is(countKept(search.best!.masks[0]!), 40);
});

test('more zeros than the layers may lose are rejected', async () => {
  const cases: readonly Options[] = [
    { targetSparsity: 441 / WEIGHTS },
    { targetSparsity: 0.999 },
    { targetSparsity: 0.25, layers: ['layer1'] },
    { targetSparsity: 0.5, layers: ['layer0', 'layer1'] },
  ];
  for (const options of cases) {
    await assertBadInput(() => make(options), /^targetSparsity is .+ but must be at most 0\.\d+/);
  }
  make({ targetSparsity: 440 / WEIGHTS });
});

test('a target of no zeros keeps the network', () => {
  const search = make({ targetSparsity: 0.001 });
  driveOn(search, interacting);
  assert.is(zerosOf(search.best!.masks), 0);
  assert.is(search.progress.accepted, 0);
});

test('where everything may go, layers end at their least', () => {
  const search = make({ evaluations: 1500, maxLoss: 1000 });
  driveOn(search, interacting, () => 8);
  const kept = search.best!.masks.map(countKept);
  assert.ok(
    kept.some((count, layer) => count === LEAST[layer]) && kept.every((n, layer) => n >= LEAST[layer]!),
  );
});

test('a whole budget is used up, and never more', () => {
  for (const evaluations of [...Array.from({ length: 30 }, (_, i) => 10 + i), 199, 200, 201, 255, 333]) {
    for (const options of [{ maxLoss: 0.2 }, { targetSparsity: 0.7 }]) {
      const search = make({ evaluations, ...options });
      const { rounds } = driveOn(search, interacting);
      const told = rounds.reduce((sum, { candidates }) => sum + candidates.length, 0);
      assert.is(told, search.progress.proposals);
      assert.ok(told === evaluations || told === evaluations - 1, `${told} of ${evaluations}`);
      assert.is(search.progress.totalProposals, evaluations);
      // A state that was accepted last has been looked at.
      assert.not.ok(search.snapshot().unvalidated);
    }
  }
});

test('patience ends a search that finds no better choice', () => {
  for (const evaluations of [3000, Infinity]) {
    for (const patience of [60, 130, 300]) {
      const search = make({ evaluations, patience, maxLoss: 0.2 });
      const improvements = [0];
      while (!search.done) {
        const { best } = search;
        assert.ok(search.progress.proposals - improvements.at(-1)! <= patience);
        search.tell(evaluationsOn(interacting, search.ask(1)));
        if (best && search.best !== best) improvements.push(search.progress.proposals);
      }
      const { proposals, totalProposals } = search.progress;
      // A last look may come after it, and find one all the same.
      const waited = proposals - improvements.filter((at) => at < proposals).at(-1)!;
      assert.ok(waited === patience || waited === patience + 1, `${waited} of ${patience}`);
      assert.is(totalProposals, evaluations === Infinity ? proposals : evaluations);
      if (patience === 300) assert.ok(improvements.length > 5 && proposals > 400 && proposals < 3000);
    }
  }
});

test('a search ends when its budget is spent', () => {
  for (const evaluations of [Infinity, 100_000]) {
    let [rounds, unvalidated] = [0, 0];
    const search = make({ evaluations, spent: () => rounds / 150, maxLoss: 0.2 });
    while (!search.done) {
      if (rounds >= 150) {
        // Only a last look is left.
        unvalidated++;
        assert.is(search.ask(1)[0]!.on, 'validation');
      }
      rounds++;
      search.tell(evaluationsOn(interacting, search.ask(8)));
    }
    assert.ok(rounds - unvalidated === 150 && unvalidated <= 1, `${rounds}, ${unvalidated}`);
    assert.ok(zerosOf(search.best!.masks) > 0 && search.validation!.best.loss <= 0.2 + 1e-12);
  }
  const search = make({ evaluations: Infinity, spent: () => 1 });
  driveOn(search, interacting);
  assert.is(search.progress.proposals, 2);
});

test('a target is met by a share that is spent evenly', () => {
  let rounds = 0;
  const search = make({ evaluations: Infinity, spent: () => rounds / 60, targetSparsity: 0.9 });
  for (; !search.done; rounds++) search.tell(evaluationsOn(steep, search.ask(1)));
  assert.is(zerosOf(search.best!.masks), Math.round(0.9 * WEIGHTS));
});

test('a target is met by a number of evaluations, too, where little else is spent', () => {
  for (const evaluations of [10, 12, 14]) {
    const search = make({ evaluations, spent: () => 0.1, targetSparsity: 0.9 });
    driveOn(search, steep);
    assert.is(zerosOf(search.best!.masks), Math.round(0.9 * WEIGHTS));
  }
});

test('the first state that meets a target is evaluated at once', () => {
  let early = 0;
  for (const seed of ['1', '2', '3']) {
    const search = make({ targetSparsity: 0.4, seed, evaluations: 1000 });
    const zeros = Math.round(0.4 * WEIGHTS);
    while (zerosOf(search.progress.current?.masks ?? []) !== zeros) {
      search.tell(evaluationsOn(interacting, search.ask(1)));
    }
    if (search.progress.proposals < search.snapshot().nextValidation) early++;
    const { masks } = search.progress.current!;
    assertSameCandidates(search.ask(9), [{ masks, on: 'validation' }], seed);
    search.tell(evaluationsOn(interacting, search.ask(9)));
    assertSameMasks(search.best!.masks, masks);
  }
  assert.ok(early > 0);
});

for (const importance of ['none', 'learned'] as const) {
  test(`importance ${importance}: a run can be repeated from its evaluations alone, without a network`, () => {
    for (const [options, lossFunctions, limit] of [
      [{ maxLoss: 0.2 }, interacting, 1],
      [{ targetSparsity: 0.8 }, interacting, 5],
      [{ maxAccuracyDrop: 10 }, additive, 3],
    ] as const) {
      const recorded = make({ ...options, importance });
      const { rounds } = driveOn(recorded, lossFunctions, () => limit);
      const replayed = make({ ...options, importance });
      for (const [i, { candidates, evaluations }] of rounds.entries()) {
        assertSameCandidates(replayed.ask(limit), candidates, `round ${i}`);
        replayed.tell(evaluations);
      }
      assert.ok(replayed.done);
      assertSameEnd(replayed, recorded, 'replayed');
      // Nothing but accepted or not is learned from, where there are limits.
      assert.ok(rounds.some(({ evaluations }) => evaluations.some(({ exceeded }) => exceeded)));
    }
  });
}

test('what is learned changes what is proposed, and known importance does', () => {
  const digests = (['none', 'learned', known] as const).map((importance) => {
    const search = make({ maxLoss: 0.2, importance });
    driveOn(search, interacting);
    return search.digest;
  });
  assert.is(new Set(digests).size, 3);
});

test('schedule go from layer to layer, the largest first', () => {
  const search = make({ maxLoss: 0.2 });
  const schedule: string[] = [];
  while (!search.done) {
    const { layer } = search.progress;
    if (layer !== '' && layer !== schedule.at(-1)) schedule.push(layer);
    search.tell(evaluationsOn(interacting, search.ask(1)));
  }
  assert.equal(schedule.slice(0, 4), ['layer2', 'layer1', 'layer0', 'layer2']);
  assert.ok(schedule.length >= 15, `${schedule.length}`);
});

/** Drops or restores whole outputs; `seen` notes the contexts. */
function unitMoves(seen: MoveContext[]): readonly Move[] {
  const indicesOf = ({ masks, layer, random }: MoveContext) => {
    const [units, inputs] = problem.layers[layer]!.shape as [number, number];
    const unit = Math.floor(random() * units);
    const indices = Array.from({ length: inputs }, (_, i) => unit * inputs + i);
    return { indices, kept: maskToBytes(masks[layer]!)[indices[0]!] === 1, inputs };
  };
  return [
    {
      name: 'drop unit',
      frequency: 3,
      propose: (context) => {
        seen.push(context);
        const { indices, kept, inputs } = indicesOf(context);
        if (!kept || inputs > Math.min(context.maxPrunable, context.maxPrunableIn(context.layer)))
          return undefined;
        return changed(context.masks, context.layer, indices, []);
      },
    },
    {
      name: 'restore unit',
      frequency: 1,
      propose: (context) => {
        const { indices, kept } = indicesOf(context);
        return changed(context.masks, context.layer, kept ? [] : indices, kept ? [] : indices);
      },
    },
  ];
}

test("moves of one's own are used, and told what they may do", () => {
  const seen: MoveContext[] = [];
  const search = make({ evaluations: 150, maxLoss: 0.5, moves: unitMoves(seen) });
  const { rounds } = driveOn(search, interacting);
  assert.is(search.snapshot().stepSizes[0]!.length, 2);
  for (const { candidates } of proposalRounds(rounds)) {
    candidates[0]!.masks.forEach((mask, layer) => {
      const [units, inputs] = problem.layers[layer]!.shape as [number, number];
      const bits = maskToBytes(mask);
      for (let unit = 0; unit < units; unit++) {
        const row = bits.subarray(unit * inputs, (unit + 1) * inputs);
        assert.ok(row.every((bit) => bit === row[0]));
      }
    });
  }
  assert.ok(zerosOf(search.best!.masks) > 0);
  assert.ok(seen.length > 40);
  for (const { masks, layer, searched, stepSize, maxPrunable, maxPrunableIn } of seen) {
    assert.equal(searched, [0, 1, 2]);
    assert.ok(Number.isInteger(stepSize) && stepSize >= 1 && stepSize <= masks[layer]!.length / 4);
    assert.is(maxPrunable, Infinity);
    masks.forEach((mask, i) => assert.is(maxPrunableIn(i), countKept(mask) - LEAST[i]!));
  }
  seen.length = 0;
  driveOn(
    make({ evaluations: 50, targetSparsity: 0.5, layers: ['layer2', 'layer0'], moves: unitMoves(seen) }),
    interacting,
  );
  for (const { masks, searched, maxPrunable } of seen) {
    assert.equal(searched, [0, 2]);
    assert.is(maxPrunable, 230 - zerosOf(masks));
  }
});

test("an objective of one's own is what is made small, and decides which is best", () => {
  const prices = new Set<number>();
  const smallest: Objective = ({ loss, sparsity, lossPerWeight }) => {
    prices.add(lossPerWeight);
    return 2 - 2 * sparsity.perLayer[0]! + loss / lossPerWeight;
  };
  for (const seed of ['1', '2', '3']) {
    const search = make({ objective: smallest, maxLoss: 0.2, seed });
    const { rounds, history } = driveOn(search, interacting);
    const obeying = evaluatedStates(rounds, interacting).filter(({ loss }) => loss <= 0.2 + 1e-12);
    const sparsities = obeying.map(({ masks }) => sparsityOf(masks).perLayer[0]!);
    const { cost, loss, sparsity, masks } = search.best!;
    assert.is(sparsity.perLayer[0], Math.max(...sparsities));
    assert.ok([...prices].some((lossPerWeight) => smallest({ loss, sparsity, lossPerWeight }) === cost));
    assert.ok(history.length > 20);
    const usual = make({ maxLoss: 0.2, seed });
    driveOn(usual, interacting);
    assert.ok(countKept(masks[0]!) < countKept(usual.best!.masks[0]!));
    assert.ok(zerosOf(masks) < zerosOf(usual.best!.masks));
  }
  assert.ok(prices.size > 3 && [...prices].every((lossPerWeight) => lossPerWeight > 0));
});

test('asking again before telling gives the same', () => {
  const search = make({ maxLoss: 0.2 });
  for (let round = 0; round < 40; round++) {
    const candidates = search.ask(5);
    assertSameCandidates(search.ask(5), candidates, `round ${round}`);
    const fewer = search.ask(1);
    assertSameCandidates(fewer, candidates.slice(0, fewer.length), `round ${round}`);
    search.tell(evaluationsOn(interacting, search.ask(5)));
  }
});

test('a wrong number of evaluations is rejected and changes nothing', async () => {
  const search = make({ maxLoss: 0.2 });
  const exceeded = { exceeded: true } as const;
  await assertBadInput(() => search.tell([]), /told 0 evaluations for 0 candidates/);
  while (search.progress.step < 40) search.tell(evaluationsOn(interacting, search.ask(1)));
  const { length } = search.ask(3);
  const text = JSON.stringify(search.snapshot());
  for (const count of [0, length + 1]) {
    const told = () => search.tell(Array.from({ length: count }, () => exceeded));
    await assertBadInput(told, new RegExp(`told ${count} evaluations for ${length} candidates`));
  }
  await assertBadInput(
    () => search.tell(Array.from({ length }, () => ({ exceeded: false, loss: NaN, accuracy: 0 }))),
    /a loss of NaN/,
  );
  assert.is(JSON.stringify(search.snapshot()), text);
});

test('what has no limit must be evaluated in full', async () => {
  const search = make({ maxLoss: 0.2 });
  const tell = () => search.tell(search.ask(1).map(() => ({ exceeded: true })));
  await assertBadInput(tell, /without a limit/);
  search.tell(evaluationsOn(interacting, search.ask(1)));
  await assertBadInput(tell, /without a limit/);
  while (search.ask(1)[0]!.on === undefined || search.progress.step === 0) {
    search.tell(evaluationsOn(interacting, search.ask(1)));
  }
  await assertBadInput(tell, /without a limit/);
});

test('a network that does not obey the goal is infeasible', () => {
  const search = make({ maxLoss: 0.11 });
  const evaluations = evaluationsOn(interacting, search.ask(1));
  let error: unknown;
  try {
    search.tell(evaluations);
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof MasksearchError && error.code === 'infeasible' && error.option === 'maxLoss');
});

test('a search that is done asks for nothing and takes nothing', async () => {
  const search = make({ evaluations: 20 });
  driveOn(search, interacting);
  assert.equal(search.ask(5), []);
  const { digest } = search;
  await assertBadInput(() => search.tell([]), /0 candidates/);
  assert.is(search.digest, digest);
});

test('a snapshot does not change with the search', () => {
  const search = make({ maxLoss: 0.2 });
  while (search.progress.step < 100) search.tell(evaluationsOn(interacting, search.ask(1)));
  const snapshot = search.snapshot();
  const text = JSON.stringify(snapshot);
  driveOn(search, interacting);
  assert.is(JSON.stringify(snapshot), text);
});

test('a snapshot of another problem or version is rejected', async () => {
  const search = make({ maxLoss: 0.2 });
  while (search.progress.step < 50) search.tell(evaluationsOn(interacting, search.ask(1)));
  const state = search.snapshot();
  const others: readonly Problem[] = [
    problemOf([40, 120]),
    problemOf([40, 300, 120]),
    problemOf([40, 120, 300, 1]),
  ];
  for (const other of others)
    await assertBadInput(() => tunedAnnealing(other, { maxLoss: 0.2 }, state), /mask/);
  const newer = { ...state, version: 2 } as unknown as TunedAnnealingState;
  await assertBadInput(() => make({ maxLoss: 0.2 }, newer), /version 2.+version 1/);
});

test('options out of range are rejected by name', async () => {
  const [prune, exchange] = MOVES as [Move, Move];
  const rejected: readonly (readonly [option: string, Options, message: RegExp])[] = [
    ...[0, 9, -1, 10.5, NaN, 10_000_001].map(
      (evaluations) => ['evaluations', { evaluations }, /^evaluations is .+ but must be .+ 10 to /] as const,
    ),
    ...[0, -1, 1.5, NaN, Infinity].map(
      (patience) => ['patience', { patience }, /^patience is .+ but must be/] as const,
    ),
    ['evaluations', { evaluations: Infinity }, /nothing ends the search/],
    ['layers', { layers: [] }, /^layers is empty/],
    [
      'layers',
      { layers: ['layer0', 'layer7'] },
      /^layers is layer7 but must be among layer0, layer1, layer2/,
    ],
    ['moves', { moves: [] }, /^moves is empty/],
    ['moves', { moves: [prune, { ...exchange, name: 'prune' }] }, /^moves is prune, prune/],
    ...[0, -1, NaN].map(
      (frequency) =>
        ['moves', { moves: [prune, { ...exchange, frequency }] }, /^moves is prune, exchange/] as const,
    ),
    ['importance', { importance: known.slice(1) }, /^importance is for 120, 300 weights/],
    [
      'importance',
      { importance: [...known.slice(0, 2), known[0]!] },
      /^importance is for 40, 120, 40 weights/,
    ],
    ...[-1, NaN, Infinity].map((wrong) => {
      const importance = known.map((ofLayer) => ofLayer.slice());
      importance[1]![119] = wrong;
      return ['importance', { importance }, new RegExp(`^importance is ${wrong} but must be`)] as const;
    }),
    ['targetSparsity', { targetSparsity: 1 }, /^targetSparsity is 1/],
    ['maxLoss', { maxLoss: 0 }, /^maxLoss is 0/],
    ['maxAccuracyDrop', { maxAccuracyDrop: 101 }, /^maxAccuracyDrop is 101/],
  ];
  for (const [option, options, message] of rejected) {
    await assertBadInput(() => make(options), message);
    try {
      make(options);
    } catch (error) {
      assert.is((error as MasksearchError).option, option);
    }
  }
  await assertBadInput(() => make({ maxLoss: 1, targetSparsity: 0.5 }), /both given/);
  await assertBadInput(() => tunedAnnealing({ layers: [], depth: 0 }), /no prunable layers/);
  make({ evaluations: 10, patience: 1 });
  make({ evaluations: 10_000_000 });
  make({ evaluations: Infinity, patience: 10_000_000 });
  make({ evaluations: Infinity, spent: () => 0 });
});

test.run();
