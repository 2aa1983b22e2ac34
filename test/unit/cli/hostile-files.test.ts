/** Damaged and hostile files from the command line: exit code 2, one sentence, less than 1 GB, and nothing in them is executed. */
import { existsSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeArchitecture } from '../../../src/formats/architecture.ts';
import { modelToSafetensors } from '../../../src/formats/safetensors/model.ts';
import type { Network } from '../../../src/network/network.ts';
import { MAX_BYTES } from '../../helpers/assert/hostile.ts';
import { assertRefused, assertRuns, inFolder, listing, run } from '../../helpers/cli.ts';
import { randomModel } from '../../helpers/data/models.ts';
import { ATTACKS } from '../../helpers/hostile/attacks/index.ts';
import { CANARY } from '../../helpers/hostile/attacks/torch.ts';
import { firstRefused } from '../../helpers/hostile/corpus.ts';
import { firstOf, type Given } from '../../helpers/hostile/given.ts';
import { soundFiles, type SoundFile } from '../../helpers/hostile/sound.ts';
import { everyNth, sample } from '../../helpers/sample.ts';

const MAX_SECONDS = 20;
const SOUND = soundFiles();
const soundOf = (format: string): SoundFile => SOUND.find((file) => file.format === format)!;

async function write(folder: string, files: Given['files']): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

/** Beside the files of a test. */
const HELPERS = 'helpers';
const FILES = 'files';

/** The command that reads the files, with what it needs beside them. */
async function commandOf({ role, files, network }: Given, cwd: string): Promise<readonly string[]> {
  await write(join(cwd, FILES), files);
  const [name] = firstOf(files);
  const path = join(FILES, name);
  const helper = async (file: string, bytes: Uint8Array | string) => {
    await writeFile(join(cwd, HELPERS, file), bytes);
    return join(HELPERS, file);
  };
  await mkdir(join(cwd, HELPERS));
  const modelOf = (of: Network) => helper('model.safetensors', modelToSafetensors(randomModel(of, 'beside')));
  const evaluate = async (data: string) => [
    ...[
      'evaluate',
      '--model',
      await modelOf(network!),
      '--data',
      data,
      '--device',
      'reference',
      '--images',
      '2',
    ],
  ];
  switch (role) {
    case 'model': {
      const isWeights = /\.pt$|^weights/.test(name);
      const architecture = isWeights && [
        '--architecture',
        await helper('net.json', encodeArchitecture(network!)),
      ];
      return ['inspect', path, ...(architecture || [])];
    }
    case 'data':
      return evaluate(files.size === 1 ? path : FILES);
    case 'masks': {
      const [, images] = firstOf(soundOf('npz').files);
      return [...(await evaluate(await helper('data.npz', images))), '--masks', path];
    }
    case 'architecture': {
      const [, weights] = firstOf(soundOf('safetensors of weights').files);
      return ['inspect', await helper('weights.safetensors', weights), '--architecture', path];
    }
  }
}

const limits = { maxBytes: MAX_BYTES, timeout: 60 };

async function assertFileRefused(given: Given, pattern = /./): Promise<void> {
  rmSync(CANARY, { force: true });
  await inFolder(async (cwd) => {
    const command = await commandOf(given, cwd);
    const before = await listing(cwd);
    const ended = await run(command, { cwd, ...limits });
    assertRefused(ended, pattern);
    assert.ok(ended.seconds < MAX_SECONDS, `${ended.seconds} s`);
    assert.equal(await listing(cwd), before);
  });
  assert.not.ok(existsSync(CANARY), 'something in the file was executed');
}

// Names with .. cannot be written below a folder. Those that are left out here are read in this process alone.
const attacks = ATTACKS.filter(({ open }) => ![...open().files.keys()].some((path) => path.startsWith('..')));
for (const { what, pattern, open } of sample(everyNth(attacks, 3, 0), 20))
  test(`refuses ${what}`, () => assertFileRefused(open(), pattern));

for (const file of sample(SOUND, 16)) {
  test(`refuses damage, and reads without it: ${file.format}`, async () => {
    await inFolder(async (cwd) => void (await assertRuns(await commandOf(file, cwd), { cwd, ...limits })));
    await assertFileRefused(await firstRefused(file, 0));
  });
}

test('a pickle that calls os.system is not executed', async () => {
  const { open, pattern } = ATTACKS.find(({ what }) => what === 'a pickle that calls os.system')!;
  await assertFileRefused(open(), pattern);
});

test.run();
