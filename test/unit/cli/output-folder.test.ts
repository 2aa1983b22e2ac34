/** Output folders that cannot be used are refused before anything is computed. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  assertDone,
  assertRefused,
  assertRefusedHere,
  inFolder,
  listing,
  run,
  runHere,
} from '../../helpers/cli.ts';
import { PAPER_FILES, writeDigits } from './files.ts';

/** A short run, in case it starts. The loss limit is far above the loss of any model on a few images. */
const short = ['--iterations', '1', '--device', 'reference', '--loss-to-warmup', '50'];
const prune = ['prune', '--preset', 'paper', ...short, '--data', 'digits'];
const train = ['train', '--epochs', '1', '--data', 'digits'];

/** In a folder with a data folder `digits`. */
const withDigits = (action: (cwd: string) => Promise<void>) =>
  inFolder(async (cwd) => {
    await writeDigits(join(cwd, 'digits'), { training: 100, test: 10 });
    await action(cwd);
  });

test('refuses a file', () =>
  withDigits(async (cwd) => {
    await writeFile(join(cwd, 'file'), 'mine');
    await assertRefusedHere([...prune, '--out', 'file'], /output folder file .*\bfile|ENOTDIR/, { cwd });
    assert.is(await readFile(join(cwd, 'file'), 'utf8'), 'mine');
  }));

test('refuses a path below a file', () =>
  withDigits(async (cwd) => {
    await writeFile(join(cwd, 'file'), 'mine');
    await assertRefusedHere([...prune, '--out', 'file/x/y'], /output folder file\/x\/y /, { cwd });
    assert.is(await readFile(join(cwd, 'file'), 'utf8'), 'mine');
  }));

for (const name of ['notes.txt', '.hidden', 'history.csv.bak', 'RESULT.JSON']) {
  test(`refuses a folder that holds ${name}`, () =>
    withDigits(async (cwd) => {
      await mkdir(join(cwd, 'found'));
      await writeFile(join(cwd, 'found', name), 'mine');
      await writeFile(join(cwd, 'found', 'result.json'), 'mine too');
      const pattern = new RegExp(`output folder found holds ${name}\\b.*new or empty folder`);
      await assertRefusedHere([...prune, '--out', 'found'], pattern, { cwd });
      assert.is(await readFile(join(cwd, 'found', 'result.json'), 'utf8'), 'mine too');
    }));
}

test('refuses the files of another command', () =>
  withDigits(async (cwd) => {
    await mkdir(join(cwd, 'found'));
    await writeFile(join(cwd, 'found', 'compare.json'), 'mine');
    await assertRefusedHere([...prune, '--out', 'found'], /holds compare\.json, .* of an earlier prune;/, {
      cwd,
    });
    await mkdir(join(cwd, 'both'));
    await writeFile(join(cwd, 'both', 'result.json'), 'mine');
    const compare = ['compare', ...prune.slice(1), '--out', 'both'];
    await assertRefusedHere(compare, /holds result\.json, .* of an earlier compare;/, { cwd });
  }));

test('refuses a folder that holds a folder by the name of a file of a run', () =>
  withDigits(async (cwd) => {
    await mkdir(join(cwd, 'found', 'result.json'), { recursive: true });
    await assertRefusedHere([...prune, '--out', 'found'], /output folder found .*result\.json/, { cwd });
  }));

test('refuses the current folder unless it is empty', () =>
  withDigits((cwd) =>
    assertRefusedHere([...prune, '--out', '.'], /output folder \. holds digits\b/, { cwd }),
  ));

test('refuses an empty name', () =>
  withDigits((cwd) => assertRefusedHere([...prune, '--out', ''], /--out .*(empty|'')/, { cwd })));

test('names the folder as it was given, whatever its name', () =>
  withDigits(async (cwd) => {
    await writeFile(join(cwd, 'layout'), '');
    await assertRefusedHere([...prune, '--out', 'layout/out'], /output folder layout\/out cannot be /, {
      cwd,
    });
  }));

test('refuses a dangling link', () =>
  withDigits(async (cwd) => {
    await symlink(join(cwd, 'none', 'none'), join(cwd, 'link'));
    assertRefused(await run([...prune, '--out', 'link'], { cwd, timeout: 30 }), /output folder link /);
    assert.not(existsSync(join(cwd, 'none')));
  }));

test('refuses a folder that cannot be written', () =>
  withDigits(async (cwd) => {
    // Root ignores permissions, but even root cannot make folders in /proc.
    const closed = process.getuid?.() === 0 ? '/proc' : join(cwd, 'closed');
    if (closed.startsWith(cwd)) await mkdir(closed, { mode: 0o555 });
    for (const out of [join(closed, 'found'), join(closed, 'a', 'b')]) {
      const ended = await run([...prune, '--out', out], { cwd, timeout: 30 });
      assertRefused(ended, /output folder \S+ cannot be written/);
    }
    if (closed.startsWith(cwd)) {
      assertRefused(await run([...prune, '--out', closed], { cwd }), /output folder \S+ cannot be written/);
      await chmod(closed, 0o755);
    }
  }));

test('refuses a name that is too long, and leaves nothing of it', () =>
  withDigits((cwd) =>
    assertRefusedHere(
      [...prune, '--out', join('new', 'x'.repeat(300))],
      /output folder new\/x+ cannot be written/,
      {
        cwd,
      },
    ),
  ));

test('an earlier run may be replaced, and an incomplete one completed', () =>
  withDigits(async (cwd) => {
    await mkdir(join(cwd, 'found'));
    await writeFile(join(cwd, 'found', 'result.json'), 'old');
    assertDone(await runHere([...prune, '--out', 'found'], { cwd }));
    assert.equal(await listing(join(cwd, 'found')), PAPER_FILES);
    assert.is(
      (JSON.parse(await readFile(join(cwd, 'found', 'result.json'), 'utf8')) as { seed: string }).seed,
      '1',
    );
  }));

test('a link to an empty folder is a folder', () =>
  withDigits(async (cwd) => {
    await mkdir(join(cwd, 'target'));
    await symlink('target', join(cwd, 'link'));
    assertDone(await runHere([...prune, '--out', 'link'], { cwd }));
    assert.is((await listing(join(cwd, 'target'))).length, 5);
  }));

test('names with spaces and letters of any script, several folders deep, with a slash at the end', () =>
  withDigits(async (cwd) => {
    const out = join('my runs', 'Prüfung 1 – 剪枝', "it's & $HOME");
    assertDone(await runHere([...prune, '--out', `${out}/`], { cwd }));
    assert.is((await listing(join(cwd, out))).length, 5);
  }));

test('without --out each run gets a folder of its own under runs/', () =>
  withDigits(async (cwd) => {
    for (const runs of [1, 2]) {
      const { stdout, ...ended } = await runHere(prune, { cwd });
      assertDone({ stdout, ...ended });
      const folders = (await listing(join(cwd, 'runs'))).filter((path) => !path.includes('/'));
      assert.is(folders.length, runs);
      folders.forEach((folder) => assert.match(folder, /^[\w-]+-sa(-\d+)?$/));
      assert.match(stdout, new RegExp(`runs/(${folders.join('|')})/report\\.html`));
      assert.is((await listing(join(cwd, 'runs'))).length, 6 * runs);
    }
    assert.equal(
      (await listing(cwd)).filter((path) => !/[/]/.test(path)),
      ['digits', 'runs'],
    );
  }));

test('a file called runs prevents such a folder', () =>
  withDigits(async (cwd) => {
    await writeFile(join(cwd, 'runs'), '');
    assertRefused(await run(prune, { cwd, timeout: 30 }), /\bruns\b/);
  }));

test('train refuses a file that exists, and leaves it alone', () =>
  withDigits(async (cwd) => {
    await writeFile(join(cwd, 'model'), 'mine');
    await assertRefusedHere([...train, '--out', 'model'], /--out is model, which exists/, { cwd });
    assert.is(await readFile(join(cwd, 'model'), 'utf8'), 'mine');
    await writeFile(join(cwd, 'lenet5.safetensors'), 'mine');
    await assertRefusedHere(train, /--out is lenet5\.safetensors, which exists/, { cwd });
  }));

test('train refuses a folder', () =>
  withDigits((cwd) => assertRefusedHere([...train, '--out', 'digits'], /digits\b/, { cwd })));

test('train names the file as it was given, whatever its name', () =>
  withDigits(async (cwd) => {
    await writeFile(join(cwd, 'my-out.safetensors'), '');
    await assertRefusedHere([...train, '--out', 'my-out.safetensors'], /is my-out\.safetensors, which/, {
      cwd,
    });
  }));

for (const out of ['none/model', '']) {
  test(`train refuses ${out || 'an empty name'} before it trains`, () =>
    withDigits((cwd) =>
      assertRefusedHere([...train, '--out', out], out ? /\bnone\b/ : /(empty|'')/, { cwd }),
    ));
}

test('train refuses a folder that cannot be written before it trains', () =>
  withDigits(async (cwd) => {
    const closed = process.getuid?.() === 0 ? '/proc' : join(cwd, 'closed');
    if (closed.startsWith(cwd)) await mkdir(closed, { mode: 0o555 });
    assertRefused(
      await run([...train, '--out', join(closed, 'model')], { cwd, timeout: 30 }),
      /\/(proc|closed)\b/,
    );
  }));

test.run();
