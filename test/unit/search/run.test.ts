import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Evaluation, HistoryRow, Progress } from '../../../src/search/contract.ts';
import { MasksearchError } from '../../../src/core/error.ts';
import { masksEqual } from '../../../src/core/mask.ts';
import { run } from '../../../src/search/run.ts';
import {
  simulatedAnnealing,
  type SimulatedAnnealingState,
} from '../../../src/search/article/simulated-annealing.ts';
import type { Speculation } from '../../../src/search/speculation.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { searchError } from '../../helpers/search/drive-search.ts';
import {
  additiveLoss,
  problemOf,
  SyntheticEvaluator,
  type SyntheticOptions,
} from '../../helpers/search/synthetic-evaluator.ts';

const problem = problemOf([40, 33]);
const evaluate = additiveLoss(problem, 0.1, 0.8);
const iterations = 30;
const makeSearch = (state?: SimulatedAnnealingState) => simulatedAnnealing(problem, { iterations }, state);
const makeEvaluator = (options: SyntheticOptions = {}, batchWidth = 1) => {
  const evaluator = new SyntheticEvaluator(problem, evaluate, options);
  evaluator.batchWidth = batchWidth;
  return evaluator;
};
/** All candidates of a serial run: the unpruned network and every proposal. */
const all = 1 + 2 * iterations;

const fail = (error: Error): never => {
  throw error;
};
const lost = () => new MasksearchError('device-lost', 'the device is lost', 'restart');
const aborted = () => new MasksearchError('aborted', 'the evaluation was aborted', 'evaluate again');

/** That `action` rejects as aborted, for this reason. */
async function assertAborts(action: Promise<unknown>, reason: unknown): Promise<void> {
  assert.is((await searchError('aborted', () => action)).cause, reason);
}

async function errorOf(action: Promise<unknown>): Promise<unknown> {
  try {
    await action;
  } catch (error) {
    return error;
  }
  return assert.unreachable('it rejects');
}

/** The search as it is after `rounds` rounds, one candidate at a time. */
async function after(rounds: number) {
  const search = makeSearch();
  const history: HistoryRow[] = [];
  const evaluator = makeEvaluator();
  for (let round = 0; round < rounds; round++) {
    history.push(...search.tell(await evaluator.evaluate(search.ask(1))));
  }
  return { search, history };
}

test('a run resolves to what the search found', async () => {
  const search = makeSearch();
  const evaluator = makeEvaluator();
  const result = await run(search, evaluator);
  assert.is(result.completed, true);
  assert.is(result.unpruned, search.unpruned);
  assert.is(result.best, search.best);
  assert.is(result.digest, search.digest);
  assert.is(result.progress.proposals, 2 * iterations);
  assert.is(result.progress.accepted, result.history.length);
  assert.is(evaluator.candidates, all);

  const { search: byHand, history } = await after(all);
  assert.ok(byHand.done);
  assert.is(result.digest, byHand.digest);
  assert.ok(history.length > 2);
  assert.equal(result.history, history);
  assert.ok(result.best.masks.every((mask, i) => masksEqual(mask, byHand.best!.masks[i]!)));
});

test('no more candidates are asked for than the evaluator is wide at the time', async () => {
  const evaluator: SyntheticEvaluator = makeEvaluator({
    onCall: (call) => {
      evaluator.batchWidth = [7, 1, 3][call % 3]!;
    },
  });
  const { digest } = await run(makeSearch(), evaluator);
  // Call n was asked for at the batch width that call n - 1 left: 1 at first.
  assert.ok(evaluator.batches.every((count, i) => count <= (i === 0 ? 1 : [7, 1, 3][i % 3]!)));
  assert.ok(Math.max(...evaluator.batches) > 1);
  assert.is(digest, (await run(makeSearch(), makeEvaluator())).digest);
});

test('speculation: off, by a fixed number, or as many as are rejected between two acceptances', async () => {
  const serial = await run(makeSearch(), makeEvaluator());
  const batchesOf = async (speculation: Speculation | undefined, batchWidth: number) => {
    const evaluator = makeEvaluator({}, batchWidth);
    const { digest, progress } = await run(makeSearch(), evaluator, { speculation });
    assert.is(digest, serial.digest);
    assert.equal(progress, serial.progress);
    return evaluator.batches.slice(1);
  };
  assert.is(Math.max(...(await batchesOf(false, 64))), 1);
  assert.is(Math.max(...(await batchesOf(5, 1))), 5);
  assert.is(Math.max(...(await batchesOf(undefined, 1))), 1);
  // More than half of this search's first proposals are accepted, so it soon asks for one or two.
  const adaptive = await batchesOf(undefined, 64);
  assert.ok(adaptive.some((count) => count > 1) && adaptive.every((count) => count < 30), adaptive.join(' '));
  assert.equal(await batchesOf(true, 64), adaptive);
});

test('progress is told after every round, with the rows that it added', async () => {
  for (const batchWidth of [1, 5]) {
    const evaluator = makeEvaluator({}, batchWidth);
    const search = makeSearch();
    const events: { progress: Progress; rows: readonly HistoryRow[]; calls: number }[] = [];
    const { history, progress } = await run(search, evaluator, {
      onProgress: (progress, rows) => events.push({ progress, rows, calls: evaluator.calls }),
    });
    assert.is(events.length, evaluator.calls);
    events.forEach(({ calls }, i) => assert.is(calls, i + 1));
    const rows = events.flatMap((event) => event.rows);
    assert.is(rows.length, history.length);
    assert.ok(rows.every((row, i) => row === history[i]));

    const [first] = events;
    assert.is(first!.rows.length, 0);
    assert.is(first!.progress.layer, 'layer0');
    assert.is(first!.progress.proposals, 0);
    assert.is(first!.progress.current!.loss, 0.1);
    const proposals = events.map((event) => event.progress.proposals);
    assert.ok(proposals.every((count, i) => i === 0 || count > proposals[i - 1]!));
    assert.equal(events.at(-1)!.progress, progress);
    assert.is(progress.proposals, progress.totalProposals);
    let accepted = 0;
    for (const event of events) {
      accepted += event.rows.length;
      assert.is(event.progress.accepted, accepted);
    }
  }
});

test('the search is already told when progress is: a listener may take a snapshot', async () => {
  const whole = await run(makeSearch(), makeEvaluator());
  const search = makeSearch();
  const texts: string[] = [];
  await run(search, makeEvaluator({}, 4), {
    onProgress: () => texts.push(JSON.stringify(search.snapshot())),
  });
  for (const text of [texts[0]!, texts[5]!, texts.at(-2)!, texts.at(-1)!]) {
    const state = JSON.parse(text) as SimulatedAnnealingState;
    const { digest, history } = await run(makeSearch(state), makeEvaluator());
    assert.is(digest, whole.digest);
    assert.equal(history, history.length === 0 ? [] : whole.history.slice(-history.length));
  }
});

test('a search that is done already asks for nothing', async () => {
  const search = makeSearch();
  await run(search, makeEvaluator());
  const evaluator = makeEvaluator();
  const { completed, history, digest } = await run(search, evaluator);
  assert.is(completed, true);
  assert.is(history.length, 0);
  assert.is(digest, search.digest);
  assert.is(evaluator.calls, 0);
});

test('a run aborted before it began asks for nothing and rejects', async () => {
  const evaluator = makeEvaluator();
  const reason = new Error('no longer wanted');
  await assertAborts(run(makeSearch(), evaluator, { signal: AbortSignal.abort(reason) }), reason);
  assert.is(evaluator.calls, 0);
});

test('a run aborted before it began resolves with what a continued search already has', async () => {
  const { search } = await after(20);
  const { completed, digest, best } = await run(search, makeEvaluator(), { signal: AbortSignal.abort() });
  assert.is(completed, false);
  assert.is(digest, search.digest);
  assert.is(best, search.best);
});

test('a run aborted between rounds resolves with what was found so far', async () => {
  for (const rounds of [1, 2, 25, all - 1]) {
    const controller = new AbortController();
    const evaluator = makeEvaluator();
    const search = makeSearch();
    let events = 0;
    const result = await run(search, evaluator, {
      signal: controller.signal,
      onProgress: () => {
        if (++events === rounds) controller.abort();
      },
    });
    const expected = await after(rounds);
    assert.is(evaluator.calls, rounds);
    assert.is(result.completed, false);
    assert.is(result.digest, expected.search.digest);
    assert.equal(result.history, expected.history);
    // What was stopped can go on.
    const rest = await run(search, makeEvaluator());
    assert.is(rest.completed, true);
    assert.is(rest.digest, (await after(all)).search.digest);
    assert.equal([...result.history, ...rest.history], (await after(all)).history);
  }
});

test('a run aborted in its last round is complete', async () => {
  const controller = new AbortController();
  const evaluator = makeEvaluator({ onCall: (call) => void (call === all && controller.abort()) });
  const { completed } = await run(makeSearch(), evaluator, { signal: controller.signal });
  assert.is(completed, true);
});

// Our evaluators reject with 'aborted'; one of somebody's own will do what fetch and timers do.
const reactions: Record<string, (signal: AbortSignal) => void> = {
  "a rejection with 'aborted'": () => fail(aborted()),
  'signal.throwIfAborted()': (signal) => signal.throwIfAborted(),
};
for (const [reaction, react] of Object.entries(reactions)) {
  test(`a run aborted within a round resolves without that round: ${reaction}`, async () => {
    for (const call of [2, 20]) {
      const controller = new AbortController();
      const evaluator = makeEvaluator({
        onCall: (current, signal) => {
          if (current < call) return;
          controller.abort();
          react(signal!);
        },
      });
      const search = makeSearch();
      let events = 0;
      const result = await run(search, evaluator, { signal: controller.signal, onProgress: () => events++ });
      const expected = await after(call - 1);
      assert.is(events, call - 1);
      assert.is(result.completed, false);
      assert.is(result.digest, expected.search.digest);
      assert.equal(result.history, expected.history);
      assert.is((await run(search, makeEvaluator())).digest, (await after(all)).search.digest);
    }
  });

  test(`a run aborted while the unpruned network is evaluated rejects: ${reaction}`, async () => {
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const evaluator = makeEvaluator({
      onCall: (_, signal) => {
        controller.abort(reason);
        react(signal!);
      },
    });
    await assertAborts(run(makeSearch(), evaluator, { signal: controller.signal }), reason);
  });
}

test('evaluations that arrive in spite of an abort count, and then the run stops', async () => {
  const controller = new AbortController();
  const evaluator = makeEvaluator({ onCall: (call) => void (call === 10 && controller.abort()) });
  const { completed, digest } = await run(makeSearch(), evaluator, { signal: controller.signal });
  assert.is(completed, false);
  assert.is(evaluator.calls, 10);
  assert.is(digest, (await after(10)).search.digest);
});

test('the evaluator gets the signal, and none if there is none', async () => {
  const { signal } = new AbortController();
  const evaluator = makeEvaluator();
  await run(makeSearch(), evaluator, { signal });
  assert.ok(evaluator.signals.every((one) => one === signal));
  const without = makeEvaluator();
  await run(makeSearch(), without);
  assert.ok(without.signals.every((one) => one === undefined));
});

test("an evaluator's error rejects the run as it is, in any round", async () => {
  for (const error of [new Error('boom'), lost()]) {
    for (const failing of [1, 2, 15]) {
      const evaluator = makeEvaluator({ onCall: (call) => void (call === failing && fail(error)) });
      let events = 0;
      const found = await errorOf(run(makeSearch(), evaluator, { onProgress: () => events++ }));
      assert.is(found, error);
      assert.is(evaluator.calls, failing);
      assert.is(events, failing - 1);
    }
  }
});

test("a device lost while the run is being aborted is still the device's error", async () => {
  const controller = new AbortController();
  const error = lost();
  const evaluator = makeEvaluator({
    onCall: (call) => {
      if (call < 5) return;
      controller.abort();
      throw error;
    },
  });
  assert.is(await errorOf(run(makeSearch(), evaluator, { signal: controller.signal })), error);
});

test('after an error the search can go on where it was', async () => {
  const search = makeSearch();
  const failing = makeEvaluator({ onCall: (call) => void (call === 15 && fail(new Error('boom'))) });
  await errorOf(run(search, failing));
  const { digest } = await run(search, makeEvaluator());
  assert.is(digest, (await after(all)).search.digest);
});

test("the search's error rejects the run: too few evaluations, an infeasible start", async () => {
  class Short extends SyntheticEvaluator {
    override async evaluate(...args: Parameters<SyntheticEvaluator['evaluate']>): Promise<Evaluation[]> {
      return (await super.evaluate(...args)).slice(1);
    }
  }
  await assertBadInput(
    () => run(makeSearch(), new Short(problem, evaluate)),
    /told 0 evaluations for 1 candidates/,
  );
  const hopeless = new SyntheticEvaluator(problem, () => ({ loss: 2, accuracy: 0.1 }));
  await searchError('infeasible', () => run(makeSearch(), hopeless));
  assert.is(hopeless.candidates, 1);
});

test("a listener's error rejects the run", async () => {
  const error = new Error('boom');
  assert.is(await errorOf(run(makeSearch(), makeEvaluator(), { onProgress: () => fail(error) })), error);
});

test('the evaluator is left open', async () => {
  const evaluator = makeEvaluator();
  await run(makeSearch(), evaluator);
  assert.is(evaluator.closed, false);
});

test('a gate holds every round, and what is found is what a run without it finds', async () => {
  const evaluator = makeEvaluator();
  let rounds = 0;
  let open = false;
  const result = await run(makeSearch(), evaluator, {
    gate() {
      assert.is(evaluator.calls, rounds++, 'a round went by without asking');
      // Every other one is open at once.
      if (rounds % 2 === 0) return undefined;
      open = false;
      return new Promise((resolve) => setTimeout(() => resolve(void (open = true))));
    },
    onProgress: () => assert.ok(open),
  });
  assert.is(rounds, evaluator.calls);
  assert.is(result.digest, (await run(makeSearch(), makeEvaluator())).digest);
});

test('a run that is aborted at its gate evaluates nothing more', async () => {
  const controller = new AbortController();
  const evaluator = makeEvaluator();
  const { completed } = await run(makeSearch(), evaluator, {
    signal: controller.signal,
    gate: () => (evaluator.calls < 3 ? undefined : Promise.resolve(controller.abort())),
  });
  assert.is(completed, false);
  assert.is(evaluator.calls, 3);
});

test.run();
