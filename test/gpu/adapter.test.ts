import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeAdapterSearch, openNodeAdapter } from '../../src/engine/webgpu/node/node-adapter.ts';
import { doubleNumbers } from '../helpers/double-numbers.ts';
import { acquireDevice, withTimeout } from '../helpers/gpu.ts';
import { testUnless } from '../helpers/skip.ts';

const search = await describeAdapterSearch();

test('a device computes', async () => {
  const { device, release } = await acquireDevice();
  try {
    const doubled = await withTimeout(doubleNumbers(device, [1, 2, 3.5, -4]), 30_000, 'doubling numbers');
    assert.equal(doubled, [2, 4, 7, -8]);
  } finally {
    release();
  }
});

test('every call gives an adapter of its own', async () => {
  const first = await acquireDevice();
  const second = await acquireDevice();
  try {
    assert.is.not(first.adapter, second.adapter);
    assert.equal(await doubleNumbers(first.device, [3]), [6]);
    assert.equal(await doubleNumbers(second.device, [4]), [8]);
  } finally {
    first.release();
    second.release();
  }
});

test('software is taken only where it is allowed', async () => {
  const hardware = await openNodeAdapter();
  const fallback = await openNodeAdapter({ software: 'fallback' });
  assert.is(hardware?.software ?? false, false);
  assert.is(fallback?.software, hardware === undefined);
});

test('the search tells what it goes by', () => {
  assert.is(search.dawn.package, 'webgpu');
  assert.match(search.dawn.version, /^\d+\.\d+\.\d+/);
  assert.is(search.dawn.error, undefined);
  assert.is(search.vulkanLoader === undefined, process.platform !== 'linux');
});

// The other tests need a machine that has no adapter but the bundled one, or is made to look like it.
const bundledTest = testUnless(
  'missing' in search.bundledSoftware ? search.bundledSoftware.missing : undefined,
);
const noDrivers = { VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' };

bundledTest('without an adapter there is none, and the process ends by itself', async () => {
  const { exitCode, output } = await openElsewhere({ ...noDrivers, MASKSEARCH_SOFTWARE_GPU: 'off' });
  assert.is(output, 'no adapter\n');
  assert.is(exitCode, 0);
});

bundledTest('two processes unpack the bundled adapter at once and leave nothing else behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'masksearch-test-'));
  try {
    const environment = { ...noDrivers, TMPDIR: folder };
    const processes = await Promise.all([openElsewhere(environment), openElsewhere(environment)]);
    for (const { exitCode, output } of processes) {
      assert.is(output, 'software: true, 21 * 2 = 42\n');
      assert.is(exitCode, 0);
    }
    const cache = join(folder, `masksearch-${process.getuid?.()}`);
    assert.match((await readdir(cache)).join(), /^swiftshader-[\d.]+$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Runs fixtures/open-adapter.ts with these variables set as well; resolves when it has ended. */
async function openElsewhere(environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/fixtures/open-adapter.ts'], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  try {
    return { exitCode: await withTimeout(ended, 60_000, 'opening an adapter in another process'), output };
  } finally {
    child.kill('SIGKILL');
  }
}

test.run();
