/** Every model of models/ has the figures that models/README.md has for it, on every backend. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMasks } from '../../src/core/mask.ts';
import type { ImageSet } from '../../src/data/dataset.ts';
import { DEFAULT_SPLIT_SEED } from '../../src/data/splits.ts';
import type { Engine } from '../../src/engine/backend.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import type { Model } from '../../src/network/model.ts';
import { problemOf } from '../../src/network/problem.ts';
import { loadMnist, loadModel, openEngine, takeImages } from '../../src/node.ts';
import { evaluateMasks } from '../../src/pruning/evaluation/masks.ts';
import { TRAINABLE_NETWORKS, type NetworkName } from '../../src/train/networks/index.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { sample } from '../helpers/sample.ts';

const FOLDER = join(import.meta.dirname, '../../models');
const MAX_BYTES = 250_000;

const readme = await readFile(join(FOLDER, 'README.md'), 'utf8');
/** The cells of each row that starts with a file. */
const rows = [...readme.matchAll(/^\| `(.+?\.safetensors)` *\|(.*)\|$/gm)].map(([, file, rest]) => ({
  file: file!,
  cells: rest!.split('|').map((cell) => cell.trim()),
}));

/** "0.0964, 97.50 %" */
const figures = ({ loss, accuracy }: { loss: number; accuracy?: number | undefined }) =>
  `${loss.toFixed(4)}, ${(100 * accuracy!).toFixed(2)} %`;

const evaluate = (engine: Engine, model: Model, images: ImageSet) =>
  evaluateMasks(engine, model, images, fullMasks(problemOf(model.network).layers));

const gpu = await acquireEngine();
const wasm = await openEngine({ device: 'wasm', threads: 2 });
test.after(async () => {
  await Promise.all([gpu.close(), wasm.close()]);
});

test('the README lists every model once, and none is large', async () => {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.safetensors'));
  assert.equal(rows.map(({ file }) => file).sort(), files.sort());
  for (const file of files) assert.ok((await stat(join(FOLDER, file))).size < MAX_BYTES, file);
});

// Beside the default network, those of other splits differ in their weights alone.
const isSplit = ({ file }: { file: string }) => file.includes('split');
for (const { file, cells } of [...rows.filter((row) => !isSplit(row)), ...sample(rows.filter(isSplit), 3)]) {
  test(`${file} has the documented loss and accuracy`, async () => {
    const model = await loadModel(join(FOLDER, file));
    const [, splitSeed = DEFAULT_SPLIT_SEED] = /split-(\d+)\./.exec(file) ?? [];
    const { search, test } = await loadMnist({ splitSeed });
    const [, name = 'lenet5'] = /mnist-([a-z]+)\.safetensors/.exec(file) ?? [];
    assert.equal(model.network, TRAINABLE_NETWORKS[name as NetworkName].network(), 'what `train` would make');
    const [searchFigures, testFigures] = cells.slice(-2);
    assert.is(figures(await evaluate(wasm, model, search)), searchFigures, 'search split');
    assert.is(figures(await evaluate(wasm, model, test)), testFigures, 'test split');

    // The float64 reference and a software GPU are too slow for all of them.
    const few = takeImages(test, 60);
    const exact = await evaluate(referenceEngine(), model, few);
    for (const engine of [wasm, gpu]) {
      const { loss, accuracy } = await evaluate(engine, model, few);
      assert.ok(Math.abs(loss - exact.loss) < 1e-5, `${engine.device.kind}: ${loss}, expected ${exact.loss}`);
      assert.is(accuracy, exact.accuracy, engine.device.kind);
    }
  });
}

test.run();
