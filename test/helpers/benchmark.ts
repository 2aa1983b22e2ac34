/** What the kernel benchmark must do on every device: verify all results, and measure those that are right. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchDevice } from '../../src/bench/bench-device.ts';
import type { KernelShape } from '../../src/bench/shapes.ts';
import { measureKernels, type MeasureOptions } from '../../src/bench/measure.ts';
import type { Planted } from '../../src/bench/planted.ts';
import { SHAPES } from '../kernels/cases/shapes.ts';
import { withTimeout } from './gpu.ts';

/** Small shapes around the edges of packs, tiles and blocks. */
export const BENCH_SHAPES: readonly KernelShape[] = [
  {
    name: 'pooled',
    kernel: 'masked_conv2d',
    shape: { ...SHAPES.oddPooled, activation: 'sigmoid', alpha: 0 },
  },
  { name: 'plain', kernel: 'masked_conv2d', shape: { ...SHAPES.oddPlain, activation: 'relu', alpha: 0 } },
  { name: 'dense', kernel: 'masked_dense', shape: { inputs: 37, outputs: 13, activation: 'tanh', alpha: 0 } },
  { name: 'loss', kernel: 'softmax_cross_entropy', shape: { outputs: 3 } },
  { name: 'probabilities', kernel: 'soft_cross_entropy', shape: { outputs: 6 } },
  { name: 'answers', kernel: 'sigmoid_cross_entropy', shape: { outputs: 5 } },
  { name: 'numbers', kernel: 'squared_error', shape: { outputs: 37 } },
];

const IMAGE = { channels: 3, inHeight: 5, inWidth: 6 } as const;
const WINDOW = { kernel: [3, 3], stride: [2, 1], padding: [1, 1, 0, 1], dilation: [1, 1] } as const;
const LINEAR = { channels: 3, area: 7, activation: 'none', alpha: 0 } as const;

/** Kernels that only some devices have. */
export const GRAPH_SHAPES: readonly KernelShape[] = [
  {
    name: 'depthwise',
    kernel: 'masked_depthwise_conv2d',
    shape: { ...IMAGE, ...WINDOW, multiplier: 2, activation: 'sigmoid', alpha: 0 },
  },
  {
    name: 'means',
    kernel: 'pool2d',
    shape: { ...IMAGE, ...WINDOW, operation: 'average', countPadding: false, ceil: true },
  },
  { name: 'affine', kernel: 'affine', shape: LINEAR },
  { name: 'add', kernel: 'add', shape: LINEAR },
  { name: 'concat', kernel: 'concat', shape: { channels: [2, 3], area: 7 } },
  { name: 'pad', kernel: 'pad', shape: { ...IMAGE, padding: [1, 0, 2, 1], before: 1, after: 2 } },
];

/** The smallest mistakes: the sign of a kept weight, or without weights one target of an image or one input. */
function tamper(planted: Planted): Planted {
  const { shape, weight, masks, targets, x } = planted;
  if (targets) {
    const values = targets.values.slice();
    const last = 2 * targets.perImage - 1;
    values[last] = shape.kernel === 'squared_error' ? values[last]! + 1 / 8 : 1 - Math.min(1, values[last]!);
    return { ...planted, targets: { ...targets, values } };
  }
  if (weight.length === 0) return { ...planted, x: x.map((rows) => rows.with(-4, rows.at(-4)! + 1 / 8)) };
  const isMasked = shape.kernel.startsWith('masked_');
  const kept = Array.from(weight.keys()).filter((i) => !isMasked || (masks[0]![i >>> 5]! >>> (i & 31)) & 1);
  return { ...planted, weight: weight.with(kept[0]!, -weight[kept[0]!]!) };
}

export const measure = (backend: BenchDevice, options: Partial<MeasureOptions>) =>
  withTimeout(
    measureKernels(backend, { shapes: BENCH_SHAPES, repeats: 2, ...options }),
    120_000,
    'the benchmark',
  );

/** @param expected number of cases of these options */
export function testBenchmark(
  backend: BenchDevice,
  options: Partial<MeasureOptions>,
  expected: number,
): void {
  test('every case is verified and has times, rates and a roof', async () => {
    const { roofs, cases, repeats, skipped } = await measure(backend, options);
    assert.equal([cases.length, skipped, repeats], [expected, [], 2]);
    for (const roof of [roofs.gflops, roofs.gbps]) assert.ok(roof > 0 && roof < Infinity, `${roof}`);
    for (const one of cases) {
      const name = `${one.shape}, density ${one.density}, ${one.candidates} candidates`;
      assert.is(one.verified, true, name);
      assert.ok((options.candidates ?? [1]).includes(one.candidates), name);
      assert.ok(one.largestError !== null && one.largestError < 1e-5, name);
      const { min, median, p95 } = one.milliseconds!;
      const isOrdered = min > 0 && median >= min && p95 >= median && p95 < 60_000;
      assert.ok(isOrdered, `${name}: ${min} ${median} ${p95}`);
      const multiplies = one.kernel.startsWith('masked_') || one.kernel === 'affine';
      assert.is(one.gflops! > 0, multiplies, name);
      assert.ok(one.gbps! > 0 && one.share! > 0, name);
      assert.ok(one.roof === 'memory' || one.roof === 'arithmetic', name);
    }
    assert.equal(JSON.parse(JSON.stringify(cases)), cases, 'something is lost in JSON');
  });

  test('one wrong weight or label fails the verification, and such a case is not timed', async () => {
    const { cases } = await measure(backend, { ...options, tamper });
    assert.is(cases.length, expected);
    for (const { shape, verified, milliseconds } of cases) {
      assert.equal([verified, milliseconds], [false, undefined], shape);
    }
  });
}
