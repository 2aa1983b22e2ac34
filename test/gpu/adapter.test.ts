import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findChromiumPackage } from '../../scripts/software-gpu/chromium-package.ts';
import { environmentFor, unpackSoftwareGpu } from '../../scripts/software-gpu/software-gpu.ts';
import { describeAdapterSearch } from '../../src/engine/webgpu/node/adapter-search.ts';
import { openNodeAdapter } from '../../src/engine/webgpu/node/adapter.ts';
import { doubleNumbers } from '../helpers/data/double-numbers.ts';
import { acquireDevice, withTimeout } from '../helpers/gpu.ts';
import { inFolder } from '../helpers/in-folder.ts';
import { testUnless } from '../helpers/skip.ts';

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
  const { release } = await acquireDevice();
  release();
  const hardware = await openNodeAdapter();
  const fallback = await openNodeAdapter({ software: 'fallback' });
  assert.is(hardware?.software ?? false, false);
  assert.is(fallback?.software, hardware === undefined);
  assert.is((await openNodeAdapter({ software: 'only' }))?.software ?? true, true);
});

test('the search tells what it finds', async () => {
  const { dawn, vulkanLoader, portableSoftware } = await describeAdapterSearch();
  assert.is(dawn.package, 'webgpu');
  assert.match(dawn.version, /^\d+\.\d+\.\d+/);
  assert.is(dawn.error, undefined);
  assert.is(vulkanLoader === undefined, process.platform !== 'linux');
  assert.is.not(vulkanLoader, 'portable');
  assert.is(portableSoftware, false);
});

const noDrivers = { VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' };

test('without an adapter the library finds none and unpacks none, and the process ends by itself', () =>
  inFolder(async (folder) => {
    const environment = { ...noDrivers, LD_LIBRARY_PATH: undefined, TMPDIR: folder };
    assert.equal(await openElsewhere('machine', environment), { exitCode: 0, output: 'no adapter\n' });
    assert.equal(await cacheFolders(folder), []);
  }));

// The other tests need the software GPU.
const softwareTest = testUnless(
  findChromiumPackage() ? undefined : 'the package @sparticuz/chromium, which brings the software GPU',
);
const doubled = { exitCode: 0, output: 'software: true, 21 * 2 = 42\n' };

softwareTest('two processes unpack the software GPU at once and leave nothing else behind', () =>
  inFolder(async (folder) => {
    const environment = { ...noDrivers, LD_LIBRARY_PATH: undefined, TMPDIR: folder };
    const processes = [openElsewhere('any', environment), openElsewhere('any', environment)];
    assert.equal(await Promise.all(processes), [doubled, doubled]);
    const [cache = ''] = await cacheFolders(folder);
    assert.match((await readdir(join(folder, cache))).join(), /^swiftshader-[\d.]+$/);
  }),
);

softwareTest('the software GPU serves a machine that has a Vulkan loader but no driver', async () => {
  const gpu = (await unpackSoftwareGpu())!;
  const environment = { ...environmentFor(gpu), ...noDrivers };
  assert.is((await openElsewhere('machine', environment)).output, 'no adapter\n');
  assert.equal(await openElsewhere('any', environment), doubled);
});

softwareTest('MASKSEARCH_SOFTWARE_GPU=off rules out the software GPU', async () => {
  const environment = { ...noDrivers, LD_LIBRARY_PATH: undefined, MASKSEARCH_SOFTWARE_GPU: 'off' };
  assert.equal(await openElsewhere('any', environment), { exitCode: 0, output: 'no adapter\n' });
});

async function cacheFolders(temporary: string): Promise<readonly string[]> {
  return (await readdir(temporary)).filter((name) => name.startsWith('masksearch-'));
}

/** Runs fixtures/open-adapter.ts with these variables set as well; resolves when it has ended. */
async function openElsewhere(which: 'machine' | 'any', environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/fixtures/open-adapter.ts', which], {
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
