/** The examples run as a user runs them, on the built package. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = join(import.meta.dirname, '..', '..');

test('a search with an objective and a move of its own finds a network with fewer multiply-accumulates', () => {
  const file = join('examples', 'own-objective-and-move.mjs');
  const ended = spawnSync(process.execPath, [file, '300'], { cwd: root, encoding: 'utf8', timeout: 120_000 });
  assert.is(ended.status, 0, ended.stderr);
  const [, macs, weights, loss, unpruned] =
    /^([\d.]+) % of the multiply-accumulates and ([\d.]+) % of the weights are left; loss ([\d.]+), unpruned ([\d.]+)\n$/.exec(
      ended.stdout,
    ) ?? [];
  assert.ok(Number(macs) > 10 && Number(macs) < 90, ended.stdout);
  assert.ok(Number(weights) > 10 && Number(weights) < 90, ended.stdout);
  assert.ok(Number(loss) < Number(unpruned) + 0.1, ended.stdout);
});

test.run();
