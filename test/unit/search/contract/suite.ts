/** What `contract.ts` promises of a search, tested once for each of them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../../src/core/error.ts';
import { fullMasks, masksEqual } from '../../../../src/core/mask.ts';
import type { Candidate, HistoryRow, Problem, Search } from '../../../../src/search/contract.ts';
import { EMPTY_DIGEST } from '../../../../src/search/digest.ts';
import { run } from '../../../../src/search/run.ts';
import { withValidation } from '../../../../src/search/validation.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import {
  assertSameCandidates,
  assertSameHistory,
  assertSameSearch,
  drive,
  EXCEEDED,
  searchError,
  throughJson,
  type Round,
} from '../../../helpers/search/drive-search.ts';
import {
  evaluationsBy,
  problemOf,
  SyntheticEvaluator,
  type LossFunctions,
} from '../../../helpers/search/synthetic-evaluator.ts';
import { corruptions } from './corruptions.ts';

export interface Run<Options> {
  readonly options: Options;
  readonly losses: LossFunctions;
}

export interface Subject<Options, State> {
  /** Three layers or more. */
  readonly problem: Problem;
  make(problem: Problem, options: Options, snapshot?: State): Search<State>;
  /** Sets of images that the unpruned network is evaluated on. */
  readonly unprunedOn: readonly Candidate['on'][];
  /** Whether the search asks for several proposals where one is accepted at most; else all of a question count. */
  readonly speculates: boolean;
  /** Runs that reach between them all that the search can do. */
  readonly runs: readonly Run<Options>[];
  /** Short runs that do so too, for tests that repeat them very often. */
  readonly shortRuns: readonly Run<Options>[];
  /** Values of options that are out of range. */
  readonly refused: Readonly<Record<string, readonly unknown[]>>;
  /** The least and the greatest values. */
  readonly allowed: readonly Options[];
}

interface CommonOptions {
  readonly seed?: string;
  readonly layers?: readonly string[] | undefined;
  readonly lossLimits?: boolean | undefined;
}

const WITH_LIMITS = [4, Infinity, (round: number) => [1, 64, 2, 5, 0, 1.5][round % 6]!];
const WITHOUT_LIMITS = [1, 16];

export function testContract<Options extends CommonOptions, State>(subject: Subject<Options, State>): void {
  const { problem, runs, shortRuns, speculates } = subject;
  const [{ options: usual, losses }] = runs as readonly [Run<Options>];
  const make = (options: Options, snapshot?: State) => subject.make(problem, options, snapshot);
  const serialRun = ({ options, losses }: Run<Options>) => {
    const search = make(options);
    return { search, ...drive(search, losses) };
  };
  /** A search after so many rounds of one candidate at a time, or the whole question. */
  const after = (rounds: number, options = usual) => {
    const search = make(options);
    for (let i = 0; i < rounds; i++) search.tell(evaluationsBy(losses, search.ask(1)));
    return search;
  };

  test('the unpruned network is asked for first, and without a limit', async () => {
    const search = make(usual);
    const masks = fullMasks(problem.layers);
    const first = subject.unprunedOn.map((on) => (on ? { masks, on } : { masks }));
    assert.is(search.done, false);
    assert.is(search.best, undefined);
    assert.is(search.unpruned, undefined);
    assert.is(search.digest, EMPTY_DIGEST);
    const { layer, step, proposals, accepted, current } = search.progress;
    assert.equal([layer, step, proposals, accepted, current], ['', 0, 0, 0, undefined]);
    assertSameCandidates(search.ask(64), first, 'first');
    await assertBadInput(() => search.tell(first.map(() => EXCEEDED)), /without a lossLimit/);
    assertSameCandidates(search.ask(1), first, 'again');
    const told = { exceeded: false, loss: 0.1, accuracy: 0.97 } as const;
    assert.equal(search.tell(first.map(() => told)), []);
    const { unpruned, best, digest, progress } = search;
    assert.equal([unpruned!.loss, unpruned!.accuracy, unpruned!.sparsity.global], [0.1, 0.97, 0]);
    unpruned!.masks.forEach((mask, i) => assert.ok(masksEqual(mask, masks[i]!)));
    assert.equal([best!.loss, best!.sparsity.global, progress.current!.loss], [0.1, 0, 0.1]);
    assert.is(digest, EMPTY_DIGEST);
    assert.ok(problem.layers.some(({ name }) => name === progress.layer));
  });

  for (const [i, ofRun] of runs.entries()) {
    const { options, losses } = ofRun;
    const label = `run ${i}`;

    test(`${label}: the same at any batch width, with limits and without`, () => {
      const { search: serial, history, rounds } = serialRun(ofRun);
      assert.ok(serial.progress.accepted > 0);
      let [wasted, limited, exceeded] = [0, 0, 0];
      for (const lossLimits of [true, false]) {
        for (const limit of lossLimits ? WITH_LIMITS : WITHOUT_LIMITS) {
          const search = make({ ...options, lossLimits });
          const trace = drive(search, losses, typeof limit === 'number' ? () => limit : limit);
          const how = `lossLimits ${lossLimits}, ${String(limit)} at a time`;
          assertSameHistory(trace.history, history, how);
          assertSameSearch(search, serial, how);
          const asked = trace.rounds.flatMap(({ candidates }) => candidates);
          const withLimit = asked.filter(({ lossLimit }) => lossLimit !== undefined).length;
          assert.ok(lossLimits || withLimit === 0);
          limited += withLimit;
          exceeded += trace.rounds.flatMap((r) => r.evaluations).filter((e) => e.exceeded).length;
          wasted += asked.length - countAsked(rounds);
          assert.ok(speculates ? trace.rounds.length <= rounds.length : asked.length === countAsked(rounds));
        }
      }
      assert.ok(limited > 0 && exceeded > 0, `${limited} with a limit, ${exceeded} exceeded it`);
      assert.is(wasted > 0, speculates, `${wasted} asked for in vain`);
    });

    test(`${label}: the same by any speculation, and from its evaluations alone`, async () => {
      const { search: serial, history, rounds } = serialRun(ofRun);
      for (const speculation of [false, true, 4]) {
        const search = make(options);
        const [tuning, validation] = [losses.tuning, losses.validation].map(
          (lossOf) => new SyntheticEvaluator(problem, lossOf),
        );
        tuning!.batchWidth = 8;
        const result = await run(search, withValidation(tuning!, validation!), { speculation });
        assert.ok(result.completed);
        assertSameHistory(result.history, history, `speculation ${speculation}`);
        assertSameSearch(search, serial, `speculation ${speculation}`);
      }
      const replayed = make(options);
      for (const [round, { candidates, evaluations }] of rounds.entries()) {
        assertSameCandidates(replayed.ask(1), candidates, `round ${round}`);
        replayed.tell(evaluations);
      }
      assertSameSearch(replayed, serial, 'replayed');
    });

    test(`${label}: stored and restored after every round, it goes on bit for bit`, () => {
      const { search: serial, history: expected } = serialRun(ofRun);
      const history: HistoryRow[] = [];
      let search = make(options);
      for (;;) {
        const snapshot = search.snapshot();
        const text = JSON.stringify(snapshot);
        assert.equal(JSON.parse(text), snapshot, 'plain JSON');
        const restored = make(options, throughJson(snapshot));
        assertSameSearch(restored, search, `after ${history.length} rows`);
        if (search.done) break;
        history.push(...restored.tell(evaluationsBy(losses, restored.ask(3))));
        assert.is(JSON.stringify(search.snapshot()), text, 'the search that it was taken from');
        assert.is(JSON.stringify(snapshot), text, 'the snapshot');
        search = restored;
      }
      assertSameHistory(history, expected);
      assertSameSearch(search, serial);
    });

    test(`${label}: asking changes nothing, and what was asked for never changes`, () => {
      const search = make(options);
      const asked: { words: Uint32Array; copy: Uint32Array }[] = [];
      for (let round = 0; !search.done; round++) {
        const text = JSON.stringify(search.snapshot());
        const candidates = search.ask(16);
        for (const limit of [16, 5, 1, 0, Infinity]) {
          const again = search.ask(limit);
          const count = Math.min(again.length, candidates.length);
          assertSameCandidates(again.slice(0, count), candidates.slice(0, count), `round ${round}`);
          if (!speculates || limit === 16) assert.is(again.length, candidates.length);
        }
        assert.is(JSON.stringify(search.snapshot()), text);
        for (const { words } of candidates.flatMap(({ masks }) => masks)) {
          asked.push({ words, copy: words.slice() });
        }
        search.tell(evaluationsBy(losses, search.ask(1 + (round % 4))));
      }
      assert.ok(asked.every(({ words, copy }) => words.every((word, w) => word === copy[w])));
    });
  }

  if (speculates) {
    test('what is told after the first accepted proposal of a question is left out', () => {
      const serial = make(usual);
      const accepted = new Set<number>();
      const expected: HistoryRow[] = [];
      while (!serial.done) {
        const { proposals } = serial.progress;
        const rows = serial.tell(evaluationsBy(losses, serial.ask(1)));
        if (rows.length > 0) accepted.add(proposals);
        expected.push(...rows);
      }
      const search = make(usual);
      const history: HistoryRow[] = [];
      let leftOut = 0;
      while (!search.done) {
        const { proposals } = search.progress;
        const candidates = search.ask(7);
        const evaluations = evaluationsBy(losses, candidates);
        const first = candidates.findIndex((_, i) => accepted.has(proposals + i));
        for (let i = first + 1; first >= 0 && i < evaluations.length; i++) {
          evaluations[i] = leftOut++ % 2 === 0 ? EXCEEDED : { exceeded: false, loss: 0, accuracy: 1 };
        }
        history.push(...search.tell(evaluations));
      }
      assert.ok(leftOut > 50, `${leftOut}`);
      assertSameHistory(history, expected);
      assertSameSearch(search, serial);
    });

    test('an exceeded evaluation rejects its proposal', () => {
      const search = make(usual);
      let exceeded = 0;
      while (!search.done) {
        const { digest, progress: before } = search;
        const evaluations = evaluationsBy(losses, search.ask(1));
        const rows = search.tell(evaluations);
        if (evaluations.length > 1 || !evaluations[0]!.exceeded) continue;
        exceeded++;
        assert.equal([rows, search.digest], [[], digest]);
        const { proposals, accepted, layer, current } = search.progress;
        assert.equal([proposals, accepted], [before.proposals + 1, before.accepted]);
        if (layer === before.layer) assert.is(current, before.current);
      }
      assert.ok(exceeded > 20, `${exceeded}`);
    });
  }

  test('a wrong number of evaluations and a loss that is not finite are refused and change nothing', async () => {
    const fresh = make(usual);
    await assertBadInput(() => fresh.tell([]), /^told 0 evaluations for 0 candidates/);
    await assertBadInput(() => fresh.tell([EXCEEDED]), /^told 1 evaluations for 0 candidates/);
    for (const rounds of [0, 1, 2, 5, 9]) {
      const search = after(rounds, { ...usual, lossLimits: false });
      const { length } = search.ask(3);
      const text = JSON.stringify(search.snapshot());
      for (const count of [0, length - 1, length + 1]) {
        const told = () => search.tell(Array.from({ length: count }, () => EXCEEDED));
        const message = new RegExp(`^told ${count} evaluations for ${length} candidates`);
        await assertBadInput(told, message);
      }
      for (const loss of [Infinity, -Infinity, NaN]) {
        const told = () =>
          search.tell(Array.from({ length }, () => ({ exceeded: false, loss, accuracy: 0 }) as const));
        await assertBadInput(told, new RegExp(`^a loss of ${loss} was told`));
      }
      assert.is(JSON.stringify(search.snapshot()), text);
      // The question still stands, and is answered once.
      const evaluations = evaluationsBy(losses, search.ask(3));
      search.tell(evaluations);
      await assertBadInput(() => search.tell(evaluations), /for 0 candidates/);
    }
  });

  test('a search that is done asks for nothing and takes nothing', async () => {
    const { search } = serialRun(runs[0]!);
    const text = JSON.stringify(search.snapshot());
    assert.equal(search.ask(5), []);
    await assertBadInput(() => search.tell([]), /0 candidates/);
    await assertBadInput(() => search.tell([EXCEEDED]), /0 candidates/);
    assert.is(JSON.stringify(search.snapshot()), text);
  });

  test('the same seed gives the same digest, another seed another', () => {
    const digestOf = (seed: string) => serialRun({ options: { ...usual, seed }, losses }).search.digest;
    const seeds = ['1', '2', '01', '1 ', 'one', ''];
    const digests = seeds.map(digestOf);
    assert.is(new Set(digests).size, seeds.length);
    seeds.forEach((seed, i) => assert.is(digestOf(seed), digests[i]));
  });

  test('only the layers that are named are searched, in whatever order they are named', () => {
    const [first, second, third] = problem.layers.map(({ name }) => name) as [string, string, string];
    for (const names of [[second], [third, first], [third, third], [third, second, first]]) {
      const ofRun = { options: { ...usual, layers: names }, losses };
      const { search, history, rounds } = serialRun(ofRun);
      for (const { masks } of rounds.flatMap(({ candidates }) => candidates)) {
        const isFull = fullMasks(problem.layers).map((mask, i) => masksEqual(mask, masks[i]!));
        assert.ok(problem.layers.every(({ name }, i) => names.includes(name) || isFull[i]));
      }
      assert.ok(search.best!.sparsity.global > 0);
      const positions = problem.layers.filter(({ name }) => names.includes(name)).map((l) => l.position);
      assert.equal([...new Set(history.map(({ layer }) => layer))].sort(), positions);
      const ordered = serialRun({ options: { ...usual, layers: [...new Set(names)].sort() }, losses });
      assertSameSearch(search, ordered.search, names.join());
    }
    const all = serialRun({ options: { ...usual, layers: [third, first, second] }, losses });
    assertSameSearch(serialRun(runs[0]!).search, all.search, 'all');
  });

  test('options out of range are refused by name', async () => {
    const refused = { layers: [[], ['conv1'], ['layer0', 'Layer1'], ['']], ...subject.refused };
    for (const [option, values] of Object.entries(refused)) {
      for (const value of values) {
        const wrong = () => make({ ...usual, [option]: value });
        await assertBadInput(wrong, new RegExp(`^${option} is .* but must be .+`));
        assert.is((await searchError('bad-input', wrong)).option, option);
      }
    }
    await assertBadInput(() => make({ ...usual, layers: ['conv1'] }), /conv1 .*layer0, layer1, layer2/);
    await assertBadInput(
      () => subject.make({ layers: [], depth: 0 }, usual),
      /^the network has no weights that can be pruned$/,
    );
    for (const options of subject.allowed) make(options);
  });

  test('a snapshot of another problem or version, or something else, is refused', async () => {
    const snapshot = after(6).snapshot();
    for (const sizes of [[40, 33], [40, 48, 33], [40, 33, 48, 1], [1]]) {
      const other = problemOf(sizes);
      await assertBadInput(
        () => subject.make(other, usual, snapshot),
        /^snapshot\.state\.\S+ is .+ but must be/,
      );
    }
    for (const wrong of [null, 0, 'state', true, [], {}, { ...snapshot, version: 2 }, { version: 1 }]) {
      const restore = () => make(usual, wrong as unknown as State);
      await assertBadInput(restore, /^snapshot(\.version|\.state)? is .+ but must be/);
    }
    assertSameSearch(make(usual, { version: 1, state: null } as State), make(usual), 'nothing told yet');
  });

  for (const [i, { options, losses }] of shortRuns.entries()) {
    test(`short run ${i}: whatever field of a snapshot is damaged, it is refused by name or goes on`, () => {
      const tried = new Set<string>();
      let [rejected, continued] = [0, 0];
      const search = make(options);
      for (let round = 0; ; round++) {
        if (round % 12 === 0 || round < 4 || search.done) {
          for (const { path, kind, value } of corruptions(search.snapshot(), 'snapshot')) {
            let restored: Search<State>;
            try {
              restored = make(options, value as State);
            } catch (error) {
              assert.instance(error, MasksearchError, `${path} ${kind}: ${String(error)}`);
              const { code, message } = error as MasksearchError;
              assert.is(code, 'bad-input', path);
              assert.match(message, /^(the number of .+ in )?snapshot\S* is .+ but must be /, path);
              rejected++;
              continue;
            }
            // Once for each field and kind of value, in three stages of the search.
            const key = `${path.replace(/\[\d+\]/g, '')} ${kind} ${Math.min(round, 2)}`;
            if (tried.has(key)) continue;
            tried.add(key);
            finish(restored, losses, `${path} ${kind}`);
            continued++;
          }
        }
        if (search.done) break;
        search.tell(evaluationsBy(losses, search.ask(2)));
      }
      assert.ok(rejected > 1000 && continued > 50, `${rejected} refused, ${continued} went on`);
    });
  }
}

const countAsked = (rounds: readonly Round[]) =>
  rounds.reduce((sum, { candidates }) => sum + candidates.length, 0);

/** Runs a search to its end, which may be that it is infeasible. */
function finish(search: Search, losses: LossFunctions, label: string): void {
  try {
    for (let round = 0; !search.done; round++) {
      assert.ok(round < 2000, `${label}: no end`);
      search.tell(evaluationsBy(losses, search.ask(4)));
    }
  } catch (error) {
    const isInfeasible = error instanceof MasksearchError && error.code === 'infeasible';
    if (!isInfeasible) throw new Error(`${label}: ${String(error)}`, { cause: error });
  }
}
