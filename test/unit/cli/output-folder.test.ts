/** Output folders that cannot be used are refused before anything is computed. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  assertRefused,
  assertRefusedHere,
  assertRunsHere,
  listing,
  run,
  type CommandLine,
} from '../../helpers/cli.ts';
import { PAPER_FILES, readResult, withDigits } from './files.ts';

/** A short run, in case it starts. The loss limit is far above the loss of any model on a few images. */
const prune =
  'prune --preset paper --iterations 1 --device wasm --threads 1 --loss-to-warmup 50 --data digits';
const train = 'train --epochs 1 --data digits';

/** Defines a test in a folder with a data folder `digits`. */
const testWithDigits = (name: string, action: (cwd: string) => Promise<void>) =>
  test(name, () => withDigits(action, { training: 100, test: 10 }));

/** The command in which a folder that may hold spaces comes last. */
const into = (command: string, out: string) => [...command.split(' '), '--out', out];

/** `/proc`, in which not even root can make folders, or a folder that only root could write to. */
async function closedFolder(cwd: string): Promise<string> {
  if (process.getuid?.() === 0) return '/proc';
  const closed = join(cwd, 'closed');
  await mkdir(closed, { mode: 0o555 });
  return closed;
}

const compare = prune.replace('prune', 'compare');
const holds = (name: string) => new RegExp(`output folder found holds ${name}\\b.*new or empty folder`);

/** What is refused, with the files that are there, each of which stays as it is. */
const refused: readonly (readonly [what: string, files: readonly string[], CommandLine, RegExp])[] = [
  ['a file', ['file'], `${prune} --out file`, /output folder file .*\bfile|ENOTDIR/],
  ['a path below a file', ['file'], `${prune} --out file/x/y`, /output folder file\/x\/y /],
  // The folder is named as it was given, whatever its name.
  ['a file as a folder', ['layout'], `${prune} --out layout/out`, /output folder layout\/out cannot be /],
  ...['notes.txt', '.hidden', 'history.csv.bak', 'RESULT.JSON'].map(
    (name) =>
      [
        `a folder with ${name}`,
        [`found/${name}`, 'found/result.json'],
        `${prune} --out found`,
        holds(name),
      ] as const,
  ),
  [
    'files of compare',
    ['found/compare.json'],
    `${prune} --out found`,
    /holds compare\.json, .* of an earlier prune;/,
  ],
  [
    'files of prune',
    ['both/result.json'],
    `${compare} --out both`,
    /holds result\.json, .* of an earlier compare;/,
  ],
  ['the current folder unless it is empty', [], `${prune} --out .`, /output folder \. holds digits\b/],
  ['an empty name', [], into(prune, ''), /--out .*(empty|'')/],
  ['a long name', [], into(prune, `new/${'x'.repeat(300)}`), /output folder new\/x+ cannot be written/],
  ['a model that exists', ['model'], `${train} --out model`, /--out is model, which exists/],
  [
    'the usual model if it exists',
    ['lenet5.safetensors'],
    train,
    /--out is lenet5\.safetensors, which exists/,
  ],
  [
    'a model whose export exists',
    ['model.onnx'],
    `${train} --out model.safetensors --export onnx`,
    /--export would write model\.onnx, which exists/,
  ],
  ['a model as it was named', ['my-out'], `${train} --out my-out`, /is my-out, which/],
  ['a folder as a model', [], `${train} --out digits`, /digits\b/],
  ['a model in no folder before it trains', [], `${train} --out none/model`, /\bnone\b/],
  ['a model without a name', [], into(train, ''), /(empty|'')/],
];
for (const [what, files, line, pattern] of refused) {
  testWithDigits(`refuses ${what}`, async (cwd) => {
    for (const file of files) {
      await mkdir(dirname(join(cwd, file)), { recursive: true });
      await writeFile(join(cwd, file), 'mine');
    }
    await assertRefusedHere(line, pattern, { cwd });
    for (const file of files) assert.is(await readFile(join(cwd, file), 'utf8'), 'mine');
  });
}

testWithDigits('refuses a folder that holds a folder by the name of a file of a run', async (cwd) => {
  await mkdir(join(cwd, 'found', 'result.json'), { recursive: true });
  await assertRefusedHere(`${prune} --out found`, /output folder found .*result\.json/, { cwd });
});

testWithDigits('refuses a dangling link', async (cwd) => {
  await symlink(join(cwd, 'none', 'none'), join(cwd, 'link'));
  assertRefused(await run(`${prune} --out link`, { cwd, timeout: 30 }), /output folder link /);
  assert.not(existsSync(join(cwd, 'none')));
});

testWithDigits('refuses a folder that cannot be written', async (cwd) => {
  const closed = await closedFolder(cwd);
  for (const out of [join(closed, 'found'), join(closed, 'a', 'b')]) {
    const ended = await run(into(prune, out), { cwd, timeout: 30 });
    assertRefused(ended, /output folder \S+ cannot be written/);
  }
  if (closed.startsWith(cwd)) {
    assertRefused(await run(into(prune, closed), { cwd }), /output folder \S+ cannot be written/);
    await chmod(closed, 0o755);
  }
});

testWithDigits('an earlier run may be replaced, and an incomplete one completed', async (cwd) => {
  await mkdir(join(cwd, 'found'));
  await writeFile(join(cwd, 'found', 'result.json'), 'old');
  await assertRunsHere(`${prune} --out found`, { cwd });
  assert.equal(await listing(join(cwd, 'found')), PAPER_FILES);
  assert.is((await readResult(join(cwd, 'found'))).seed, '1');
});

testWithDigits('a link to an empty folder is a folder', async (cwd) => {
  await mkdir(join(cwd, 'target'));
  await symlink('target', join(cwd, 'link'));
  await assertRunsHere(`${prune} --out link`, { cwd });
  assert.is((await listing(join(cwd, 'target'))).length, 5);
});

testWithDigits(
  'names with spaces and letters of any script, several folders deep, with a slash at the end',
  async (cwd) => {
    const out = join('my runs', 'Prüfung 1 – 剪枝', "it's & $HOME");
    await assertRunsHere(into(prune, `${out}/`), { cwd });
    assert.is((await listing(join(cwd, out))).length, 5);
  },
);

testWithDigits('without --out each run gets a folder of its own under runs/', async (cwd) => {
  for (const runs of [1, 2]) {
    const { stdout } = await assertRunsHere(prune, { cwd });
    const folders = (await listing(join(cwd, 'runs'))).filter((path) => !path.includes('/'));
    assert.is(folders.length, runs);
    folders.forEach((folder) => assert.match(folder, /^[\w-]+-sa(-\d+)?$/));
    assert.match(stdout, new RegExp(`runs/(${folders.join('|')})/report\\.html`));
    assert.is((await listing(join(cwd, 'runs'))).length, 6 * runs);
  }
  const folders = (await listing(cwd)).filter((path) => !path.includes('/'));
  assert.equal(folders, ['digits', 'runs']);
});

testWithDigits('a file called runs prevents such a folder', async (cwd) => {
  await writeFile(join(cwd, 'runs'), '');
  assertRefused(await run(prune, { cwd, timeout: 30 }), /\bruns\b/);
});

testWithDigits('train refuses a folder that cannot be written before it trains', async (cwd) => {
  const closed = await closedFolder(cwd);
  assertRefused(await run(into(train, join(closed, 'model')), { cwd, timeout: 30 }), /\/(proc|closed)\b/);
});

test.run();
