import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { plant } from '../../src/bench/planted.ts';
import { isLoss } from '../../src/bench/shapes.ts';
import { wasmBenchDevice } from '../../src/bench/wasm/bench-device.ts';
import { BENCH_SHAPES, testBenchmark } from '../helpers/benchmark.ts';

const backend = await wasmBenchDevice();

// One candidate at a time; the losses have no density.
const losses = BENCH_SHAPES.filter(isLoss).length;
testBenchmark(backend, { densities: [1, 0.5], images: 25 }, 2 * BENCH_SHAPES.length - losses);

test('pruned weights do not count as work', async () => {
  const shape = BENCH_SHAPES.find(({ name }) => name === 'dense')!;
  const flopsAt = async (density: number) => {
    const opened = await backend.open({ shape, density, candidates: 1, images: 25 }, plant(shape, density));
    opened.close();
    return opened.work.flops;
  };
  const [full, half] = await Promise.all([flopsAt(1), flopsAt(0.5)]);
  assert.is(full, 2 * 37 * 13 * 25);
  assert.ok(half > 0.4 * full && half < 0.6 * full, `${half}`);
});

test.run();
