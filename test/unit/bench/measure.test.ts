/** The benchmark on a fake device that computes with the reference: which cases are verified, timed and skipped. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchDevice } from '../../../src/bench/bench-device.ts';
import type { KernelCase } from '../../../src/bench/cases.ts';
import { measureKernels, type MeasureOptions } from '../../../src/bench/measure.ts';
import { PERIOD, type Planted } from '../../../src/bench/planted.ts';
import { workOf } from '../../../src/bench/rates.ts';
import { Reference } from '../../../src/bench/reference.ts';
import { isLoss, SHAPES, sizesOf } from '../../../src/bench/shapes.ts';
import type { CaseOutput } from '../../../src/bench/verify.ts';
import { MasksearchError } from '../../../src/core/error.ts';
import { searchError } from '../../helpers/search/drive-search.ts';

const STRIDE = 8;
const IMAGES = 7;

/** The reference's outputs in the layout of a device. */
function answer({ shape, candidates }: KernelCase, planted: Planted): CaseOutput {
  const reference = new Reference(planted);
  const expected = Array.from({ length: candidates }, (_, k) => reference.of(k));
  if (isLoss(shape)) {
    const image = (i: number) => (i % STRIDE) % PERIOD;
    const losses = Uint32Array.from({ length: candidates * STRIDE }, (_, i) =>
      i % STRIDE < IMAGES ? expected[Math.floor(i / STRIDE)]!.losses[image(i)]! : 0xffffffff,
    );
    const sums = expected.map(({ correct }, k) => ({
      units: losses.subarray(k * STRIDE, k * STRIDE + IMAGES).reduce((sum, loss) => sum + loss, 0),
      correct: Array.from({ length: IMAGES }, (_, i) => correct[i % PERIOD]!).reduce((sum, one) => sum + one),
    }));
    return { stride: STRIDE, losses, sums };
  }
  const { outputs } = sizesOf(shape);
  const y = Float32Array.from({ length: candidates * outputs * STRIDE }, (_, i) => {
    const row = Math.floor(i / STRIDE);
    // The values after the last image are undefined.
    if (i % STRIDE >= IMAGES) return NaN;
    return expected[Math.floor(row / outputs)]!.y[(row % outputs) * 4 + ((i % STRIDE) % PERIOD)]!;
  });
  return { stride: STRIDE, y };
}

interface Fake {
  readonly change?: (output: CaseOutput) => void;
  readonly open?: (one: KernelCase) => void;
}

function backend({ change = () => undefined, open = () => undefined }: Fake = {}) {
  const log: string[] = [];
  const made: BenchDevice = {
    device: { kind: 'webgpu', vendor: '', architecture: '', description: 'arithmetic', software: true },
    method: 'wall-clock',
    budget: { bufferBytes: 2 ** 30, images: 4, groupImages: 4, maxImages: 8, macs: Infinity, batches: true },
    repeats: 4,
    tilingsOf: () => [],
    roofs: () => Promise.resolve({ gflops: 10, gbps: 1 }),
    open(one, planted) {
      open(one);
      let timed = 0;
      return Promise.resolve({
        work: workOf(one),
        output() {
          log.push('output');
          const output = answer(one, planted);
          change(output);
          return Promise.resolve(output);
        },
        time(runs) {
          log.push('time');
          return Promise.resolve(runs * (0.1 + 0.01 * timed++));
        },
        close: () => void log.push('close'),
      });
    },
    close: () => Promise.resolve(),
  };
  return { log, made };
}

const layers = SHAPES.filter(({ name }) => ['out', 'fc2'].includes(name));
const losses = SHAPES.filter(isLoss);
const few = { densities: [0.5], candidates: [4], images: IMAGES } as const;

const measure = (fake: Fake, options: Partial<MeasureOptions>) => {
  const { made, log } = backend(fake);
  return { log, report: measureKernels(made, { shapes: layers, ...few, ...options }) };
};

test('a case that agrees is timed, and its rates are at the median time', async () => {
  const { report, log } = measure({}, { shapes: [layers[1]!] });
  const { cases, roofs, repeats, skipped } = await report;
  assert.equal([roofs, repeats, skipped], [{ gflops: 10, gbps: 1 }, 4, []]);
  assert.is(cases.length, 1);
  const { largestError, milliseconds, gflops, gbps, roof, share, ...label } = cases[0]!;
  const dense = { kernel: 'masked_dense', shape: 'out', density: 0.5, candidates: 4 };
  assert.equal(label, { ...dense, images: IMAGES, verified: true });
  assert.is(largestError, 0);
  // Samples are 0.10 to 0.13 s.
  const close = (found: number, wanted: number) => assert.ok(Math.abs(found / wanted - 1) < 1e-9, `${found}`);
  close(milliseconds!.median, 115);
  close(milliseconds!.min, 100);
  close(milliseconds!.p95, 130);
  close(gflops!, (2 * 840 * 4 * IMAGES) / 0.115 / 1e9);
  assert.is(roof, 'memory');
  close(share!, gbps!);
  assert.equal(log, ['output', 'time', 'time', 'time', 'time', 'close']);
});

for (const [what, shapes, change] of [
  [
    'one output',
    layers,
    (output: CaseOutput) => 'y' in output && (output.y[3 * STRIDE + IMAGES - 1]! += 1e-3),
  ],
  ['one output that is no number', layers, (output: CaseOutput) => 'y' in output && (output.y[9] = NaN)],
  ['two images', layers, (output: CaseOutput) => 'y' in output && output.y.copyWithin(1, 0, 1)],
  ['one loss', losses, (output: CaseOutput) => 'losses' in output && (output.losses[2]! += 1000)],
  [
    'the sum',
    losses,
    (output: CaseOutput) => 'sums' in output && Object.assign(output.sums[3]!, { units: 1 }),
  ],
  [
    'the count',
    losses,
    (output: CaseOutput) => 'sums' in output && Object.assign(output.sums[0]!, { correct: 9 }),
  ],
] as const) {
  test(`a case is not timed where ${what} is wrong`, async () => {
    const { report, log } = measure({ change }, { shapes });
    const { cases } = await report;
    assert.is(cases.length, shapes.length);
    for (const one of cases) {
      assert.is(one.verified, false);
      assert.equal([one.milliseconds, one.gflops, one.share], [undefined, undefined, undefined]);
      assert.ok(one.largestError === null || one.largestError >= 0);
    }
    assert.not.ok(log.includes('time'));
    assert.is(log.at(-1), 'close');
  });
}

test('a flipped weight of the device shows', async () => {
  const tamper = (planted: Planted): Planted => {
    const last = Array.from(planted.weight.keys()).findLast(
      (i) => (planted.masks[0]![i >>> 5]! >>> (i & 31)) & 1,
    )!;
    return { ...planted, weight: planted.weight.with(last, -planted.weight[last]!) };
  };
  const { cases } = await measure({}, { tamper }).report;
  const verified = cases.map(({ verified }) => verified);
  assert.equal(verified, [false, false]);
});

test('a case that the device cannot hold is skipped, and any other error ends the benchmark', async () => {
  const refuse = (code: 'limit-exceeded' | 'device-lost') => (one: KernelCase) => {
    if (one.shape.name === 'fc2') throw new MasksearchError(code, 'planted', 'do nothing');
  };
  const { cases, skipped } = await measure({ open: refuse('limit-exceeded') }, {}).report;
  const found = [cases.map(({ shape }) => shape), skipped.map(({ shape, reason }) => [shape, reason])];
  assert.equal(found, [['out'], [['fc2', 'planted']]]);
  await searchError('device-lost', () => measure({ open: refuse('device-lost') }, {}).report);
});

test('reports the plan first, and each case when it is done', async () => {
  const told: unknown[] = [];
  const refuse = ({ shape, candidates }: KernelCase) => {
    if (shape.name === 'out' && candidates === 4) throw new MasksearchError('limit-exceeded', 'planted', '');
  };
  const tell = (what: unknown) => told.push(what);
  const listeners = { onStart: tell, onProgress: tell, onCase: tell };
  const { report } = measure({ open: refuse }, { candidates: [2, 4], ...listeners });
  const { cases, roofs, repeats, skipped } = await report;
  const label = { kernel: 'masked_dense', density: 0.5, images: IMAGES };
  const planned = ['fc2', 'out'].flatMap((shape) =>
    [2, 4].map((candidates) => ({ ...label, shape, candidates })),
  );
  // A case that turns out to be too large was planned but has no result.
  assert.is(skipped.length, 1);
  const plan = { roofs, repeats, cases: planned, skipped: [] };
  assert.equal(told, [plan, 0, cases[0], 1, cases[1], 2, cases[2], 3]);
});

test('an abort ends the benchmark before the next case', async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  const onProgress = (done: number, all: number, { shape }: KernelCase) => {
    seen.push(`${done} of ${all} ${shape.name}`);
    controller.abort();
  };
  await searchError('aborted', () => measure({}, { signal: controller.signal, onProgress }).report);
  assert.equal(seen, ['0 of 2 fc2']);
});

test.run();
