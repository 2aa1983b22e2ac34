import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkTask,
  compareFiles,
  COMPARE_FILES,
  compareSearches,
  MasksearchError,
  type ComparisonProgress,
  type PaperTask,
  type TunedTask,
} from '../../../src/index.ts';
import {
  CRITERIA,
  REPAIR_SCHEDULES,
  repairedBaseline,
  type Criterion,
  type RepairSchedule,
} from '../../../src/index.ts';
import { TUNED_BASELINE_NAMES } from '../../../src/report/text/words.ts';
import { randomModel, shadedImages, tinyNetwork } from '../../helpers/data/models.ts';
import { masksToEvaluate } from '../../../src/compare/task.ts';
import { takeImages } from '../../../src/data/dataset.ts';
import { loadMnist, loadModel, openEngine } from '../../../src/node.ts';
import type { SearchValues } from '../../../src/pruning/options/run.ts';
import { paperSpec, tunedSpec } from '../../../src/pruning/search/spec.ts';

const engine = await openEngine({ device: 'wasm', threads: 1 });
test.after(() => engine.close());

const model = await loadModel();
const digits = await loadMnist();
const subject = {
  splitSeed: '0',
  model,
  modelName: 'the model',
  images: takeImages(digits.search, 40),
  test: takeImages(digits.test, 20),
};

const values: SearchValues = {
  layers: ['out'],
  iterations: 2,
  generations: 1,
  populationSize: 5,
  lossToWarmup: 50,
};
const paper: PaperTask = {
  preset: 'paper',
  split: 'search',
  splits: [subject],
  specs: (['sa', 'ga'] as const).flatMap((method) =>
    ['1', '2'].map((seed) => paperSpec(method, { ...values, seed })),
  ),
};
const tunedSearch = (seed: string, evaluations = 20) => tunedSpec({ seed, evaluations });
const small = {
  ...subject,
  model: randomModel(tinyNetwork, 'compared'),
  images: shadedImages(tinyNetwork, 40, 'compared'),
  test: shadedImages(tinyNetwork, 20, 'tested'),
};
const tuned: TunedTask = {
  preset: 'tuned',
  split: 'search',
  splits: [small, { ...small, splitSeed: 'other' }],
  specs: [tunedSearch('1'), tunedSearch('2')],
};

/** What a progress event says, without figures that depend on the search. */
function said(progress: ComparisonProgress): string {
  switch (progress.type) {
    case 'searching':
    case 'round':
    case 'found': {
      const { split, spec, number, total } = progress.search;
      return `${progress.type} ${number}/${total} ${spec.method} ${spec.parameters.seed} on ${split.splitSeed}`;
    }
    case 'ranking':
      return `ranking ${progress.baseline}`;
    case 'repairing':
    case 'drawing':
      return `${progress.type} ${progress.baseline} ${progress.done}/${progress.total}`;
    case 'evaluating':
      return `evaluating ${progress.images} ${progress.done}/${progress.total}`;
  }
}

/** Each of `texts` once where it is repeated. */
const changes = (texts: readonly string[]) => texts.filter((text, i) => text !== texts[i - 1]);

const ranked = ['random', 'magnitude-uniform', 'magnitude-global', 'wanda'].map((name) => `ranking ${name}`);

test('paper: progress tells of every search, ranking and batch, in order', async () => {
  const events: ComparisonProgress[] = [];
  const comparison = await compareSearches(engine, paper, { onProgress: (event) => events.push(event) });
  const searches = ['1/4 sa 1', '2/4 sa 2', '3/4 ga 1', '4/4 ga 2'].flatMap((search) =>
    ['searching', 'round', 'found'].map((type) => `${type} ${search} on 0`),
  );
  const total = masksToEvaluate(paper);
  assert.is(total, 1 + 4 * (1 + 4) + 18 * (3 + 2));
  const batches = ['tuning', 'test'].flatMap((images) =>
    Array.from({ length: Math.ceil(total / 8) }, (_, i) => `evaluating ${images} ${8 * i}/${total}`),
  );
  assert.equal(changes(events.map(said)), [...searches, ...ranked, ...batches]);
  const rounds = events.filter((event) => event.type === 'round');
  for (const { progress, work, seconds } of rounds) {
    assert.ok(progress.proposals <= progress.totalProposals && work.candidates > 0 && seconds > 0);
  }
  const found = events.flatMap((event) => (event.type === 'found' ? event.run.result.digest : []));
  const digests = comparison.runs.map(({ digest }) => digest);
  assert.equal(digests, found);
  assert.equal(comparison.seeds, ['1', '2']);
  assert.equal(comparison.splits[0].images, { tuning: 40, validation: 0, test: 20 });
  assert.is(comparison.evaluationWork.candidates, 2 * total);
});

test('paper: searches that see the test images have no test scores', async () => {
  const seen: PaperTask = { ...paper, split: 'test', splits: [{ ...subject, test: undefined }] };
  const comparison = await compareSearches(engine, { ...seen, specs: paper.specs.slice(0, 1) });
  assert.is(comparison.heldOut, false);
  assert.is(comparison.splits[0].images.test, 0);
  const points = [...comparison.splits[0].curves, ...comparison.runs.flatMap(({ matched }) => matched)];
  for (const one of [...comparison.runs, comparison.splits[0].unpruned, ...points]) {
    assert.not('test' in one);
  }
});

test('tuned: every seed runs on every split, and masks are evaluated on the test images alone', async () => {
  const events: ComparisonProgress[] = [];
  const comparison = await compareSearches(engine, tuned, { onProgress: (event) => events.push(event) });
  const texts = changes(events.map(said)).filter((text) => !/^(evaluating|repairing)/.test(text));
  const onSplit = (split: string, ...searches: readonly string[]) => [
    ...searches.flatMap((search) =>
      ['searching', 'round', 'found'].map((type) => `${type} ${search} on ${split}`),
    ),
    ...['random', 'magnitude-uniform', 'magnitude-global', 'wanda', 'obs'].map((name) => `ranking ${name}`),
  ];
  assert.equal(texts, [...onSplit('0', '1/4 sa 1', '2/4 sa 2'), ...onSplit('other', '3/4 sa 1', '4/4 sa 2')]);
  assert.not.match(events.map(said).join(), 'evaluating tuning');
  const repairs = events.flatMap((event) => (event.type === 'repairing' ? event : []));
  const ofSplit = repairs.slice(0, repairs.length / 2);
  ofSplit.forEach(({ done, total }, i) => assert.equal([done, total], [i, ofSplit.length]));
  assert.equal(
    changes(ofSplit.map(({ baseline }) => baseline)),
    [...TUNED_BASELINE_NAMES].filter((name) => /-repaired|-rounds/.test(name)).sort(byCriterion),
  );
  // Both splits have the same images here.
  const [first, second] = comparison.splits;
  assert.equal({ ...first, splitSeed: 'other' }, second);
  assert.equal(comparison.runs[0]!.digest, comparison.runs[2]!.digest);
  assert.is.not(comparison.runs[0]!.digest, comparison.runs[1]!.digest);
  // The searches with these seeds do not end at the same number of zeros, nor at one of a curve.
  const fronts = comparison.runs.reduce((sum, { front }) => sum + front.length, 0);
  assert.is(comparison.evaluationWork.candidates, masksToEvaluate(tuned) - 4 * 12 + fronts);
});

/** In the order of the repairs. */
function byCriterion(a: string, b: string): number {
  const criteria = ['random', 'magnitude', 'wanda', 'obs'];
  const place = (name: string) => criteria.indexOf(name.split('-')[0]!);
  return place(a) - place(b);
}

test('tuned: repaired baselines are those of the library, with as many zeros as the runs', async () => {
  const calibration = shadedImages(tinyNetwork, 30, 'calibration');
  const task: TunedTask = { ...tuned, splits: [{ ...small, calibration }] };
  const comparison = await compareSearches(engine, task);
  const [split] = comparison.splits;
  assert.is(split!.images.calibration, 30);
  const calibrator = await engine.calibrator(small.model, calibration);
  for (const criterion of CRITERIA) {
    for (const schedule of REPAIR_SCHEDULES) {
      const name = nameOf(criterion, schedule);
      const points = [
        ...comparison.runs.map((run) => ({ ...pointNamed(run.matched, name), zeros: run.zeros })),
        ...split!.curves.filter(({ baseline }) => baseline === name),
      ];
      const weights = comparison.layers.reduce((sum, layer) => sum + layer.weights, 0);
      const zeros = points.map(({ sparsity }) => Math.round(sparsity.global * weights));
      comparison.runs.forEach((run, i) => assert.is(zeros[i], run.zeros));
      const subject = { calibrator, model: small.model, images: calibration };
      const networks = await repairedBaseline(criterion, schedule, subject, zeros);
      for (const [i, { masks, tensors }] of networks.entries()) {
        const evaluator = await engine.evaluator({ ...small.model, tensors }, small.test);
        const [found] = await evaluator.evaluate([{ masks }]);
        assert.ok(found && !found.exceeded);
        assert.equal(points[i]!.test, { loss: found.loss, accuracy: found.accuracy }, `${name} ${zeros[i]}`);
        await evaluator.close();
      }
    }
  }
  await calibrator.close();
});

function nameOf(criterion: Criterion, schedule: RepairSchedule): string {
  if (schedule === 'frozen') return criterion === 'magnitude' ? 'magnitude-global' : criterion;
  return `${criterion}-${schedule === 'once' ? 'repaired' : 'rounds'}`;
}

function pointNamed<Point extends { readonly baseline: string }>(
  points: readonly Point[],
  name: string,
): Point {
  return points.find(({ baseline }) => baseline === name)!;
}

test('tuned: random searches get as many evaluations as each search, if asked for', async () => {
  const task: TunedTask = { ...tuned, splits: [small], specs: [tunedSearch('1')], randomSearch: true };
  const events: ComparisonProgress[] = [];
  const comparison = await compareSearches(engine, task, { onProgress: (event) => events.push(event) });
  const [run] = comparison.runs;
  const drawn = run!.matched.slice(5, 7);
  assert.equal(
    drawn.map(({ baseline, sparsity }) => [baseline, sparsity.global]),
    ['random-search', 'random-search-magnitude'].map((name) => [name, run!.final.sparsity.global]),
  );
  const totals = events.flatMap((event) => (event.type === 'drawing' ? event.total : []));
  assert.equal([...new Set(totals)], [run!.work.candidates]);
  const without = await compareSearches(engine, { ...task, randomSearch: false });
  assert.equal(
    run!.matched.filter((point) => !drawn.includes(point)),
    without.runs[0]!.matched,
  );
});

test('an abort during a search, and one during the evaluation, rejects with aborted', async () => {
  for (const [type, reached] of [
    ['round', /^round 1\/4/],
    ['evaluating', /^evaluating test 8\//],
  ] as const) {
    const controller = new AbortController();
    const texts: string[] = [];
    const onProgress = (event: ComparisonProgress) => {
      texts.push(said(event));
      if (reached.test(said(event))) controller.abort();
    };
    let rejected: unknown;
    await compareSearches(engine, paper, { signal: controller.signal, onProgress }).catch(
      (error: unknown) => {
        rejected = error;
      },
    );
    assert.instance(rejected, MasksearchError, type);
    assert.is((rejected as MasksearchError).code, 'aborted', type);
    assert.match(texts.at(-1)!, reached);
  }
});

test('a task is checked without running it', () => {
  checkTask(paper);
  checkTask(tuned);
  const few = { ...small, images: takeImages(small.images, 4) };
  assert.throws(() => checkTask({ ...tuned, splits: [small, few] }), /at least 5/);
  assert.throws(
    () => checkTask({ ...tuned, specs: [tunedSearch('1'), tunedSearch('2', 9)] }),
    /evaluations is 9/,
  );
  const wrong = paperSpec('ga', { ...values, mutationRate: 2, seed: '1' });
  assert.throws(() => checkTask({ ...paper, specs: [...paper.specs, wrong] }), /mutationRate is 2/);
});

test('the files of a comparison are named, and all are texts', async () => {
  const comparison = await compareSearches(engine, { ...paper, specs: paper.specs.slice(0, 1) });
  const files = await compareFiles(comparison);
  assert.equal(Object.keys(files), [...COMPARE_FILES]);
  assert.equal(JSON.parse(files['compare.json']), comparison);
  assert.match(files['compare.csv'], /^kind,split_seed,/);
  assert.match(files['compare.html'], /^<!doctype html>/);
});

test.run();
