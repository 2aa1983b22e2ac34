import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeFile, readFileChecked, writeFileAtomic } from '../../../../src/formats/node/files.ts';
import { decodeSafetensors } from '../../../../src/formats/safetensors/tensors.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { inFolder } from '../../../helpers/in-folder.ts';

test('an unreadable file is refused with its role and path', () =>
  inFolder(async (dir) => {
    await assertBadInput(
      () => readFileChecked(join(dir, 'm'), 'model'),
      /^the model file .*m does not exist$/,
    );
    await assertBadInput(() => readFileChecked(dir, 'model'), /^the model file .* is not a file$/);
    // It has no end.
    await assertBadInput(() => readFileChecked('/dev/zero', 'model'), /^the model file .*zero is a device$/);
    await assertBadInput(() => readFileChecked('a\0b', 'model'), /cannot be used \(ERR_INVALID_ARG_VALUE\)$/);
    await writeFile(join(dir, 'm'), 'short');
    const tooShort = /m: the safetensors file has 5 bytes/;
    await assertBadInput(() => decodeFile(join(dir, 'm'), 'model', decodeSafetensors), tooShort);
  }));

test('a file is written whole or not at all', () =>
  inFolder(async (dir) => {
    const path = join(dir, 'result.json');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, Uint8Array.of(0x6e, 0x65, 0x77));
    assert.is(await readFile(path, 'utf8'), 'new');
    assert.equal(await readdir(dir), ['result.json']);

    await mkdir(join(dir, 'folder'));
    await assertBadInput(() => writeFileAtomic(join(dir, 'folder'), 'x'), /folder is not a file$/);
    await assertBadInput(() => writeFileAtomic(join(dir, 'no', 'x'), 'x'), /^the output .*x does not exist$/);
    await assertBadInput(() => writeFileAtomic(join(path, 'x'), 'x'), /x is not a file$/);
    assert.equal((await readdir(dir)).sort(), ['folder', 'result.json']);
  }));

test.run();
