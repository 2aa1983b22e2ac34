/** `masksearch bench kernels`: its options and its output. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CaseResult, KernelReport } from '../../../../src/bench/measure.ts';
import { SHAPES } from '../../../../src/bench/shapes.ts';
import { kernelTables, notVerified } from '../../../../src/cli/terminal/kernel-tables.ts';
import { assertRunsHere, testRefusals } from '../../../helpers/cli.ts';

test('bench kernels --help explains every option, and names kernels and shapes', async () => {
  const { stdout } = await assertRunsHere('bench kernels --help');
  assert.ok(stdout.startsWith('Usage: masksearch bench kernels [options]\n'));
  const explained = [...stdout.matchAll(/^ +--([a-z-]+)/gm)].map(([, name]) => name);
  assert.is(explained.join(' '), 'kernels shapes images repeats tilings device json verbose help');
  for (const { kernel, name } of SHAPES) {
    assert.match(stdout, new RegExp(`^ +${kernel} .*\\b${name}\\b`, 'm'));
  }
  assert.ok(stdout.split('\n').every(({ length }) => length <= 120));
});

testRefusals('bench kernels', [
  ['conv1', /'conv1' is not an option/],
  [
    '--kernels masked_conv',
    /--kernels is masked_conv but must be among masked_conv2d, masked_depthwise_conv2d, /,
  ],
  [['--kernels', ''], /--kernels is empty but must be among/],
  ['--shapes conv3', /--shapes is conv3 but must be among conv1, conv2, fc1, /],
  ['--kernels masked_dense --shapes conv1', /--shapes is conv1 but must be among fc1, fc2, out, dense4096;/],
  ['--images 0', /--images is 0 but must be a whole number from 1/],
  ['--repeats 1.5', /--repeats is 1.5 but must be a whole number from 1/],
  ['--threads 2', /--threads is not an option of this command/],
  ['--device reference', /--device is reference but must be one of auto, webgpu, wasm/],
  ['--tilings=all', /--tilings takes no value/],
  ['--variants', /--variants is now --tilings; pass --tilings instead\./],
  // A kernel has one way to divide its work there.
  [
    '--tilings --device wasm',
    /--tilings has no effect on --device wasm; leave it out, or name --device webgpu/,
  ],
]);

test('--json is one object with the cases and the device', async () => {
  const args =
    '--device wasm --shapes out,softmax10,soft10,sigmoid10,squared640 --images 30 --repeats 2 --json';
  const { stdout, stderr } = await assertRunsHere(`bench kernels ${args}`);
  assert.match(stderr, /^Timing kernels on the processor .*, as asked for\.\n/);
  const { device, roofs, cases, versions, processor, ...rest } = JSON.parse(stdout) as Readonly<
    Record<string, unknown>
  > & { readonly cases: readonly CaseResult[] };
  assert.equal(rest, { threads: 1, method: 'wall-clock', verified: true, repeats: 2, skipped: [] });
  assert.is((device as { kind: string }).kind, 'wasm');
  assert.equal(Object.keys(roofs as object), ['gflops', 'gbps']);
  assert.equal(Object.keys(versions as object), ['masksearch', 'node']);
  assert.type(processor, 'string');
  const names = cases.map(({ kernel, shape, density }) => `${kernel} ${shape} ${density}`);
  const ofDense = [1, 0.5, 0.1].map((density) => `masked_dense out ${density}`);
  assert.equal(names, [
    ...ofDense,
    ...[
      'softmax_cross_entropy softmax10 1',
      'soft_cross_entropy soft10 1',
      'sigmoid_cross_entropy sigmoid10 1',
      'squared_error squared640 1',
    ],
  ]);
  for (const one of cases) {
    assert.equal([one.verified, one.candidates, one.images], [true, 1, 30]);
    assert.equal(Object.keys(one.milliseconds!), ['median', 'min', 'p95']);
  }
});

test('every kernel of layers is timed on WebAssembly', async () => {
  const shapes = ['deep64', 'maxpool64', 'norm64', 'add64', 'concat64', 'pad64'];
  const args = `--device wasm --shapes ${shapes.join()} --images 24 --repeats 1 --json`;
  const { stdout } = await assertRunsHere(`bench kernels ${args}`);
  const { cases } = JSON.parse(stdout) as { readonly cases: readonly CaseResult[] };
  assert.equal(
    cases.filter(({ density }) => density === 1).map(({ shape, verified }) => [shape, verified]),
    shapes.map((shape) => [shape, true]),
  );
});

// Its output, with the longest possible figures

const tiling = { workgroupSize: 256, images: 4, outputs: 16 } as const;
const label = {
  kernel: 'masked_dense',
  shape: 'dense4096',
  density: 0.1,
  candidates: 64,
  images: 1024,
} as const;
const milliseconds = { median: 12_345.678, min: 12_345.678, p95: 12_345.678 };
const rates = { gflops: 123_456.7, gbps: 1_234.56, roof: 'arithmetic', share: 1.23456 } as const;
const report: KernelReport = {
  roofs: { gflops: 60_000, gbps: 3_350 },
  repeats: 20,
  cases: [
    { ...label, tiling, verified: true, largestError: 0, milliseconds, ...rates },
    { ...label, tiling, verified: false, largestError: 0.25 },
    { ...label, kernel: 'masked_conv2d', shape: 'conv1', verified: false, largestError: null },
  ],
  skipped: [{ ...label, reason: 'needs a buffer of 128 MiB, 64 MiB are allowed' }],
};

test('tables fit 100 columns and name wrong and skipped cases', () => {
  const printed = kernelTables(report, 'timestamp-query');
  const widest = Math.max(...printed.split('\n').map(({ length }) => length));
  assert.ok(widest <= 100, `${widest}\n${printed}`);
  assert.not.match(printed, /NaN|undefined|Infinity|\[object/);
  assert.match(printed, /^Roofs +60000\.0 GFLOP\/s in registers, 3350\.0 GB\/s copied$/m);
  assert.match(printed, /^dense4096 +0\.1 +256x4x16 +64 +1024 .* 123457 .* arith +123\.5 %$/m);
  assert.match(printed, /^dense4096 .* wrong$/m);
  assert.match(printed, /^ {2}dense4096, 64 x 1024 images: needs a buffer .* \(density 0\.1\)$/m);
});

test('a line for every case that is wrong', () => {
  const lines = notVerified(report);
  assert.is(lines.length, 2);
  assert.match(
    lines[0]!,
    /^masked_dense dense4096 .*, 256x4x16 is not verified: off by 0\.25 from the reference; /,
  );
  assert.match(lines[1]!, /^masked_conv2d conv1 .* off by no number/);
});

test.run();
