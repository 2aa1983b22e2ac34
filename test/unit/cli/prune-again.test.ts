/** Pruning again: a model that was trained elsewhere in between, and searches that start from masks or from a run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countPruned, intersection, maskFromBytes, masksEqual, type Masks } from '../../../src/core/mask.ts';
import { encodeArchitecture } from '../../../src/formats/architecture.ts';
import { masksToSafetensors } from '../../../src/formats/safetensors/masks.ts';
import { repairMetadata } from '../../../src/formats/safetensors/repair-record.ts';
import { decodeSafetensors } from '../../../src/formats/safetensors/tensors.ts';
import type { Model } from '../../../src/network/model.ts';
import { parameterShapes } from '../../../src/network/parameter-shapes.ts';
import { layersInFile, problemOf, zerosAsMasks } from '../../../src/network/problem.ts';
import { loadMasks, loadModel } from '../../../src/node.ts';
import type { PruneResult } from '../../../src/report/run/result.ts';
import type { Score } from '../../../src/search/contract.ts';
import { assertRefusedHere, assertRunsHere, jsonOf, runHere } from '../../helpers/cli.ts';
import { npyBytes, npz } from '../../helpers/data/npy.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { ordered, tensor, torchZip } from '../../helpers/torch/file.ts';
import { network, NUMBERS, stateDict } from '../../helpers/torch/network.ts';
import { rawSafetensors, readResult } from './files.ts';

const cwd = mkdtempSync(join(tmpdir(), 'masksearch-again-'));
test.after(() => rmSync(cwd, { recursive: true }));
const at = (file: string) => join(cwd, file);

const WEIGHTS = 182;
const shapes = parameterShapes(network);
const random = generator('again');
const images = 60;
await writeFile(
  at('data.npz'),
  npz({
    x: npyBytes(
      [images, 8, 8],
      Uint8Array.from({ length: images * 64 }, () => random.below(256)),
    ),
    y: npyBytes(
      [images],
      Uint8Array.from({ length: images }, (_, i) => i % 4),
    ),
  }),
);
await writeFile(at('net.json'), encodeArchitecture(network));
await writeFile(at('net.pth'), torchZip(ordered(stateDict())));

const data = '--data data.npz --device wasm --threads 1';
const search = `${data} --evaluations 60`;
const net = '--model net.pth --architecture net.json';

type Weights = ReadonlyMap<string, Float32Array>;

/** How training elsewhere writes a model, and what it takes from the file that it read. */
interface Format {
  readonly extension: string;
  readonly options: string;
  readonly write: (weights: Weights, before: Uint8Array) => Uint8Array;
}

const asTensors = (weights: Weights) =>
  new Map([...shapes].map(([name, shape]) => [name, { dtype: 'F32', shape, data: weights.get(name)! }]));

const FORMATS: Readonly<Record<string, Format>> = {
  'safetensors with the metadata of the file before': {
    extension: 'safetensors',
    options: '',
    write: (weights, before) => rawSafetensors(asTensors(weights), decodeSafetensors(before).metadata),
  },
  'PyTorch without metadata': {
    extension: 'pth',
    options: '--architecture net.json',
    write: (weights) =>
      torchZip(
        ordered(
          Object.fromEntries([...shapes].map(([name, shape]) => [name, tensor(shape, weights.get(name)!)])),
        ),
      ),
  },
};

/** Weights that are not 0 are disturbed; a product with a mask may be -0. */
const trained = ({ tensors }: Model): Weights =>
  new Map(
    [...tensors].map(([name, values]) => [
      name,
      values.map((w) => (w === 0 ? -0 : w * (0.9 + random.below(20) / 100))),
    ]),
  );

const load = (file: string) => {
  const isTorch = file.endsWith('.pth');
  return loadModel(at(file), isTorch ? { architecture: network } : {});
};

const scoreOf = async (args: string): Promise<Score> => {
  const { loss, accuracy } = await jsonOf<Score>(`evaluate --json ${data} ${args.trim()}`, { cwd });
  return { loss, accuracy };
};

function assertWithin(masks: Masks, before: Masks): void {
  masks.forEach((mask, i) => assert.ok(masksEqual(mask, intersection(mask, before[i]!)), `layer ${i}`));
}

/** The figures of a run are those of its files. */
async function assertFigures(
  run: string,
  file: string,
  options: string,
  zeros: number,
): Promise<PruneResult> {
  const result = await readResult(at(run));
  const model = await load(`${run}/${file}`);
  const masks = await loadMasks(at(`${run}/masks.safetensors`), model);
  assert.is(countPruned(masks), zeros);
  // A weight that is kept may be 0 after a fit, where its input is.
  assertWithin(zerosAsMasks(model), masks);
  if (result.repair === undefined) assert.equal(zerosAsMasks(model), masks);
  assert.is(result.final.sparsity.global, zeros / WEIGHTS);
  assert.equal(await scoreOf(`--model ${run}/${file} ${options}`), result.test!.pruned);
  return result;
}

for (const [format, { extension, options, write }] of Object.entries(FORMATS)) {
  for (const repair of ['none', 'least-squares']) {
    test(`prune, train elsewhere, prune again: ${format}, repair ${repair}`, async () => {
      const [name, first, second] = [
        `${extension}-${repair}`,
        `first-${extension}-${repair}`,
        `second-${extension}-${repair}`,
      ];
      const file = `pruned.${extension}`;
      const start = `${name}.${extension}`;
      const before =
        extension === 'pth'
          ? new Uint8Array()
          : rawSafetensors(asTensors(NUMBERS), { architecture: encodeArchitecture(network) });
      await writeFile(at(start), extension === 'pth' ? write(NUMBERS, before) : before);
      const how = `${options} ${search} --repair ${repair}`.trim();
      await assertRunsHere(`prune --model ${start} ${how} --target-sparsity 0.6 --out ${first}`, { cwd });
      assert.not('alreadyPruned' in (await assertFigures(first, file, options, 109)));

      const pruned = await load(`${first}/${file}`);
      const tuned = `tuned-${start}`;
      await writeFile(at(tuned), write(trained(pruned), await readFile(at(`${first}/${file}`))));
      const zeros = zerosAsMasks(await load(tuned));
      assert.equal(zeros, zerosAsMasks(pruned));
      const inspected = await jsonOf<{ zeros: number }>(`inspect ${tuned} --json ${options}`.trim(), { cwd });
      assert.is(inspected.zeros, countPruned(zeros));

      await assertRunsHere(`prune --model ${tuned} ${how} --target-sparsity 0.85 --out ${second}`, { cwd });
      const result = await assertFigures(second, file, options, 155);
      assert.is(result.alreadyPruned!.zeros, countPruned(zeros));
      assert.equal(await scoreOf(`--model ${tuned} ${options}`), result.test!.unpruned);
      assertWithin(zerosAsMasks(await load(`${second}/${file}`)), zeros);
    });
  }
}

/** Half of the weights, with the values that the model has of them. */
const half = problemOf(network).layers.map(({ shape }) =>
  maskFromBytes(Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i % 2)),
);
const halfPruned = countPruned(half);
const masksFile = async (metadata?: Record<string, string>) =>
  masksToSafetensors(half, layersInFile(await load('net.pth')), metadata);
await writeFile(at('half.safetensors'), await masksFile());
await writeFile(
  at('repaired.safetensors'),
  await masksFile(repairMetadata({ repair: 'least-squares', calibration: 30 })),
);

for (const how of [
  '--repair none',
  '--repair least-squares',
  '--method ga --preset tuned --repair none',
  '--method ga --preset tuned --repair least-squares',
  '--preset paper',
  '--method ga --preset paper',
]) {
  test(`masks are where a search starts, and what they prune stays so: ${how}`, async () => {
    const isPaper = how.includes('paper');
    const budget = isPaper
      ? how.includes('ga')
        ? '--generations 3'
        : '--iterations 20'
      : '--evaluations 60';
    const goal = isPaper ? '--loss-to-warmup 9' : '--target-sparsity 0.75';
    await assertRunsHere(`prune ${net} --from half.safetensors ${data} ${budget} ${goal} ${how} --out from`, {
      cwd,
    });
    const result = await readResult(at('from'));
    assert.equal([result.from, result.model], ['half.safetensors', 'net.pth']);
    assert.is(result.alreadyPruned!.zeros, halfPruned);
    const masks = await loadMasks(at('from/masks.safetensors'), await load('net.pth'));
    assertWithin(masks, half);
    assert.ok(countPruned(masks) > halfPruned);
    const begins = how.includes('least-squares') ? '--repair least-squares' : '--repair none';
    assert.equal(
      await scoreOf(`${net} --masks half.safetensors ${begins}`),
      result.test!.unpruned,
      'the start',
    );
    assert.equal(
      await scoreOf('--model from/pruned.pth --architecture net.json'),
      result.test!.pruned,
      'the end',
    );
    if (isPaper) return;
    // Every point of the front keeps them, and pick finds the model again.
    await assertRunsHere('pick from --at sparsity=0 --out picked', { cwd });
    const picked = await loadMasks(at('picked/masks.safetensors'), await load('net.pth'));
    assertWithin(picked, half);
    rmSync(at('picked'), { recursive: true });
  });
}

test('a run is gone on from with the weights that it wrote, read as its model was', async () => {
  const first = `prune ${net} --mean 0.4 ${search} --target-sparsity 0.6 --repair least-squares`;
  await assertRunsHere(`${first} --out run`, { cwd });
  await assertRunsHere(`prune --from run ${search} --target-sparsity 0.8 --out next`, { cwd });
  const [run, next] = [await readResult(at('run')), await readResult(at('next'))];
  assert.equal(
    [next.from, next.model, next.reading],
    ['run', 'run/pruned.pth', { architecture: 'net.json', mean: 0.4 }],
  );
  assert.equal(next.test!.unpruned, run.test!.pruned);
  const before = await load('run/pruned.pth');
  assert.equal(next.alreadyPruned!.zeros, countPruned(zerosAsMasks(before)));
  assertWithin(zerosAsMasks(await load('next/pruned.pth')), zerosAsMasks(before));
  // From what pick wrote, which has no record of how it was read.
  await assertRunsHere('pick run --at sparsity=0.1 --out point', { cwd });
  await assertRunsHere(
    `prune --from point --architecture net.json ${search} --target-sparsity 0.8 --out third`,
    { cwd },
  );
  assert.is((await readResult(at('third'))).model, 'point/pruned.pth');
  // With a model of its own, the masks of the run alone.
  await writeFile(at('other.pth'), torchZip(ordered(stateDict())));
  await assertRunsHere(
    `prune --from run --model other.pth --architecture net.json ${search} --repair none --target-sparsity 0.8 --out fourth`,
    { cwd },
  );
  const fourth = await readResult(at('fourth'));
  assert.equal([fourth.model, fourth.alreadyPruned!.zeros], ['other.pth', 109]);
  assert.equal(
    fourth.test!.unpruned,
    await scoreOf('--model other.pth --architecture net.json --masks run/masks.safetensors --repair none'),
  );
  assert.match(await readFile(at('fourth/report.html'), 'utf8'), /109 were pruned already/);
});

test('masks of a repaired network are warned about where their weights are missing and not fitted', async () => {
  const line = `prune ${net} --from repaired.safetensors ${search} --target-sparsity 0.75 --out warned`;
  const warning =
    /Warning: the masks of --from were written with weights that were repaired \(least-squares\)/;
  assert.match((await runHere(`${line} --repair none`, { cwd })).stderr, warning);
  const fitted = await runHere(`${line} --repair least-squares`, { cwd });
  assert.is(fitted.code, 0);
  assert.not.match(fitted.stderr, warning);
});

test('what cannot be started from is refused', async () => {
  const before = await readdir(cwd);
  const refuse = (args: string, pattern: RegExp) =>
    assertRefusedHere(`prune ${args}`, pattern, { cwd, announced: true });
  await refuse(
    `${net} --from half.safetensors ${search} --target-sparsity 0.5`,
    new RegExp(
      `--target-sparsity is 0.5 but must be above ${(Math.ceil((1e4 * halfPruned) / WEIGHTS) / 1e4).toFixed(4)}: the model is that sparse already`,
    ),
  );
  await refuse(`${net} --from net.pth ${search}`, /net\.pth: /);
  await refuse(`${net} --from none ${search}`, /mask file none does not exist/);
  await refuse(`--from . ${search}`, /the folder \. holds no pruned model/);
  await refuse(`--from half.safetensors --data data.npz`, /half\.safetensors: .*"conv\.weight"/);
  await refuse(
    `${net} --from run/masks.safetensors ${search} --out run`,
    /holds masks\.safetensors, which is read and would be overwritten/,
  );
  assert.equal(await readdir(cwd), before);
});

test('of the files of a run, those beside a model are not the model', async () => {
  await mkdir(at('beside'));
  for (const name of ['pruned.onnx', 'pruned.onnx.data', 'pruned.weights.h5'])
    await writeFile(at(`beside/${name}`), name);
  await assertRefusedHere(`prune --from beside`, /beside.pruned\.weights\.h5: /, { cwd });
  await assertRefusedHere(`prune ${net} --from net.pth`, /net\.pth: .* masks is not in safetensors/, { cwd });
});

test.run();
