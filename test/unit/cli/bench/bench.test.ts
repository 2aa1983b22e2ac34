/** `masksearch bench`: its options, its output, and that different digests are an error. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  measureSchedule,
  type Measurement,
  type ScheduleTask,
} from '../../../../src/bench/schedule/measure.ts';
import { chooseConfigurations, CONFIGURATIONS } from '../../../../src/bench/schedule/configurations.ts';
import { paperSpec } from '../../../../src/pruning/search/spec.ts';
import { sentence } from '../../../../src/cli/terminal/sentence.ts';
import { TimedEvaluator } from '../../../../src/bench/schedule/timed-evaluator.ts';
import { takeImages } from '../../../../src/data/dataset.ts';
import { ALL_OPTIMIZATIONS, type Optimizations } from '../../../../src/engine/optimizations.ts';
import type { Engine } from '../../../../src/engine/backend.ts';
import { loadMnist, loadModel } from '../../../../src/node.ts';
import { MasksearchError } from '../../../../src/core/error.ts';
import { fullMasks } from '../../../../src/core/mask.ts';
import {
  assertRefused,
  assertRuns,
  assertRunsHere,
  jsonOf,
  run,
  testRefusals,
} from '../../../helpers/cli.ts';
import { additiveLoss, problemOf, SyntheticEvaluator } from '../../../helpers/search/synthetic-evaluator.ts';

const IMAGES = 60;
const MACS = 416_520;
const wasm = '--device wasm --threads 1';
const tiny = `schedule ${wasm} --images ${IMAGES} --iterations 2 --generations 1`;
const NAMES = CONFIGURATIONS.map(({ name }) => name);

interface Report {
  readonly device: Readonly<Record<string, string>>;
  readonly methods: readonly Measurement[];
  readonly [name: string]: unknown;
}

const ended = await assertRuns(`bench ${tiny} --configurations ${NAMES.join()} --repeats 2 --json`);
const report = JSON.parse(ended.stdout) as Report;

const nameOf = ({ method, configuration }: Measurement) => `${method} ${configuration}`;

const measured = (method: string, configuration: string) =>
  report.methods.find((one) => one.method === method && one.configuration === configuration)!;

test('--json is one object with device, parameters and measurements', () => {
  const { device, methods, versions, processor, ...parameters } = report;
  assert.equal(Object.keys(device).sort(), ['architecture', 'description', 'kind', 'vendor']);
  assert.is(device['kind'], 'wasm');
  const counts = { threads: 1, images: IMAGES, iterations: 2, generations: 1, repeats: 2 };
  assert.equal(parameters, { ...counts, seed: '1' });
  assert.type(processor, 'string');
  const { node, masksearch } = versions as Record<string, string>;
  assert.is(node, process.version);
  assert.match(masksearch!, /^\d+\.\d+\.\d+/);
  const expected = ['sa', 'ga'].flatMap((method) =>
    NAMES.map((configuration) => `${method} ${configuration}`),
  );
  assert.equal(methods.map(nameOf), expected);
});

test('reports its progress on standard error', () => {
  assert.match(ended.stderr, /^Timing on 60 images on the processor .*, as asked for\.\n/);
  assert.match(ended.stderr, /\nga plain, run 40 of 40: \d+\.\d s\n$/);
  assert.not.match(ended.stderr, /NaN|undefined|masksearch: /);
});

test('every configuration has times, work and the digest of full', () => {
  for (const one of report.methods) {
    const { seconds, secondsOfRuns, candidatesPerSecond, timesFull, idleShare, work, digest } = one;
    assert.is(secondsOfRuns.length, 2);
    assert.is(seconds, Math.min(...secondsOfRuns));
    assert.ok(seconds > 0 && seconds < 60);
    assert.ok(idleShare >= 0 && idleShare < 1, `${idleShare}`);
    const { digest: expected, seconds: ofFull } = measured(one.method, 'full');
    assert.is(timesFull, seconds / ofFull);
    assert.is(digest, expected);
    assert.match(digest, /^[0-9a-f]{64}$/);
    const proposals = one.method === 'sa' ? 5 * 2 : 5 * (12 + 10);
    assert.ok(Math.abs(candidatesPerSecond * seconds - proposals) < 1e-6);
    // The article's annealing also evaluates the unpruned network, and the masks at the start of each layer.
    assert.is(work.plainMacs, MACS * IMAGES * (one.method === 'sa' ? proposals + 5 + 1 : proposals));
    assert.is(work.uploadedBytes, 0);
  }
  assert.is.not(measured('sa', 'full').digest, measured('ga', 'full').digest);
});

test('a configuration does the work that its optimization would save', () => {
  for (const method of ['sa', 'ga']) {
    const work = (configuration: string) => measured(method, configuration).work;
    const { candidates, macs, imagesEvaluated, forwardPasses } = work('plain');
    assert.equal([forwardPasses, imagesEvaluated], [candidates, candidates * IMAGES]);
    assert.is(macs, candidates * MACS * IMAGES);
    assert.is(work('plain').skippedMacs, 0);
    assert.is(work('skip-pruned').skippedMacs, 0);
    assert.ok(work('full').skippedMacs > 0);
    assert.ok(work('full').macs < work('prefix-cache').macs);
    assert.ok(work('prefix-cache').macs <= macs);
    assert.is(work('loss-limits').imagesEvaluated, work('early-rejection').imagesEvaluated);
  }
  assert.is(measured('sa', 'plain').work.candidates, 11);
  assert.is(measured('sa', 'plain').work.rounds, 11);
});

test('for people it prints a table of at most 100 columns for each method', async () => {
  const { stdout } = await assertRunsHere(`bench ${tiny} --configurations reuse,plain`);
  for (const title of ['simulated annealing, 2 proposals', 'genetic algorithm, 1 generation of 12'])
    assert.ok(stdout.includes(title), title);
  for (const name of ['full', 'reuse', 'plain']) {
    assert.is([...stdout.matchAll(new RegExp(`^${name} +\\d+\\.\\d\\d `, 'gm'))].length, 2, name);
  }
  assert.not.match(stdout, /^early-rejection /m);
  for (const { digest } of report.methods) assert.ok(stdout.includes(digest));
  const widest = Math.max(...stdout.split('\n').map(({ length }) => length));
  assert.ok(widest <= 100, `${widest}`);
  assert.not.match(stdout, /NaN|undefined|\[object/);
});

test('one method alone, with another seed, on the reference', async () => {
  const args = '--device reference --methods sa --images 20 --iterations 1 --seed two --json';
  const told = await jsonOf<Report>(`bench schedule ${args}`);
  const { methods, seed, iterations, generations, threads, device } = told;
  assert.equal([seed, iterations, generations, threads], ['two', 1, undefined, undefined]);
  assert.is(device['kind'], 'reference');
  assert.equal(methods.map(nameOf), ['sa full', 'sa plain']);
});

// Its options

test('bench --help names its commands, and theirs explain every option', async () => {
  const group = await assertRunsHere('bench --help');
  assert.match(group.stdout, /^Usage: masksearch bench <command> \[options\]\n/);
  assert.match(group.stdout, /^ {2}schedule {2}\w/m);
  const { stdout } = await assertRunsHere('bench schedule --nope --help');
  assert.ok(stdout.startsWith('Usage: masksearch bench schedule [options]\n'));
  const explained = [...stdout.matchAll(/^ +--([a-z-]+)/gm)].map(([, name]) => name);
  assert.is(
    explained.join(' '),
    'methods configurations images iterations generations seed repeats device threads memory json verbose help',
  );
  for (const name of NAMES) assert.match(stdout, new RegExp(`\\b${name}\\b`));
  assert.ok(stdout.split('\n').every(({ length }) => length <= 120));
});

testRefusals('bench', [
  [[], /bench is not a command by itself; add one of .*\bschedule\b/],
  ['bogus', /'bogus' is not a command of bench; use one of .*\bschedule\b/],
  ['toString', /'toString' is not a command of bench/],
  [[''], /'' is not a command of bench/],
  ['--json', /'--json' is not a command of bench/],
  ['schedule sa', /'sa' is not an option/],
  ['schedule --method sa', /--method is not an option of this command/],
  ['schedule --split all', /--split is not an option of this command/],
  ['schedule --methods', /--methods has no value/],
  [['schedule', '--methods', ''], /--methods is empty but must be among sa, ga/],
  ['schedule --methods sa,annealing', /--methods is annealing but must be among sa, ga/],
  ['schedule --variants full', /--variants is now --configurations; pass --configurations instead/],
  ['schedule --configurations ,', /--configurations is empty but must be among full, prefix-cache, /],
  [
    'schedule --configurations hardest-first',
    /hardest-first of --configurations is now highest-loss-first; /,
  ],
  ['schedule --configurations full,cache', /--configurations is cache but must be among full, /],
  ['schedule --methods sa --generations 2', /--generations has no effect on method sa/],
  ['schedule --methods ga --iterations 2', /--iterations has no effect on method ga/],
  ['schedule --iterations 0', /--iterations is 0 but must be a whole number from 1/],
  ['schedule --generations 1.5', /--generations is 1.5 but must be a whole number from 1/],
  ['schedule --repeats 0', /--repeats is 0 but must be a whole number from 1/],
  ['schedule --images 10001', /--images is 10001 but must be at most 10000/],
  ['schedule --images all', /--images is 'all' but must be/],
  [`schedule --threads 0 --images ${IMAGES} --iterations 2 --generations 1`, /--threads is 0 but must be/],
  ['schedule --device cuda', /--device is cuda but must be one of auto, webgpu, wasm, reference/],
  ['schedule --json=yes', /--json takes no value/],
]);

test('an interrupt ends it with nothing on standard output', async () => {
  const told = await run(`bench schedule --images ${IMAGES} --iterations 100000 ${wasm} --json`, {
    // Long after the warm-up: a line of progress comes every 10 s alone.
    signals: [{ after: /\nsa: warming up/, delay: 2000 }],
  });
  assertRefused(told, /the benchmark was interrupted; run it again/, { code: 130, announced: true });
  assert.match(told.stderr, /\nInterrupted: /);
  assert.ok(told.seconds < 10, `took ${told.seconds.toFixed(1)} s`);
});

// Its evaluation of the runs, on an engine whose losses are arithmetic

const problem = problemOf([60, 40]);
const evaluate = additiveLoss(problem, 0.1, 1);
const model = await loadModel();
const images = takeImages((await loadMnist()).search, 1);

/** An engine whose losses are too high by `wrong`; `opened` has the optimizations that were off in each of its evaluators. */
function syntheticEngine(wrong: (left: readonly string[], nth: number) => number, batchWidth = 1) {
  const opened: string[][] = [];
  const evaluators: SyntheticEvaluator[] = [];
  const engine: Engine = {
    device: { kind: 'reference', vendor: '', architecture: '', description: 'arithmetic', software: true },
    evaluator(_model, _images, { optimizations = {} } = {}) {
      const names = Object.keys(ALL_OPTIMIZATIONS) as (keyof Optimizations)[];
      const left = names.filter((name) => optimizations[name] === false);
      const more = wrong(left, opened.push(left));
      const evaluator = new SyntheticEvaluator(problem, (kept) => {
        const { loss, accuracy } = evaluate(kept);
        return { loss: loss + more, accuracy };
      });
      evaluator.batchWidth = batchWidth;
      evaluators.push(evaluator);
      return Promise.resolve(evaluator);
    },
    calibrator: () => Promise.reject(new Error('not planted')),
    close: () => Promise.resolve(),
  };
  return { engine, opened, evaluators };
}

function taskOf(engine: Engine, configurations: readonly string[], repeats: number): ScheduleTask {
  const specs = [paperSpec('sa', { iterations: 20 })];
  return { engine, model, images, specs, configurations: chooseConfigurations(configurations), repeats };
}

const measure = (task: ScheduleTask) => measureSchedule(task, { signal: new AbortController().signal });

test('dropped candidates are not counted as proposals, and only speculation asks for them', async () => {
  const { engine, evaluators } = syntheticEngine(() => 0, 8);
  const [full, serial, plain] = await measure(taskOf(engine, ['speculation', 'plain'], 1));
  const [, ...timed] = evaluators;
  assert.ok(timed[0]!.batches.some((candidates) => candidates > 1));
  for (const evaluator of timed.slice(1)) assert.is(evaluator.candidates, 1 + 2 * 20);
  for (const { candidatesPerSecond, seconds } of [full!, serial!, plain!]) {
    assert.ok(Math.abs(candidatesPerSecond * seconds - 2 * 20) < 1e-6);
  }
});

test('configurations take turns after a warm-up, each on an evaluator of its own that is closed', async () => {
  const { engine, opened, evaluators } = syntheticEngine(() => 0);
  const [full, reuse] = await measure(taskOf(engine, ['reuse'], 3));
  assert.equal(opened, [[], [], ['reuse'], [], ['reuse'], [], ['reuse']]);
  assert.ok(evaluators.every(({ closed }) => closed));
  for (const { seconds, secondsOfRuns } of [full!, reuse!]) {
    assert.is(seconds, secondsOfRuns.toSorted((a, b) => a - b)[1]);
  }
  assert.equal([full!.configuration, reuse!.configuration, full!.timesFull], ['full', 'reuse', 1]);
});

for (const [what, wrong, pattern] of [
  [
    'a configuration',
    (left: readonly string[]) => (left.includes('highestLossFirst') ? 1e-6 : 0),
    /^the digest of sa highest-loss-first is [0-9a-f]{16}… but must be [0-9a-f]{16}…, that of sa full; report this /,
  ],
  // The warm-up is the first to be opened, then both configurations twice.
  ['a second run of full', (_: readonly string[], nth: number) => (nth === 4 ? 1e-6 : 0), /of sa full is /],
] as const) {
  test(`another digest of ${what} is an error that exits with 1`, async () => {
    const { engine, evaluators } = syntheticEngine(wrong);
    try {
      await measure(taskOf(engine, ['highest-loss-first'], 2));
      assert.unreachable();
    } catch (error) {
      assert.instance(error, MasksearchError);
      assert.is((error as MasksearchError).code, 'gpu-failed');
      assert.match(sentence(error), pattern);
    }
    assert.ok(evaluators.every(({ closed }) => closed));
  });
}

test('busy time is counted once if calls overlap, and also for a call that fails', async () => {
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const inner = new SyntheticEvaluator(problem, evaluate, {
    async onCall(call) {
      await wait(100);
      if (call === 3) throw new Error('planted');
    },
  });
  const timed = new TimedEvaluator(inner);
  const candidates = [{ masks: fullMasks(problem.layers) }];
  const started = performance.now();
  await Promise.all([timed.evaluate(candidates), timed.evaluate(candidates)]);
  const elapsed = (performance.now() - started) / 1000;
  const once = timed.busySeconds;
  // Each call takes 0.1 s or, on a machine that is busy, more.
  assert.ok(once >= 0.09 && once <= elapsed, `${once} of ${elapsed}`);
  await wait(50);
  assert.is(timed.busySeconds, once);
  const failed = await timed.evaluate(candidates).catch((error: Error) => error.message);
  assert.is(failed, 'planted');
  assert.ok(timed.busySeconds >= once + 0.09, `${timed.busySeconds}`);
  inner.batchWidth = 7;
  assert.equal([timed.batchWidth, timed.work], [7, inner.work]);
});

test.run();
