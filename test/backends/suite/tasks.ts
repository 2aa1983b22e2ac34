/** Soft targets, and networks that answer yes or no, or give numbers: losses against float64, and what a search finds. */
import * as assert from 'uvu/assert';
import { fullMasks } from '../../../src/core/mask.ts';
import { referenceLogits } from '../../../src/engine/reference/forward.ts';
import { targetsOf } from '../../../src/engine/targets.ts';
import { LOSS_UNITS } from '../../../src/kernels/loss-sum.ts';
import { predictionsPerImage } from '../../../src/kernels/loss.ts';
import { referenceLoss } from '../../../src/kernels/reference/loss.ts';
import {
  sigmoidLossBound,
  softLossBound,
  squaredErrorBound,
} from '../../../src/kernels/reference/tolerance.ts';
import { QUAD, quadsOf } from '../../../src/kernels/spec.ts';
import { tunedAnnealing } from '../../../src/search/tuned/annealing.ts';
import type { Masks } from '../../../src/core/mask.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { logitBounds } from '../../helpers/assert/tolerance.ts';
import { randomMasks } from '../../helpers/data/models.ts';
import { taskCases, type TaskCase } from '../../helpers/data/tasks.ts';
import { sample } from '../../helpers/sample.ts';
import { evaluateFull } from '../../helpers/search/evaluations.ts';
import { testOn, type Configuration } from './backend.ts';
import { oneAtATime, runSearch, type MakeSearch } from './digests.ts';

/** Results of float64, and how far float32 may be from them. */
function expectation({ model, images }: TaskCase, masks: Masks) {
  const { loss, values } = targetsOf(model, images);
  const { count } = images;
  const stride = quadsOf(count) * QUAD;
  const scores = referenceLogits(model, images, masks);
  const off = logitBounds(model, images, masks);
  const losses = new Uint32Array(count);
  const { units, correct } = referenceLoss(loss, count, scores, values, losses);
  let [bound, unclear] = [0, 0];
  for (let image = 0; image < count; image++) {
    const mean = losses[image]! / LOSS_UNITS;
    const isError = loss.kernel === 'squared_error';
    if (loss.kernel === 'soft_cross_entropy') {
      const at = (rows: Float64Array) =>
        Array.from({ length: loss.outputs }, (_, output) => rows[output * stride + image]!);
      const [logits, reach] = [at(scores), at(off)];
      const [first, second] = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!);
      // Logits that are off by b change the logarithm of the softmax's sum by at most b, and so the mean.
      bound += softLossBound(loss.outputs, mean) + 2 * Math.max(...reach);
      if (logits[first!]! - logits[second!]! <= reach[first!]! + reach[second!]!) unclear++;
      continue;
    }
    bound += (isError ? squaredErrorBound : sigmoidLossBound)(loss.outputs, mean);
    for (let output = 0; output < loss.outputs; output++) {
      const [score, b] = [scores[output * stride + image]!, off[output * stride + image]!];
      // A logit that is off by b changes its cross-entropy by at most b.
      const difference = Math.abs(score - values[image * loss.outputs + output]!);
      bound += (isError ? (2 * difference + b) * b : b) * loss.scale;
      if (Math.abs(score) <= b) unclear++;
    }
  }
  const predictions = count * predictionsPerImage(loss);
  return { loss: units / LOSS_UNITS / count, bound: bound / count, correct, unclear, predictions };
}

export interface TaskOptions {
  readonly images: number;
  /** Of three searches the one that a sample has. */
  readonly first: number;
}

export function testTasks(backend: Configuration, { images, first }: TaskOptions): void {
  const cases = taskCases(images);
  for (const [name, one] of Object.entries(cases)) {
    testOn(backend, `the losses of ${name} are those of float64`, async (engine) => {
      const { layers } = problemOf(one.model.network);
      const evaluator = await engine.evaluator(one.model, one.images);
      for (const masks of [fullMasks(layers), randomMasks(one.model.network, 0.7, name)]) {
        const { loss, bound, correct, unclear, predictions } = expectation(one, masks);
        const found = await evaluateFull(evaluator, masks);
        assert.ok(Math.abs(found.loss - loss) <= bound, `loss ${found.loss}, expected ${loss} +- ${bound}`);
        assert.ok(bound < 1e-3 * Math.max(1, loss), 'the bound allows anything');
        if (predictions === 0) assert.not('accuracy' in found, 'a regression has no accuracy');
        else assert.ok(Math.abs(found.accuracy! * predictions - correct) <= unclear + 1e-6);
      }
    });
  }

  testOn(backend, 'a target that is another changes the loss by what it should', async (engine) => {
    const { model, images: set } = cases['three questions']!;
    const masks = fullMasks(problemOf(model.network).layers);
    const other = { ...set, targets: set.targets!.with(7, 1 - set.targets![7]!) };
    const before = await evaluateFull(await engine.evaluator(model, set), masks);
    const after = await evaluateFull(await engine.evaluator(model, other), masks);
    const expected = expectation({ model, images: other }, masks);
    assert.ok(Math.abs(after.loss - expected.loss) <= expected.bound);
    assert.ok(Math.abs(after.loss - before.loss) > 2 * expected.bound, 'the change goes unnoticed');
    assert.is(Math.round(Math.abs(after.accuracy! - before.accuracy!) * set.count * 3), 1);
  });

  testOn(backend, 'a soft target that is another changes the loss by what it should', async (engine) => {
    const { model, images: set } = cases['probabilities of classes']!;
    const masks = fullMasks(problemOf(model.network).layers);
    const soft = set.softTargets!;
    // Of the second image, from the likeliest class to the next.
    const from = soft.subarray(4, 8).indexOf(Math.max(...soft.subarray(4, 8)));
    const to = (from + 1) % 4;
    const softTargets = soft.with(4 + from, soft[4 + from]! - 0.2).with(4 + to, soft[4 + to]! + 0.2);
    const before = await evaluateFull(await engine.evaluator(model, set), masks);
    const after = await evaluateFull(await engine.evaluator(model, { ...set, softTargets }), masks);
    const expected = expectation({ model, images: { ...set, softTargets } }, masks);
    assert.ok(Math.abs(after.loss - expected.loss) <= expected.bound);
    assert.ok(after.loss - before.loss > 2 * expected.bound, 'the change goes unnoticed');
    assert.is(after.accuracy, before.accuracy, 'the labels decide what is correct');
    const labels = set.labels!.with(1, (set.labels![1]! + 1) % 4);
    const labelled = await evaluateFull(await engine.evaluator(model, { ...set, labels }), masks);
    assert.is(labelled.loss, before.loss);
    assert.is(Math.round(Math.abs(labelled.accuracy! - before.accuracy!) * set.count), 1);
  });

  const others = sample(['three questions', 'two numbers', 'an autoencoder'], 3, first);
  for (const name of ['probabilities of classes', ...others]) {
    testOn(
      backend,
      `tuned annealing of ${name} finds the same with any optimizations and batch width`,
      async (engine) => {
        const make: MakeSearch = (problem, others) =>
          tunedAnnealing(problem, { evaluations: 150, maxLossRise: 40, ...others });
        let expected: string | undefined;
        for (const row of oneAtATime([1, 4], 0)) {
          const { digest } = await runSearch(engine, cases[name]!, make, '1', row);
          assert.is(digest, (expected ??= digest), JSON.stringify(row));
        }
      },
    );
  }
}
