import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GpuTimer } from '../../src/bench/webgpu/timer.ts';
import { webGpuBenchDevice } from '../../src/bench/webgpu/bench-device.ts';
import { BENCH_SHAPES, GRAPH_SHAPES, measure, testBenchmark } from '../helpers/benchmark.ts';
import { acquireAdapter, acquireEngine, withTimeout } from '../helpers/gpu.ts';

const { adapter, software } = await acquireAdapter();
const stamps = adapter.features.has('timestamp-query');
const backend = await webGpuBenchDevice(adapter, software);
test.after(() => backend.close());

const few = { densities: [0.5], candidates: [1, 4], images: 5 } as const;

testBenchmark(backend, few, 2 * BENCH_SHAPES.length);
testBenchmark(backend, { ...few, shapes: GRAPH_SHAPES }, 2 * GRAPH_SHAPES.length);

test('the device is described, and its clock is used if it has one', () => {
  assert.is(backend.device.kind, 'webgpu');
  assert.is(backend.device.software, software);
  assert.is(backend.method, stamps ? 'timestamp-query' : 'wall-clock');
  assert.ok(backend.budget.bufferBytes >= 2 ** 27);
});

test('every tiling of a layer is verified; a loss has only one', async () => {
  const shapes = BENCH_SHAPES.filter(({ name }) => ['dense', 'loss'].includes(name));
  const tilings = shapes.flatMap((shape) => backend.tilingsOf(shape));
  const options = { ...few, shapes, candidates: [4], tilings: backend.tilingsOf, repeats: 1 };
  const { cases } = await measure(backend, options);
  assert.ok(tilings.length > 2);
  const verified = cases.map(({ verified }) => verified);
  assert.equal(verified, Array(tilings.length + 1).fill(true));
});

test("the host's clock is used if the device has none", async () => {
  const engine = await acquireEngine();
  try {
    const timer = new GpuTimer(engine.context);
    assert.is(timer.method, 'wall-clock');
    const timed = timer.time('nothing', () => undefined);
    const seconds = await withTimeout(timed, 60_000, 'an empty pass');
    assert.ok(seconds > 0 && seconds < 60, `${seconds}`);
    timer.close();
  } finally {
    await engine.close();
  }
});

test.run();
