import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ratesOf, workOf } from '../../../src/bench/rates.ts';
import { SHAPES } from '../../../src/bench/shapes.ts';

const shapeOf = (name: string) => SHAPES.find((shape) => shape.name === name)!;

test('the work of a dense layer: candidates share its weights and have masks of their own', () => {
  const one = { shape: shapeOf('out'), density: 0.1, candidates: 1, images: 4 };
  const activations = 4 * (84 + 10) * 4;
  const mask = 840 / 8;
  assert.equal(workOf(one), { flops: 2 * 840 * 4, bytes: activations + 4 * (840 + 10) + mask });
  assert.equal(workOf({ ...one, candidates: 3 }), {
    flops: 3 * 2 * 840 * 4,
    bytes: 3 * (activations + mask) + 4 * (840 + 10),
  });
});

test('a loss has no multiply-accumulates', () => {
  const { flops, bytes } = workOf({ shape: shapeOf('softmax10'), density: 1, candidates: 2, images: 100 });
  assert.is(flops, 0);
  assert.is(bytes, 2 * 4 * (10 * 100 + 2 * 100 + 8));
  const answers = workOf({ shape: shapeOf('sigmoid10'), density: 1, candidates: 2, images: 100 });
  assert.equal(answers, { flops: 0, bytes: 2 * 4 * (2 * 10 * 100 + 100 + 8) });
});

test('the roof that takes longer binds', () => {
  const work = { flops: 6e9, bytes: 2e9 };
  const seconds = 0.5;
  // At its roofs the work would take 0.06 s and 0.02 s.
  assert.equal(ratesOf(work, seconds, { gflops: 100, gbps: 100 }), {
    gflops: 12,
    gbps: 4,
    roof: 'arithmetic',
    share: 0.12,
  });
  assert.equal(ratesOf(work, seconds, { gflops: 1000, gbps: 5 }), {
    gflops: 12,
    gbps: 4,
    roof: 'memory',
    share: 0.8,
  });
  assert.equal(ratesOf({ flops: 0, bytes: 1e9 }, 1, { gflops: 1, gbps: 4 }).roof, 'memory');
  assert.equal(ratesOf(work, seconds, undefined), { gflops: 12, gbps: 4, roof: undefined, share: undefined });
});

test.run();
