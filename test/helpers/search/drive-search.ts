/** Runs searches by hand, on losses that are arithmetic. */
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../src/core/error.ts';
import { masksEqual, maskToBytes, type Mask, type Masks } from '../../../src/core/mask.ts';
import type { Candidate, Evaluation, HistoryRow, Search, Solution } from '../../../src/search/contract.ts';
import { assertBadInput } from '../assert/bad-input.ts';
import { evaluationOf, evaluationsBy, type LossFunction, type LossFunctions } from './synthetic-evaluator.ts';

export const EXCEEDED = { exceeded: true } as const;

export interface Round {
  readonly candidates: readonly Candidate[];
  readonly evaluations: readonly Evaluation[];
}

export interface Trace {
  readonly history: readonly HistoryRow[];
  readonly rounds: readonly Round[];
}

/** Runs a search to its end, `limitOf` candidates at a time. */
export function drive(
  search: Search,
  losses: LossFunction | LossFunctions,
  limitOf: (round: number) => number = () => 1,
): Trace {
  const history: HistoryRow[] = [];
  const rounds: Round[] = [];
  while (!search.done) {
    const candidates = search.ask(limitOf(rounds.length));
    assert.ok(candidates.length >= 1, 'a search that is not done has a question');
    const evaluations = evaluationsBy(losses, candidates);
    rounds.push({ candidates, evaluations });
    history.push(...search.tell(evaluations));
  }
  return { history, rounds };
}

/** Tells the next candidates this loss, or that it exceeds their limit. */
export function tellLoss(search: Search, loss: number, accuracy = 0.5): readonly HistoryRow[] {
  return search.tell(search.ask(1).map((candidate) => evaluationOf(candidate, { loss, accuracy })));
}

export function tellExceeded(search: Search): readonly HistoryRow[] {
  return search.tell(search.ask(1).map(() => EXCEEDED));
}

export function throughJson<State>(state: State): State {
  return JSON.parse(JSON.stringify(state)) as State;
}

/** The error that `action` ends with; fails if it is none of this code. */
export async function searchError(
  code: MasksearchError['code'],
  action: () => unknown,
): Promise<MasksearchError> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof MasksearchError)) throw error;
    assert.is(error.code, code, error.message);
    return error;
  }
  return assert.unreachable(`nothing was thrown, ${code} was expected`) as never;
}

export function assertSameMasks(actual: Masks, expected: Masks, label = ''): void {
  assert.is(actual.length, expected.length, label);
  actual.forEach((mask, layer) => assert.ok(masksEqual(mask, expected[layer]!), `${label}: layer ${layer}`));
}

export function assertSameSolution(
  actual: Solution | undefined,
  expected: Solution | undefined,
  label = '',
): void {
  if (!actual || !expected) return assert.is(actual, expected, label);
  assertSameMasks(actual.masks, expected.masks, label);
  const numbers = ({ cost, loss, accuracy, sparsity }: Solution) => ({ cost, loss, accuracy, sparsity });
  assert.equal(numbers(actual), numbers(expected), label);
}

export function assertSameCandidates(
  actual: readonly Candidate[],
  expected: readonly Candidate[],
  label = '',
): void {
  assert.is(actual.length, expected.length, `${label}: candidates`);
  actual.forEach(({ masks, on, lossLimit }, i) => {
    assertSameMasks(masks, expected[i]!.masks, label);
    assert.is(on, expected[i]!.on, `${label}: on`);
    assert.is(lossLimit, expected[i]!.lossLimit, `${label}: lossLimit`);
  });
}

/** Rows one by one: a difference between two long lists takes minutes to print. */
export function assertSameHistory(
  actual: readonly HistoryRow[],
  expected: readonly HistoryRow[],
  label = '',
): void {
  assert.is(actual.length, expected.length, `${label}: rows`);
  actual.forEach((row, i) => assert.equal(row, expected[i], `${label}: row ${i}`));
}

/** Compares everything that two searches show of themselves. */
export function assertSameSearch(actual: Search, expected: Search, label = ''): void {
  assert.is(actual.done, expected.done, `${label}: done`);
  assert.is(actual.digest, expected.digest, `${label}: digest`);
  for (const name of ['best', 'unpruned'] as const) {
    assertSameSolution(actual[name], expected[name], `${label}: ${name}`);
  }
  const { current, ...progress } = actual.progress;
  const { current: expectedCurrent, ...expectedProgress } = expected.progress;
  assertSameSolution(current, expectedCurrent, `${label}: current`);
  assert.equal(progress, expectedProgress, `${label}: progress`);
  assert.is(JSON.stringify(actual.snapshot()), JSON.stringify(expected.snapshot()), `${label}: snapshot`);
}

/** Where a search stands: its layer, and what it has counted. */
export function counts(search: Search): (string | number)[] {
  const { layer, step, steps, proposals, totalProposals, accepted } = search.progress;
  return [layer, step, steps, proposals, totalProposals, accepted];
}

/** A mask keeps the weights whose bytes are 1, and no other. */
export function assertKeeps(mask: Mask, kept: Uint8Array, label = ''): void {
  assert.equal(maskToBytes(mask), kept, label);
}

/** That each of these snapshots, a change laid over a state, is refused with its message. */
export async function assertRefusesStates<State extends object>(
  make: (snapshot: { readonly version: 1; readonly state: State }) => unknown,
  wrong: readonly (readonly [state: State, changes: Partial<State>, message: RegExp])[],
): Promise<void> {
  for (const [state, changes, message] of wrong) {
    await assertBadInput(() => make({ version: 1, state: { ...state, ...changes } }), message);
  }
}
