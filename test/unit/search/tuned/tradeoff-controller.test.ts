import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { goalOf, type GoalOptions } from '../../../../src/search/tuned/goal.ts';
import { TradeoffController, tradeoffCodec } from '../../../../src/search/tuned/tradeoff-controller.ts';
import { searchError, throughJson } from '../../../helpers/search/drive-search.ts';

const unpruned = { tuning: { loss: 0.5, accuracy: 0.75 }, validation: { loss: 0.75, accuracy: 0.75 } };
const scoreOf = (loss: number) => ({ loss, accuracy: 0.5 });

/** A controller with its tradeoff. */
class Controlled {
  readonly #controller: TradeoffController;
  readonly #unpruned;
  tradeoff;

  constructor(goal: GoalOptions, of = unpruned) {
    this.#controller = new TradeoffController(goalOf(goal, 100));
    this.#unpruned = of;
    this.tradeoff = this.#controller.start(of);
  }

  get lossPerWeight(): number {
    return this.tradeoff.lossPerWeight;
  }

  get lossCap(): number {
    return this.tradeoff.lossCap;
  }

  /** Whether the goal is met. */
  validate(loss: number): boolean {
    this.tradeoff = this.#controller.validate(this.tradeoff, this.#unpruned, scoreOf(loss));
    return this.tradeoff.budgetUsed <= 1;
  }

  steer(loss: number, zeros: number, share: number): void {
    this.tradeoff = this.#controller.steer(this.tradeoff, this.#unpruned, { loss, zeros, share });
  }
}

/** The loss may rise by a quarter. */
const towardsLoss = () => new Controlled({ maxLoss: 1 });
const towardsZeros = () => new Controlled({ targetSparsity: 0.8 });

function lossPerWeightAfter(loss: number, share: number): number {
  const controlled = towardsLoss();
  controlled.validate(loss);
  controlled.steer(0.5, 0, share);
  return controlled.lossPerWeight;
}

test('the first lossPerWeight is thirty times what the loss may rise by, without a limit at first', () => {
  assert.is(towardsLoss().lossPerWeight, 30 * 0.25);
  assert.is(towardsLoss().lossCap, Infinity);
});

test('towards a number of zeros, the first lossPerWeight is the loss', () => {
  assert.is(towardsZeros().lossPerWeight, 0.5);
  assert.is(towardsZeros().lossCap, Infinity);
  const lossless = new Controlled({ targetSparsity: 0.8 }, { tuning: scoreOf(0), validation: scoreOf(0) });
  assert.ok(lossless.lossPerWeight > 0);
});

test('a state obeys the goal if its validation loss rose by no more than it may', () => {
  const controlled = towardsLoss();
  for (const loss of [0, 0.75, 0.9, 1]) assert.ok(controlled.validate(loss), `${loss}`);
  for (const loss of [1 + 2 ** -50, 1.1, 5]) assert.not.ok(controlled.validate(loss), `${loss}`);
  assert.ok(towardsZeros().validate(1e6));
});

test('the lossPerWeight falls where the budgetUsed is clearly above its path, rises where below, and rests between', () => {
  // A quarter of the budget: half the budgetUsed.
  const lossAt = (budgetUsed: number) => 0.75 + 0.25 * budgetUsed;
  for (const budgetUsed of [0.61, 0.9, 3])
    assert.is(lossPerWeightAfter(lossAt(budgetUsed), 0.25), 7.5 / 1.05, `${budgetUsed}`);
  for (const budgetUsed of [0.39, 0, -1])
    assert.is(lossPerWeightAfter(lossAt(budgetUsed), 0.25), 7.5 * 1.05, `${budgetUsed}`);
  for (const budgetUsed of [0.41, 0.5, 0.59])
    assert.is(lossPerWeightAfter(lossAt(budgetUsed), 0.25), 7.5, `${budgetUsed}`);
});

test('the path is the root of the share of the budget, and ends at all', () => {
  const capAt = (share: number) => {
    const controlled = towardsLoss();
    controlled.steer(0.5, 0, share);
    return controlled.lossCap;
  };
  assert.is(capAt(0), 0.5);
  assert.is(capAt(0.25), 0.5 + 0.25 / 2);
  assert.is(capAt(0.0625), 0.5 + 0.25 / 4);
  assert.is(capAt(1), 0.75);
  assert.is(capAt(7), 0.75);
});

test('the loss may rise by what the current state leaves of the path', () => {
  const controlled = towardsLoss();
  controlled.validate(0.75 + 0.125);
  controlled.steer(0.625, 0, 0.5625);
  assert.is(controlled.lossCap, 0.625 + 0.25 * 0.25);
  // One that is beyond it must go back.
  controlled.validate(1);
  controlled.steer(0.625, 0, 0.25);
  assert.is(controlled.lossCap, 0.625 - 0.5 * 0.25);
});

test('towards a number of zeros, the lossPerWeight rises while there are fewer than the share of the budget asks for', () => {
  const isRaised = (zeros: number, share: number) => {
    const controlled = towardsZeros();
    controlled.steer(0.5, zeros, share);
    assert.is(controlled.lossCap, Infinity);
    assert.ok([0.5, 0.75].includes(controlled.lossPerWeight), `${controlled.lossPerWeight}`);
    return controlled.lossPerWeight === 0.75;
  };
  // All eighty are due at four tenths.
  assert.ok(isRaised(39, 0.2));
  assert.not.ok(isRaised(40, 0.2));
  assert.ok(isRaised(79, 0.4));
  assert.ok(isRaised(79, 0.9));
  assert.not.ok(isRaised(80, 0.9));
  assert.not.ok(isRaised(0, 0));
});

test('it comes back from JSON', () => {
  for (const make of [towardsLoss, towardsZeros]) {
    const [whole, restored] = [make(), make()];
    whole.validate(0.8);
    whole.steer(0.55, 10, 0.3);
    restored.tradeoff = tradeoffCodec.decode(throughJson(tradeoffCodec.encode(whole.tradeoff)), 'tradeoff');
    assert.equal(restored.tradeoff, whole.tradeoff);
    for (const one of [whole, restored]) one.steer(0.6, 20, 0.9);
    assert.equal(restored.tradeoff, whole.tradeoff);
  }
});

test('an unpruned network that does not meet the goal is infeasible', async () => {
  assert.is((await searchError('infeasible', () => new Controlled({ maxLoss: 0.7 }))).option, 'maxLoss');
});

test.run();
