import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PaperComparison, PaperRun } from '../../../../../src/report/comparison/comparison.ts';
import {
  paperFindings,
  paperHeadline,
  paperSetup,
} from '../../../../../src/report/comparison/paper/findings.ts';
import { fakePaper, withSplit } from '../fake-paper.ts';

const one = fakePaper(1);
const several = fakePaper(3);
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');
const findings = (comparison: PaperComparison) => paperFindings(comparison).map(spaced);

/** `comparison` with the test accuracy of each matched magnitude-global point replaced. */
function withMagnitude(comparison: PaperComparison, accuracyOf: (run: PaperRun) => number): PaperComparison {
  const runs = comparison.runs.map((run) => ({
    ...run,
    matched: run.matched.map((point) =>
      point.baseline === 'magnitude-global'
        ? { ...point, test: { loss: 0.5, accuracy: accuracyOf(run) } }
        : point,
    ),
  }));
  return { ...comparison, runs };
}

const verdict = (comparison: PaperComparison, method: string) =>
  findings(comparison).find(
    (text) => text.startsWith(`At the same global sparsity as ${method}`) && text.includes('one threshold'),
  )!;

test('the headline and the setup hold what was compared', () => {
  assert.is(
    spaced(paperHeadline(one)),
    'Simulated annealing pruned 47.89 % of the weights at 86.90 % test accuracy, the genetic algorithm 51.93 % at 88.48 %',
  );
  const setup = paperSetup(several);
  for (const part of [
    'Simulated annealing and the genetic algorithm searched masks',
    '5 layers, 61,470 weights',
    'preset “paper” and seeds 1, 2, 3',
    '2,000 tuning images (split “search”)',
    'The 8,000 test images played no part',
  ]) {
    assert.ok(setup.includes(part), part);
  }
});

test('each search is reported with the unpruned network beside it', () => {
  assert.is(
    findings(one)[0],
    'Simulated annealing: 86.90 % test accuracy at 47.89 % global and 43.84 % mean-layer sparsity. ' +
      'The unpruned network has 97.40 %.',
  );
  const genetic = /^The genetic algorithm: 88\.26 ± 0\.20 % test accuracy at 52\.15 ± 0\.20 %/;
  assert.match(findings(several)[1]!, genetic);
});

test('magnitude pruning is better, worse or the same as the figures say', () => {
  const sa = 'simulated annealing';
  // 0.869 is the test accuracy of the run.
  const at = (accuracy: number) =>
    verdict(
      withMagnitude(one, () => accuracy),
      sa,
    );
  assert.match(at(0.889), 'has 88.90 % test accuracy: 2.00 percentage points better than the search.');
  assert.match(at(0.819), 'has 81.90 % test accuracy: 5.00 percentage points worse than the search.');
  assert.match(at(0.869), 'has 86.90 % test accuracy: the same as the search.');
  assert.match(at(0.86902), 'the same as the search.');
  assert.match(at(0.889), 'Its mean-layer sparsity is 31.13 %, that of the search 43.84 %.');
  assert.match(
    verdict(
      withMagnitude(one, () => 0.8848 - 0.01),
      'the genetic algorithm',
    ),
    '1.00 percentage points worse',
  );
});

test('with several seeds it says for how many', () => {
  const mixed = withMagnitude(several, ({ seed }) => (seed === '2' ? 0.9 : 0.8));
  assert.match(verdict(mixed, 'simulated annealing'), 'worse than the search, better for 1 of 3 seeds');
  assert.not.match(verdict(one, 'simulated annealing'), 'seeds');
});

test('a seed that ends even is no better one', () => {
  const accuracyOf = (seed: string) =>
    several.runs.find((run) => run.method === 'sa' && run.seed === seed)!.test!.accuracy;
  const even = withMagnitude(several, ({ seed }) => accuracyOf(seed) + (seed === '3' ? 0.01 : 0));
  assert.match(verdict(even, 'simulated annealing'), 'better for 1 of 3 seeds');
});

test('searches of some layers are said to be, as the baselines prune all', () => {
  const runs = one.runs.map((run) => ({ ...run, parameters: { ...run.parameters, layers: 'out' } }));
  assert.match(paperSetup({ ...one, runs }), 'The searches pruned out alone, the baselines all layers.');
  assert.not.match(paperSetup(one), 'alone');
});

test('one image is one', () => {
  const setup = paperSetup(withSplit(one, { images: { tuning: 1, validation: 0, test: 1 } }));
  assert.match(setup, 'their loss on 1 tuning image (split');
  assert.match(setup, 'The 1 test image played');
});

test('the searches are held against each other', () => {
  const text = findings(one).find((finding) => finding.includes('trade-off score'))!;
  assert.is(
    text,
    'The genetic algorithm has an accuracy 1.58 percentage points higher than simulated annealing, a global sparsity 4.04 ' +
      'percentage points higher and a mean-layer sparsity 2.64 percentage points lower; its trade-off score is 0.3743 ' +
      'against 0.3911. A search took 3 min 19 s against 1 min 24 s.',
  );
});

test('one seed is said to be one, several what their deviation is', () => {
  assert.match(findings(one).at(-1)!, 'There is one run of each search');
  assert.match(findings(several).at(-1)!, 'means over 3 seeds with the sample standard deviation');
  assert.match(findings(several).at(-1)!, 'only from the runs’ different sparsities');
});

test('without held-out images nothing is called a test accuracy', () => {
  const text = [paperHeadline, paperSetup, (c: PaperComparison) => findings(c).join(' ')]
    .map((textOf) => textOf(fakePaper(2, false)))
    .join(' ');
  assert.not.match(text, 'test accuracy');
  assert.not.match(text, 'played no part');
  assert.match(spaced(text), '87.31 ± 0.19 % accuracy on the tuning images');
});

test('one method alone has no one to be held against', () => {
  const alone = { ...one, runs: one.runs.slice(0, 1) };
  assert.is(findings(alone).length, 4);
  assert.not.match(findings(alone).join(' '), 'genetic');
});

test.run();
