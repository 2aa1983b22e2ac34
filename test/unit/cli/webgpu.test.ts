/** The command line on WebGPU: on the machine's GPU, or else on the software GPU. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KernelCheck } from '../../../src/report/run/result.ts';
import type { Score } from '../../../src/search/contract.ts';
import { assertRuns, run } from '../../helpers/cli.ts';
import { acquireDevice } from '../../helpers/gpu.ts';
import { readResult, withDigits } from './files.ts';

// Leaves the file out where tests without an adapter may be skipped. The commands below inherit a software GPU.
const { release } = await acquireDevice();
release();

const prune = 'prune --preset paper --iterations 1 --images 20 --loss-to-warmup 50 --data digits';

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) <= 1e-4 * expected, `${actual} is not near ${expected}`);

test('prune on the kernels has the losses that evaluate gives', () =>
  withDigits(async (cwd) => {
    const ended = await assertRuns(`${prune} --device webgpu --check --out found --json`, { cwd });
    const result = await readResult(join(cwd, 'found'));
    assert.is(ended.stdout, await readFile(join(cwd, 'found', 'result.json'), 'utf8'));
    const searching = /^Searching with 20 images of the search split on the (software|hardware) GPU \(/;
    assert.match(ended.stderr, searching);

    const { device, check, final, work } = result;
    assert.is(device.kind, 'webgpu');
    assert.ok((device.description || device.vendor).length > 0);
    assert.ok(work.uploadedBytes > 0);
    assert.is(check!.images, 20);
    assert.is(check!.loss, final.loss);
    near(check!.loss, check!.referenceLoss);

    const args = 'evaluate --data digits --split search --images 20 --json';
    const evaluate = async (kind: string, more: string) => {
      const { stdout } = await assertRuns(`${args} --device ${kind} ${more}`, { cwd });
      return JSON.parse(stdout) as Score & { device: { kind: string } };
    };
    const masked = await evaluate('webgpu', '--masks found/masks.safetensors');
    assert.equal([masked.loss, masked.accuracy, masked.device.kind], [final.loss, final.accuracy, 'webgpu']);
    const pruned = await evaluate('webgpu', '--model found/pruned.safetensors');
    assert.is(pruned.loss, final.loss);
    const reference = await evaluate('reference', '--masks found/masks.safetensors');
    near(final.loss, reference.loss);
  }));

test('a search on the reference is checked on the kernels, on a software adapter only with --check', () =>
  withDigits(async (cwd) => {
    const unasked = await assertRuns(`${prune} --device reference --out unasked`, { cwd });
    const ended = await assertRuns(`${prune} --device reference --check --out found`, { cwd });
    const { check, final, device } = await readResult(join(cwd, 'found'));
    const without = await readResult(join(cwd, 'unasked'));
    assert.is(without.check === undefined, check!.software);
    if (check!.software)
      assert.match(unasked.stdout, /^Kernel check +not done: .* --check does it on a soft/m);
    assert.is(device.kind, 'reference');
    assert.is(check!.images, 20);
    assert.is(check!.referenceLoss, final.loss);
    near(check!.loss, final.loss);
    assert.match(ended.stdout, /^Kernel check .*float64/m);
  }));

test('doctor describes the adapter', async () => {
  const ended = await assertRuns('doctor --json');
  const { adapters } = JSON.parse(ended.stdout) as {
    adapters: {
      kind: string;
      description: string;
      limits: object;
      roundTripMs: number;
      check: KernelCheck;
    }[];
  };
  assert.ok(adapters.length >= 1);
  for (const { kind, description, limits, roundTripMs, check } of adapters) {
    assert.ok(['hardware', 'software'].includes(kind));
    assert.type(description, 'string');
    assert.ok(Object.keys(limits).length > 0);
    assert.ok(roundTripMs > 0);
    assert.is(check.images, 256);
    assert.is(check.software, kind === 'software');
    near(check.loss, check.referenceLoss);
  }
  const { stdout } = await run('doctor');
  assert.match(stdout, /^(Hardware|Software) adapter: /m);
  assert.match(stdout, /round trip .* ms/);
  const kernelCheck = /^ +kernel check: loss \d.* in float64 .* relative difference \S+ \(.* 256 images\)$/m;
  assert.match(stdout, kernelCheck);
  assert.not.match(stdout, /wrong results/);
});

test.run();
