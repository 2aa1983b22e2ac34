import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  countKept,
  countPruned,
  fullMasks,
  maskToBytes,
  sparsityOf,
  type Masks,
} from '../../../../src/core/mask.ts';
import type { Candidate, HistoryRow } from '../../../../src/search/contract.ts';
import { tunedAnnealing, type TunedAnnealingState } from '../../../../src/search/tuned/annealing.ts';
import { changed, MOVES, type Move, type MoveContext } from '../../../../src/search/tuned/moves/moves.ts';
import { keptWeights, type Objective } from '../../../../src/search/tuned/objective.ts';
import { TUNED_DEFAULTS, type TunedAnnealingOptions } from '../../../../src/search/tuned/options.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import {
  assertSameCandidates,
  assertSameMasks,
  assertSameSearch,
  drive,
  EXCEEDED,
  searchError,
  type Round,
} from '../../../helpers/search/drive-search.ts';
import { changeOf } from '../../../helpers/search/mask-change.ts';
import {
  evaluationsBy,
  interactingLoss,
  type LossFunctions,
} from '../../../helpers/search/synthetic-evaluator.ts';
import {
  additive,
  interacting,
  known,
  MIN_KEPT,
  problem,
  steep,
  WEIGHTS,
} from '../../../helpers/search/tuned-problem.ts';

type Options = Partial<TunedAnnealingOptions>;

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

const make = (options: Options = {}, snapshot?: TunedAnnealingState) =>
  tunedAnnealing(problem, { evaluations: EVALUATIONS, ...options }, snapshot);

const keptBits = (masks: Masks) => masks.map(maskToBytes);

const isValidation = ({ candidates }: Round) => candidates.length === 1 && candidates[0]!.on === 'validation';
/** The proposals of a run of one at a time. */
const proposalRounds = (rounds: readonly Round[]) =>
  rounds.filter((round, i) => i > 0 && round.candidates.length === 1 && !isValidation(round));

/** What was evaluated on the validation images, the unpruned network first, with the loss there. */
function evaluatedStates(
  rounds: readonly Round[],
  lossFunctions: LossFunctions,
): { masks: Masks; loss: number }[] {
  return rounds
    .flatMap(({ candidates }) => candidates)
    .filter(({ on }) => on === 'validation')
    .map(({ masks }) => ({ masks, loss: lossFunctions.validation(keptBits(masks)).loss }));
}

test('the unpruned network counts as evaluated and validated, and begins the front', () => {
  const search = make();
  assert.equal([search.validation, search.front, search.validationPoints], [undefined, [], []]);
  const validation = { loss: 0.2, accuracy: 0.9 };
  const told = [{ loss: 0.1, accuracy: 0.97 }, validation];
  search.ask(1);
  search.tell(told.map((score) => ({ exceeded: false, ...score })));
  const { progress, front } = search;
  assert.equal(search.validation, { unpruned: validation, best: validation });
  assert.equal([progress.proposals, progress.validations, progress.accepted], [2, 1, 0]);
  const points = front.map(({ loss, sparsity }) => [loss, sparsity.global]);
  assert.equal(points, [[0.1, 0]]);
  assert.equal(search.validationPoints, []);
});

test('the options that are not given are the defaults', () => {
  const { seed, evaluations, importance, objective, moves } = TUNED_DEFAULTS;
  assert.equal([seed, evaluations, importance], ['1', 10_000, 'learned']);
  assert.is(objective, keptWeights);
  assert.is(moves, MOVES);
  const plain = make();
  const spelled = make({ ...TUNED_DEFAULTS, evaluations: EVALUATIONS, maxAccuracyDrop: 1 });
  drive(plain, interacting);
  drive(spelled, interacting);
  assertSameSearch(plain, spelled, 'defaults');
  assert.is(tunedAnnealing(problem).progress.totalProposals, 10_000);
});

test('the digest covers validations, too', () => {
  const [first, second] = [0, 2 ** -54].map((more) => {
    const search = make({ evaluations: 10, maxLoss: 0.5 });
    let validationPoints = 0;
    drive(search, {
      tuning: interacting.tuning,
      validation: (kept) => {
        const { loss, accuracy } = interacting.validation(kept);
        return { loss, accuracy: validationPoints++ === 1 ? accuracy! + more : accuracy };
      },
    });
    return search;
  });
  assertSameMasks(first!.best!.masks, second!.best!.masks);
  assert.is.not(first!.digest, second!.digest);
});

for (const [options, lossFunctions] of configurations) {
  const label = JSON.stringify({ ...options, ...(options.importance === known && { importance: 'known' }) });

  test(`${label}: within the budget, no layer below its least, every number as the losses say`, () => {
    const search = make(options);
    const { history, rounds } = drive(search, lossFunctions);
    const { evaluations = EVALUATIONS } = options;
    const asked = rounds.flatMap(({ candidates }) => candidates);
    const { progress, best, validation, front, validationPoints } = search;
    assert.is(asked.length, progress.proposals);
    // All of it, but for a last validation if there is nothing to validate.
    assert.ok(asked.length === evaluations || asked.length === evaluations - 1, `${asked.length}`);
    assert.is(asked.filter(({ on }) => on === 'validation').length, progress.validations);
    assert.is(progress.validations, validationPoints.length + 1);
    assert.is(history.length, progress.accepted);
    const { layers = problem.layers.map(({ name }) => name) } = options;
    for (const { masks } of asked) {
      masks.forEach((mask, layer) => {
        const isSearched = layers.includes(problem.layers[layer]!.name);
        assert.ok(countKept(mask) >= (isSearched ? MIN_KEPT[layer]! : mask.length));
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
    for (const { loss, globalSparsity } of history) {
      const least = globalSparsity! - 0.005;
      assert.ok(front.some((point) => point.loss <= loss && point.sparsity.global >= least));
    }
    const validated = rounds.filter(isValidation).map(({ candidates }) => candidates[0]!.masks);
    assert.is(validationPoints.length, validated.length);
    validated.forEach((masks, i) => {
      const { sparsity, tuning, validation } = validationPoints[i]!;
      assert.is(sparsity, sparsityOf(masks).global);
      assert.equal(tuning, lossFunctions.tuning(keptBits(masks)));
      assert.equal(validation, lossFunctions.validation(keptBits(masks)));
    });
  });
}

test('the history tells of every accepted proposal', () => {
  const search = make({ maxLoss: 0.2 });
  const rows: HistoryRow[] = [];
  let told = 0;
  while (!search.done) {
    const before = search.progress;
    const candidates = search.ask(1);
    const added = search.tell(evaluationsBy(interacting, candidates));
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
      const changedMasks = masks.filter((mask, i) => mask !== before.current!.masks[i]);
      assert.is(mutationRate, count / changedMasks.reduce((sum, { length }) => sum + length, 0));
    }
    rows.push(...added);
    told += candidates.length;
  }
  assert.is(rows.length, search.progress.accepted);
  assert.ok(rows.length > 50 && new Set(rows.map(({ layer }) => layer)).size === 3);
});

test('the temperature is a tenth of the median change of three trials in each layer', () => {
  const search = make({ maxLoss: 0.3 });
  const { history, rounds } = drive(search, interacting);
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
      const lossPerWeight = search.snapshot().state?.tradeoff.lossPerWeight ?? 1;
      for (const { cost } of search.tell(evaluationsBy(interacting, search.ask(1)))) {
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
    const { temperature, tradeoff } = search.snapshot().state ?? {};
    const candidates = search.ask(1);
    search.tell(evaluationsBy(interacting, candidates));
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
      const { lossCap = null, lossPerWeight = 1 } = search.snapshot().state?.tradeoff ?? {};
      const candidates = search.ask(1);
      const [{ masks, on, lossLimit }] = candidates as [Candidate];
      const [told] = evaluationsBy(lossFunctions, candidates);
      const rows = search.tell(evaluationsBy(lossFunctions, candidates));
      if (on || lossLimit === undefined) continue;
      const cap = Math.max(lossCap ?? Infinity, current!.loss);
      assert.ok(lossLimit <= cap);
      assert.is(rows.length, told!.exceeded ? 0 : 1);
      if (lossLimit === -Infinity) never++;
      else if (told!.exceeded) rejected++;
      else {
        within++;
        assert.ok(rows[0]!.loss <= cap);
        const score = { loss: rows[0]!.loss, sparsity: sparsityOf(masks) };
        assert.is(rows[0]!.cost, keptWeights({ ...score, lossPerWeight }));
      }
    }
  }
  assert.ok(never > 10 && within > 100 && rejected > 100, `${never}, ${within}, ${rejected}`);
});

test('the best is the sparsest of those evaluated on the validation images that meets the goal', () => {
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
      const { rounds } = drive(search, lossFunctions);
      const states = evaluatedStates(rounds, lossFunctions);
      const meeting = states.filter(({ loss }) => loss <= cap + 1e-12);
      above += states.length - meeting.length;
      assert.ok(search.validation!.best.loss <= cap + 1e-12);
      assert.is(countPruned(search.best!.masks), Math.max(...meeting.map(({ masks }) => countPruned(masks))));
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
        const { rounds } = drive(search, lossFunctions, () => (evaluations % 2 === 0 ? 1 : 6));
        const label = `${targetSparsity} in ${evaluations}`;
        const zeros = Math.round(targetSparsity * WEIGHTS);
        assert.is(countPruned(search.best!.masks), zeros, label);
        search.best!.masks.forEach((mask, layer) => assert.ok(countKept(mask) >= MIN_KEPT[layer]!, label));
        assert.ok(search.progress.proposals <= evaluations, label);
        const states = evaluatedStates(rounds, lossFunctions);
        const losses = states.filter(({ masks }) => countPruned(masks) === zeros).map(({ loss }) => loss);
        assert.is(search.validation!.best.loss, Math.min(...losses), label);
      }
    }
  }
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

test('where everything may go, layers end at their least', () => {
  const search = make({ evaluations: 1500, maxLoss: 1000 });
  drive(search, interacting, () => 8);
  const kept = search.best!.masks.map(countKept);
  const spare = kept.map((count, layer) => count - MIN_KEPT[layer]!);
  assert.is(Math.min(...spare), 0);
});

test('a whole budget is used up, and never more', () => {
  for (const evaluations of [...Array.from({ length: 30 }, (_, i) => 10 + i), 199, 200, 201, 255, 333]) {
    for (const options of [{ maxLoss: 0.2 }, { targetSparsity: 0.7 }]) {
      const search = make({ evaluations, ...options });
      const { rounds } = drive(search, interacting);
      const told = rounds.reduce((sum, { candidates }) => sum + candidates.length, 0);
      assert.is(told, search.progress.proposals);
      assert.ok(told === evaluations || told === evaluations - 1, `${told} of ${evaluations}`);
      assert.is(search.progress.totalProposals, evaluations);
      // A solution that was accepted last has been validated.
      assert.ok(search.snapshot().state!.isValidated);
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
        search.tell(evaluationsBy(interacting, search.ask(1)));
        if (best && search.best !== best) improvements.push(search.progress.proposals);
      }
      const { proposals, totalProposals } = search.progress;
      // A last validation may come after it, and find one all the same.
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
        // Only a last validation is left.
        unvalidated++;
        assert.is(search.ask(1)[0]!.on, 'validation');
      }
      rounds++;
      search.tell(evaluationsBy(interacting, search.ask(8)));
    }
    assert.ok(rounds - unvalidated === 150 && unvalidated <= 1, `${rounds}, ${unvalidated}`);
    assert.ok(countPruned(search.best!.masks) > 0 && search.validation!.best.loss <= 0.2 + 1e-12);
  }
  const search = make({ evaluations: Infinity, spent: () => 1 });
  drive(search, interacting);
  assert.is(search.progress.proposals, 2);
});

test('the first solution that reaches a target is validated at once', () => {
  let early = 0;
  for (const seed of ['1', '2', '3']) {
    const search = make({ targetSparsity: 0.4, seed, evaluations: 1000 });
    const zeros = Math.round(0.4 * WEIGHTS);
    while (countPruned(search.progress.current?.masks ?? []) !== zeros) {
      search.tell(evaluationsBy(interacting, search.ask(1)));
    }
    if (search.progress.proposals < search.snapshot().state!.nextValidation) early++;
    const { masks } = search.progress.current!;
    assertSameCandidates(search.ask(9), [{ masks, on: 'validation' }], seed);
    search.tell(evaluationsBy(interacting, search.ask(9)));
    assertSameMasks(search.best!.masks, masks);
  }
  assert.ok(early > 0);
});

test('what is learned changes what is proposed, and known importance does', () => {
  const digests = (['none', 'learned', known] as const).map((importance) => {
    const search = make({ maxLoss: 0.2, importance });
    drive(search, interacting);
    return search.digest;
  });
  assert.is(new Set(digests).size, 3);
});

test('visits go from layer to layer, the largest first', () => {
  const search = make({ maxLoss: 0.2 });
  const visits: string[] = [];
  while (!search.done) {
    const { layer } = search.progress;
    if (layer !== '' && layer !== visits.at(-1)) visits.push(layer);
    search.tell(evaluationsBy(interacting, search.ask(1)));
  }
  assert.equal(visits.slice(0, 4), ['layer2', 'layer1', 'layer0', 'layer2']);
  assert.ok(visits.length >= 15, `${visits.length}`);
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
        const most = Math.min(context.maxPrunable, context.maxPrunableIn(context.layer));
        return kept && inputs <= most ? changed(context.masks, context.layer, indices, []) : undefined;
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
  const { rounds } = drive(search, interacting);
  assert.is(search.snapshot().state!.stepSizes[0]!.length, 2);
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
  assert.ok(countPruned(search.best!.masks) > 0);
  assert.ok(seen.length > 40);
  for (const { masks, layer, searched, stepSize, maxPrunable, maxPrunableIn } of seen) {
    assert.equal(searched, [0, 1, 2]);
    assert.ok(Number.isInteger(stepSize) && stepSize >= 1 && stepSize <= masks[layer]!.length / 4);
    assert.is(maxPrunable, Infinity);
    masks.forEach((mask, i) => assert.is(maxPrunableIn(i), countKept(mask) - MIN_KEPT[i]!));
  }
  seen.length = 0;
  const some = { targetSparsity: 0.5, layers: ['layer2', 'layer0'], moves: unitMoves(seen) };
  drive(make({ evaluations: 50, ...some }), interacting);
  for (const { masks, searched, maxPrunable } of seen) {
    assert.equal(searched, [0, 2]);
    assert.is(maxPrunable, 230 - countPruned(masks));
  }
});

test("an objective of one's own is what is made small, and decides which is best", () => {
  const lossesPerWeight = new Set<number>();
  const smallest: Objective = ({ loss, sparsity, lossPerWeight }) => {
    lossesPerWeight.add(lossPerWeight);
    return 2 - 2 * sparsity.perLayer[0]! + loss / lossPerWeight;
  };
  for (const seed of ['1', '2', '3']) {
    const search = make({ objective: smallest, maxLoss: 0.2, seed });
    const { rounds, history } = drive(search, interacting);
    const meeting = evaluatedStates(rounds, interacting).filter(({ loss }) => loss <= 0.2 + 1e-12);
    const sparsities = meeting.map(({ masks }) => sparsityOf(masks).perLayer[0]!);
    const { cost, loss, sparsity, masks } = search.best!;
    assert.is(sparsity.perLayer[0], Math.max(...sparsities));
    const costs = [...lossesPerWeight].map((one) => smallest({ loss, sparsity, lossPerWeight: one }));
    assert.ok(costs.includes(cost));
    assert.ok(history.length > 20);
    const usual = make({ maxLoss: 0.2, seed });
    drive(usual, interacting);
    assert.ok(countKept(masks[0]!) < countKept(usual.best!.masks[0]!));
    assert.ok(countPruned(masks) < countPruned(usual.best!.masks));
  }
  assert.ok(lossesPerWeight.size > 3 && [...lossesPerWeight].every((lossPerWeight) => lossPerWeight > 0));
});

test('an unpruned network that does not meet the goal is infeasible', async () => {
  const search = make({ maxLoss: 0.11 });
  const evaluations = evaluationsBy(interacting, search.ask(1));
  const error = await searchError('infeasible', () => search.tell(evaluations));
  assert.is(error.option, 'maxLoss');
});

test('calibrations, validations and pruning to a target have no limit, and must be evaluated in full', async () => {
  const search = make({ evaluations: 60, targetSparsity: 0.9 });
  const kinds = new Set<string>();
  for (let rounds = 0; !search.done; rounds++) {
    const candidates = search.ask(1);
    const isProposal = candidates.length === 1 && candidates[0]!.lossLimit !== undefined;
    if (rounds > 0 && !isProposal) {
      kinds.add(`${candidates.length} ${candidates[0]!.on}`);
      const text = JSON.stringify(search.snapshot());
      await assertBadInput(() => search.tell(candidates.map(() => EXCEEDED)), /without a lossLimit/);
      assert.is(JSON.stringify(search.snapshot()), text);
    }
    search.tell(evaluationsBy(steep, search.ask(1)));
  }
  assert.equal([...kinds].sort(), ['1 undefined', '1 validation', '6 undefined']);
});

test('a snapshot whose fields do not fit each other, the options or the goal is refused', async () => {
  const search = make({ targetSparsity: 0.5 });
  while (search.progress.proposals < 150) search.tell(evaluationsBy(interacting, search.ask(1)));
  const { version, state } = search.snapshot();
  const { current, validation, front, rejections, validationPoints } = state!;
  const without = (layer: number, masks = current.masks) => ({
    ...current,
    masks: masks.with(layer, masks[layer]!.replace(/./g, '0')),
  });
  const falling = {
    ...rejections,
    known: rejections.known.with(
      0,
      [1, 2].map((count) => [3, count]),
    ),
  };
  const [point] = validationPoints;
  const wrong: readonly (readonly [Partial<NonNullable<typeof state>>, RegExp, Options?])[] = [
    [{ evaluations: 301 }, /state\.evaluations is 301 but must be a whole number from 2 to 300$/],
    [{ evaluations: 299 }, /state\.isEnding is false but must be true after 299 evaluations$/],
    [{ accepted: 200 }, /state\.accepted is 200 but must be at most 150, /],
    [{ improvedAt: 151 }, /state\.improvedAt is 151 but must be at most 150, /],
    [{ validationPoints: Array.from({ length: 151 }, () => point!) }, /validationPoints\.length is 151 but /],
    [{ current: without(1) }, /zeros in .*current\.masks is \d+ but .* 230, /],
    [{ best: without(2) }, /zeros in .*best\.masks is \d+ but .* 230, /],
    [{ current: without(0, state!.unpruned.masks) }, /kept in .*current\.masks\[0\] is 0 but .* 4$/],
    [{ front: [...front, front[0]!] }, /state\.front is a list of \d+ but must be a list of \d+, one /],
    [{ rejections: falling }, /known\[0\]\[1\]\[0\] is 3 but must be above 3, /],
    [{}, /stepSizes\[0\] is a list of 5 but must be a list of 4$/, { moves: MOVES.slice(1) }],
    [
      { validation: { ...validation, unpruned: { loss: 0.2, accuracy: 0.9 } } },
      /validation\.unpruned\.loss is 0\.2 but must be below 0\.2, /,
      { maxLoss: 0.2 },
    ],
  ];
  for (const [changes, message, options = { targetSparsity: 0.5 }] of wrong) {
    const snapshot = { version, state: { ...state!, ...changes } };
    await assertBadInput(() => make(options, snapshot), message);
  }
});

test.run();
