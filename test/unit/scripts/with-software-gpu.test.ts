import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testUnless } from '../../helpers/skip.ts';
import { findChromiumPackage } from '../../../scripts/software-gpu/chromium-package.ts';
import { assertDone, assertRefused, run, type RunOptions } from '../../helpers/cli.ts';

const entry = fileURLToPath(new URL('../../../scripts/with-software-gpu.ts', import.meta.url));
const withSoftwareGpu = (words: readonly string[], options: RunOptions = {}) =>
  run(words, { ...options, entry });
const softwareTest = testUnless(
  findChromiumPackage() ? undefined : 'the package @sparticuz/chromium, which brings the software GPU',
);

softwareTest('the command line finds the software GPU and no other', async () => {
  const ended = await withSoftwareGpu(['doctor', '--json']);
  assertDone(ended);
  const { adapters } = JSON.parse(ended.stdout) as { adapters: { kind: string; architecture: string }[] };
  const found = adapters.map(({ kind, architecture }) => [kind, architecture]);
  assert.equal(found, [['software', 'swiftshader']]);
});

softwareTest('the command line refuses what is neither its command nor a program', async () => {
  assertRefused(await withSoftwareGpu(['nope']), /'nope' is not a command/);
});

const PRINT = `
  const { LD_LIBRARY_PATH, VK_DRIVER_FILES, VK_ICD_FILENAMES } = process.env;
  console.log([LD_LIBRARY_PATH, VK_DRIVER_FILES, VK_ICD_FILENAMES, ...process.argv.slice(1)].join('\\n'));
  process.exitCode = 7;`;

softwareTest('Node.js gets the environment, its arguments and its exit code', async () => {
  const { stdout, code } = await withSoftwareGpu(['node', '--eval', PRINT, 'a b', '--c'], {
    env: { LD_LIBRARY_PATH: '/libraries' },
  });
  const [libraries = '', drivers = '', icds, ...args] = stdout.trimEnd().split('\n');
  assert.match(libraries, /^\/.*\/swiftshader-[\d.]+:\/libraries$/);
  assert.is(drivers, `${libraries.split(':')[0]}/vk_swiftshader_icd.json`);
  assert.is(icds, drivers);
  assert.equal(args, ['a b', '--c']);
  assert.is(code, 7);
});

softwareTest('a command that a signal ends has the exit code of a shell', async () => {
  const { code } = await withSoftwareGpu(['node', '--eval', 'process.kill(process.pid, "SIGKILL")']);
  assert.is(code, 137);
});

const WAIT = `
  process.on('SIGTERM', () => process.exit(5));
  setTimeout(() => process.exit(6), 3000);
  console.error('ready');`;

softwareTest('SIGTERM is passed on', async () => {
  const signals = [{ after: /ready/, signal: 'SIGTERM' }] as const;
  assert.is((await withSoftwareGpu(['node', '--eval', WAIT], { signals })).code, 5);
});

softwareTest('SIGINT, which a terminal sends to the command too, leaves the end to the command', async () => {
  const signals = [{ after: /ready/, signal: 'SIGINT' }] as const;
  assert.is((await withSoftwareGpu(['node', '--eval', WAIT], { signals })).code, 6);
});

test.run();
