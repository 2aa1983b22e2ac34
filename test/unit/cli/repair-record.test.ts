/** What the files of masks of a run say of its repair. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelToSafetensors } from '../../../src/formats/safetensors/model.ts';
import { activation, conv2d, dense, flatten, sequential } from '../../../src/network/builder.ts';
import { loadMasksRepair } from '../../../src/node.ts';
import { assertRunsHere } from '../../helpers/cli.ts';
import { randomModel } from '../../helpers/data/models.ts';
import { readResult, withDigits } from './files.ts';

const small = sequential(
  [1, 28, 28],
  conv2d('conv', { outChannels: 3, kernel: 5, stride: 3 }),
  activation('relu', 'relu'),
  flatten('flat'),
  dense('out', { outputs: 10 }),
);

const prune =
  'prune --model small.safetensors --data digits --device wasm --threads 1 --evaluations 20 --target-sparsity 0.5 --out run';

test('masks of a run that repairs, of its front and of a point say so; those of a frozen run say nothing', () =>
  withDigits(
    async (cwd) => {
      await writeFile(join(cwd, 'small.safetensors'), modelToSafetensors(randomModel(small, 'small')));
      const records = async (options: string) => {
        await assertRunsHere(`${prune} ${options}`, { cwd });
        await assertRunsHere('pick run --at sparsity=0.5 --out point', { cwd });
        const files = ['run/masks.safetensors', 'run/front.safetensors', 'point/masks.safetensors'];
        return Promise.all(files.map((file) => loadMasksRepair(join(cwd, file))));
      };
      const found = await records('--repair least-squares');
      const { repair } = await readResult(join(cwd, 'run'));
      const { ridge, calibration } = repair!;
      for (const record of found) assert.equal(record, { repair: 'least-squares', ridge, calibration });
      for (const record of await records('--repair none')) assert.is(record, undefined);
    },
    { training: 300, test: 40 },
  ));

test.run();
