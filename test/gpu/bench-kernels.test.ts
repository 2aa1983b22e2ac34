/** The kernel benchmark on a device: that it notices what is wrong, and measures something where nothing is. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { measureKernels, type MeasureOptions } from '../../src/bench/measure.ts';
import { GpuTimer } from '../../src/bench/webgpu/timer.ts';
import { webGpuBackend } from '../../src/bench/webgpu/backend.ts';
import { BENCH_SHAPES, tamper } from '../helpers/bench-shapes.ts';
import { acquireAdapter, acquireEngine, withTimeout } from '../helpers/gpu.ts';

const { adapter, software } = await acquireAdapter();
const stamps = adapter.features.has('timestamp-query');
const backend = await webGpuBackend(adapter, software);
test.after(() => backend.close());

const few = { shapes: BENCH_SHAPES, densities: [0.5], candidates: [1, 4], images: 5, repeats: 2 } as const;

const measure = (options: Partial<MeasureOptions> = {}) =>
  withTimeout(measureKernels(backend, { ...few, ...options }), 120_000, 'the benchmark');

test('the device is described, and its clock is used if it has one', () => {
  assert.is(backend.device.kind, 'webgpu');
  assert.is(backend.device.software, software);
  assert.is(backend.method, stamps ? 'timestamp-query' : 'wall-clock');
  assert.ok(backend.budget.bufferBytes >= 2 ** 27);
});

test('every case is verified and has times, rates and a roof', async () => {
  const { roofs, cases, repeats, skipped } = await measure();
  assert.equal([cases.length, skipped, repeats], [2 * BENCH_SHAPES.length, [], 2]);
  assert.ok(roofs.gflops > 0 && roofs.gflops < Infinity, `${roofs.gflops}`);
  assert.ok(roofs.gbps > 0 && roofs.gbps < Infinity, `${roofs.gbps}`);
  for (const one of cases) {
    const name = `${one.shape}, ${one.candidates} candidates`;
    assert.is(one.verified, true, name);
    assert.ok(one.largestError !== null && one.largestError < 1e-5, name);
    const { min, median, p95 } = one.milliseconds!;
    assert.ok(min > 0 && median >= min && p95 >= median && p95 < 60_000, `${name}: ${min} ${median} ${p95}`);
    assert.is(one.gflops! > 0, one.kernel !== 'softmax_cross_entropy', name);
    assert.ok(one.gbps! > 0 && one.share! > 0, name);
    assert.ok(one.roof === 'memory' || one.roof === 'arithmetic', name);
  }
  assert.equal(JSON.parse(JSON.stringify(cases)), cases, 'something is lost in JSON');
});

test('one wrong weight or label is noticed, and what is wrong is not timed', async () => {
  const { cases } = await measure({ tamper });
  assert.is(cases.length, 2 * BENCH_SHAPES.length);
  for (const { shape, verified, milliseconds } of cases) {
    assert.equal([verified, milliseconds], [false, undefined], shape);
  }
});

test('every tiling of a layer is verified; a loss has one way only', async () => {
  const shapes = BENCH_SHAPES.filter(({ name }) => ['dense', 'loss'].includes(name));
  const { cases } = await measure({ shapes, candidates: [4], tilings: backend.tilingsOf, repeats: 1 });
  const tilings = shapes.flatMap((shape) => backend.tilingsOf(shape));
  assert.ok(tilings.length > 2);
  assert.is(cases.length, tilings.length + 1);
  assert.equal(
    cases.filter(({ verified }) => !verified),
    [],
  );
});

test('without a clock of the device the host’s is used', async () => {
  const engine = await acquireEngine();
  try {
    const timer = new GpuTimer(engine.context);
    assert.is(timer.method, 'wall-clock');
    const seconds = await withTimeout(
      timer.time('nothing', () => undefined),
      60_000,
      'an empty pass',
    );
    assert.ok(seconds > 0 && seconds < 60, `${seconds}`);
    timer.close();
  } finally {
    await engine.close();
  }
});

test.run();
