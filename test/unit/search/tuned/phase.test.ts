import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMask } from '../../../../src/core/mask.ts';
import { changed } from '../../../../src/search/tuned/moves/moves.ts';
import { nextPhase, targetStatus, type Phase, type Situation } from '../../../../src/search/tuned/phase.ts';

/** In the middle of a search, with nothing due. */
const proposing: Situation = {
  ...{ isEnding: false, isCalibrated: true, isValidated: true, target: 'met' as const },
  ...{ isValidationDue: false, isPruningDue: false, isExhausted: false },
};
const accepted = { isValidated: false };
const due = { ...accepted, isValidationDue: true };
const late = { isPruningDue: true };
const missed = { target: 'missed' } as const;
const reached = { target: 'reached', isValidated: false } as const;

const phases: readonly (readonly [what: string, changes: Partial<Situation>, phase: Phase])[] = [
  ['nothing is due', {}, 'propose'],
  ['what was accepted waits for its validation', accepted, 'propose'],
  ['a validation is due, but there is nothing to validate', { isValidationDue: true }, 'propose'],
  ['a validation is due', { ...accepted, isValidationDue: true }, 'validate'],
  ['not calibrated', { isCalibrated: false }, 'calibrate'],
  ['not calibrated, and a target missed', { ...missed, ...late, isCalibrated: false }, 'calibrate'],
  ['over before it is calibrated', { isCalibrated: false, isEnding: true }, 'done'],
  ['over', { isEnding: true }, 'done'],
  ['over, but not validated', { ...accepted, isEnding: true }, 'validate'],
  ['over, but a target missed', { ...missed, isEnding: true }, 'prune-to-target'],
  ['over, and a target just reached', { ...reached, isEnding: true }, 'validate'],
  ['a target just reached', reached, 'validate'],
  ['a target just reached, late', { ...reached, isPruningDue: true }, 'validate'],
  ['a target missed so far', missed, 'propose'],
  ['a target missed so far, and a validation due', { ...missed, ...due }, 'validate'],
  ['a target missed, late', { ...missed, isPruningDue: true }, 'prune-to-target'],
  ['a target missed, late and not validated', { ...missed, ...due, ...late }, 'prune-to-target'],
  ['late without a target that is missed', { isPruningDue: true }, 'propose'],
  ['nothing to change', { isExhausted: true }, 'validate'],
  ['nothing to change, and not validated', { ...accepted, isExhausted: true }, 'validate'],
  ['nothing to change, but a target missed', { ...missed, isExhausted: true }, 'prune-to-target'],
];

for (const [what, changes, phase] of phases) {
  test(`${what}: ${phase}`, () => assert.is(nextPhase({ ...proposing, ...changes }), phase));
}

test('a target is met by the best, reached by the current solution, or missed', () => {
  const zerosOf = (count: number) => ({ masks: changed([fullMask(9)], 0, [...Array(count).keys()], []) });
  const statusOf = (zeros: number | undefined, best: number, current: number) =>
    targetStatus(zeros, { best: zerosOf(best), current: zerosOf(current) });
  assert.is(statusOf(undefined, 0, 0), 'met');
  assert.is(statusOf(5, 5, 5), 'met');
  assert.is(statusOf(5, 5, 4), 'met');
  assert.is(statusOf(5, 4, 5), 'reached');
  assert.is(statusOf(5, 4, 4), 'missed');
  assert.is(statusOf(0, 0, 0), 'met');
});

test.run();
