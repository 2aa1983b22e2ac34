/** Public files of every format give the scores here that programs by others give. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openEngine } from 'masksearch/node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareFile, MAX_DIFFERENCE } from '../src/judges/compare.ts';
import { JUDGED_FILES } from '../src/judges/files.ts';

const MODELS = fileURLToPath(new URL('../../../../shared/models', import.meta.url));

for (const file of JUDGED_FILES) {
  const lack = existsSync(MODELS) ? file.judge.lack?.() : 'there is no ../shared/models beside the checkout';
  if (lack !== undefined) console.log(`skipped: ${file.path}: ${lack}`);
  const define = (name: string, body: () => Promise<void>) =>
    lack === undefined ? test(name, body) : test.skip(name, body);
  define(`${file.path}: ${file.judge.name}`, async () => {
    const engine = await openEngine({ device: 'wasm' });
    try {
      const few = { ...file, images: Math.min(file.images, 4) };
      const { scores, pruned, accuracy } = await compareFile(few, MODELS, engine);
      assert.ok(scores <= MAX_DIFFERENCE, `scores differ by ${scores}`);
      assert.ok(pruned <= MAX_DIFFERENCE, `those of the pruned file differ by ${pruned}`);
      assert.is(accuracy?.reported, accuracy?.judged);
    } finally {
      await engine.close();
    }
  });
}

test.run();
