/**
 * 2,300 damaged and hostile files of all formats: each is refused in one sentence, soon, and in less than 1 GB. Damage that nothing shows, as
 * that of a weight, is read; it does not count.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertSmall, refusalOf } from '../../helpers/assert/hostile.ts';
import { ATTACKS } from '../../helpers/hostile/attacks/index.ts';
import { firstRefused, FILES_OF_EACH } from '../../helpers/hostile/corpus.ts';
import { read } from '../../helpers/hostile/given.ts';
import { soundFiles } from '../../helpers/hostile/sound.ts';
import { sample } from '../../helpers/sample.ts';

for (const file of soundFiles()) {
  test(`damaged: ${file.format}`, async () => {
    assert.is(await refusalOf(() => read(file), file.format), undefined, file.format);
    const rows = sample(
      Array.from({ length: FILES_OF_EACH }, (_, row) => row),
      8,
    );
    for (const row of rows) await firstRefused(file, row);
    assertSmall(file.format);
  });
}

for (const { what, pattern, open } of ATTACKS) {
  test(`refuses ${what}`, async () => {
    const files = open();
    const message = await refusalOf(() => read(files), what);
    assert.match(message ?? 'it was read', pattern);
    assertSmall(what);
  });
}

test.run();
