/** The kernel benchmark on WebAssembly: that it notices what is wrong, and measures something where nothing is. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { measureKernels } from '../../src/bench/measure.ts';
import { plant } from '../../src/bench/planted.ts';
import { wasmBackend } from '../../src/bench/wasm/backend.ts';
import { BENCH_SHAPES, tamper } from '../helpers/bench-shapes.ts';

const backend = await wasmBackend();
const few = { shapes: BENCH_SHAPES, densities: [1, 0.5], images: 25, repeats: 2 } as const;

test('every case is verified and has times, rates and a roof', async () => {
  const { roofs, cases, skipped } = await measureKernels(backend, few);
  assert.equal([cases.length, skipped], [7, []]);
  assert.ok(roofs.gflops > 0 && roofs.gbps > 0);
  for (const one of cases) {
    const name = `${one.shape} at density ${one.density}`;
    assert.is(one.verified, true, name);
    assert.is(one.candidates, 1);
    assert.ok(one.largestError !== null && one.largestError < 1e-5, name);
    const { min, median, p95 } = one.milliseconds!;
    assert.ok(min > 0 && median >= min && p95 >= median, `${name}: ${min} ${median} ${p95}`);
    assert.ok(one.gbps! > 0 && one.share! > 0, name);
  }
});

test('one wrong weight or label is noticed, and what is wrong is not timed', async () => {
  const { cases } = await measureKernels(backend, { ...few, tamper });
  for (const { shape, verified, milliseconds } of cases) {
    assert.equal([verified, milliseconds], [false, undefined], shape);
  }
});

test('pruned weights are no work', async () => {
  const at = async (density: number) => {
    const opened = await openDense(density);
    opened.close();
    return opened.work.flops;
  };
  const [full, half] = await Promise.all([at(1), at(0.5)]);
  assert.is(full, 2 * 37 * 13 * 25);
  assert.ok(half > 0.4 * full && half < 0.6 * full, `${half}`);
});

async function openDense(density: number) {
  const shape = BENCH_SHAPES.find(({ name }) => name === 'dense')!;
  return backend.open({ shape, density, candidates: 1, images: 25 }, plant(shape, density));
}

test.run();
