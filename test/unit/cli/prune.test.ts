import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BUNDLED_MODEL } from '../../../src/node.ts';
import type { PruneResult } from '../../../src/report/run/result.ts';
import type { Score } from '../../../src/search/contract.ts';
import {
  assertRefused,
  assertRefusedHere,
  assertRuns,
  assertRunsHere,
  inFolder,
  jsonOf,
  listing,
  run,
  type CommandLine,
} from '../../helpers/cli.ts';
import {
  changedModel,
  digitsFolder,
  PAPER_FILES,
  readResult,
  readRows,
  readTensors,
  writeDigits,
} from './files.ts';

const LAYERS = [
  { name: 'conv1', position: 0, shape: [6, 1, 5, 5], weights: 150 },
  { name: 'conv2', position: 2, shape: [16, 6, 5, 5], weights: 2400 },
  { name: 'fc1', position: 5, shape: [120, 400], weights: 48_000 },
  { name: 'fc2', position: 6, shape: [84, 120], weights: 10_080 },
  { name: 'out', position: 7, shape: [10, 84], weights: 840 },
] as const;
const WEIGHTS = 61_470;
const MACS = 416_520;

/** On all images of a split unless told otherwise. The loss limit is far above the loss of any model on a few. */
const short = 'prune --preset paper --iterations 2 --device wasm --threads 1 --loss-to-warmup 50';
const small = `${short} --data digits`;

const dir = await digitsFolder();

/** The result of `prune` on the small data folder. */
async function pruned(out: string, args: CommandLine = []): Promise<PruneResult> {
  const more = typeof args === 'string' ? args.split(' ') : args;
  await assertRunsHere([...small.split(' '), '--out', out, ...more], { cwd: dir });
  return readResult(join(dir, out));
}

const evaluated = (args: string) =>
  jsonOf<Score & { images: number }>(`evaluate --device wasm --json ${args}`, { cwd: dir });

// The run that most tests look at, on the bundled digits, as a user starts it.
const found = join(dir, 'found');
const first = await assertRuns(
  'prune --preset paper --iterations 2 --images 40 --device wasm --out found --json',
  { cwd: dir },
);
const result = await readResult(found);
const masks = await readTensors(join(found, 'masks.safetensors'));

test('leaves five files and nothing else', async () => {
  assert.equal(await listing(found), PAPER_FILES);
});

test('--json prints result.json and nothing else, and says what it does on standard error', async () => {
  assert.is(first.stdout, await readFile(join(found, 'result.json'), 'utf8'));
  assert.match(first.stderr, /^Searching with 40 images of the search split on .*WebAssembly.*\n/);
  assert.match(first.stderr, /\nconv1 step \d\/2 .*\n/);
  assert.not.match(first.stderr, /NaN|undefined|masksearch: /);
});

test('result.json has every field', () => {
  const { unpruned, final, test: evaluated, work } = result;
  const { method, preset, seed, completed, images, split, heldOut } = result;
  const found = [method, preset, seed, completed, images, split, heldOut];
  assert.equal(found, ['sa', 'paper', '1', true, 40, 'search', true]);
  assert.is(result.device.kind, 'wasm');
  for (const text of Object.values(result.device)) assert.type(text, 'string');
  assert.equal(result.parameters, {
    iterations: 2,
    initialTemperature: 1,
    mutationRate: 0.15,
    lossToWarmup: 1,
    maxLossPenalty: 1e8,
    layers: 'conv1,conv2,fc1,fc2,out',
  });
  for (const { loss, accuracy } of [unpruned, final, evaluated!.unpruned, evaluated!.pruned]) {
    assert.ok(loss > 0 && accuracy! >= 0.5 && accuracy! <= 1, `${loss} ${accuracy}`);
  }
  assert.ok(unpruned.accuracy! * 40 === Math.round(unpruned.accuracy! * 40));
  const tradeOff = (final.sparsity.meanLayer * evaluated!.pruned.accuracy!) / evaluated!.unpruned.accuracy!;
  assert.is(result.tradeOff, tradeOff);
  // The article's objective, in the last layer.
  const difference = unpruned.loss - final.loss;
  assert.ok(final.loss < 1);
  assert.is(final.cost, difference * difference + 1 / (final.sparsity.meanLayer + 1e-8));

  assert.is(work.candidates, 11);
  assert.ok(work.forwardPasses >= 1 && work.forwardPasses <= 11);
  assert.ok(work.imagesEvaluated >= 40 && work.imagesEvaluated <= 440);
  assert.ok(work.rounds >= 1 && work.rounds <= 11);
  assert.is(work.plainMacs, MACS * 40 * (10 + 5 + 1));
  assert.ok(work.macs >= MACS * 40 && work.macs < work.plainMacs);
  assert.ok(work.skippedMacs >= 0 && work.skippedMacs < work.macs);
  assert.ok(work.uploadedBytes >= 0);
  assert.ok(result.seconds > 0 && result.seconds < 60);
  assert.match(result.digest, /^[0-9a-f]{64}$/);
  assert.match(result.version, /^\d+\.\d+\.\d+/);
});

test('masks, kept counts and sparsities agree', () => {
  const { sparsity } = result.final;
  let keptOfAll = 0;
  LAYERS.forEach(({ name, position, shape, weights }, i) => {
    const mask = masks.get(`${name}.weight`)!;
    assert.is(mask.dtype, 'U8');
    assert.equal(mask.shape, shape);
    assert.ok([...mask.data].every((bit) => bit === 0 || bit === 1));
    const kept = [...mask.data].filter((bit) => bit === 1).length;
    assert.equal(result.layers[i], { name, position, shape, weights, kept });
    assert.is(sparsity.perLayer[i], (weights - kept) / weights);
    keptOfAll += kept;
  });
  assert.is(masks.size, LAYERS.length);
  assert.is(sparsity.global, (WEIGHTS - keptOfAll) / WEIGHTS);
  assertNear(sparsity.meanLayer, sparsity.perLayer.reduce((sum, share) => sum + share, 0) / 5);
  assert.ok(sparsity.global > 0.01);
});

test('pruned.safetensors is the model times the masks, bit for bit', async () => {
  const model = await readTensors(BUNDLED_MODEL);
  const product = await readTensors(join(found, 'pruned.safetensors'));
  assert.equal([...product.keys()].sort(), [...model.keys()].sort());
  for (const [name, { data, shape, dtype }] of model) {
    const mask = masks.get(name)?.data;
    const expected = Float32Array.from(data, (value, i) => (mask?.[i] === 0 ? 0 : value));
    const tensor = product.get(name)!;
    assert.equal([tensor.dtype, tensor.shape], [dtype, shape]);
    assert.ok(bytesOf(tensor.data as Float32Array).equals(bytesOf(expected)), name);
  }
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-12, `${actual} is not ${expected}`);
}

test('history.csv has the columns of the article, and leads to the result', async () => {
  const [header, ...texts] = await readRows(join(found, 'history.csv'));
  assert.equal(header, ['layer', 'temperature', 'mutation_rate', 'cost', 'metrics', 'loss', 'sparsity']);
  assert.ok(texts.length >= 1 && texts.length <= 10);
  const rows = texts.map((row) => row.map(Number));
  const positions = LAYERS.map(({ position }) => position as number);
  for (const row of rows) {
    assert.is(row.length, 7);
    assert.ok(row.every(Number.isFinite));
    assert.ok(positions.includes(row[0]!));
  }
  const layers = rows.map(([layer]) => layer!);
  const isRising = layers.every((layer, i) => i === 0 || layers[i - 1]! <= layer);
  assert.ok(isRising, `${layers.join()}`);
  const { cost, accuracy, loss, sparsity } = result.final;
  assert.ok(
    rows.some(
      (row) => row[3] === cost && row[4] === accuracy && row[5] === loss && row[6] === sparsity.meanLayer,
    ),
  );
});

test('report.html is one file that shows the run', async () => {
  const html = await readFile(join(found, 'report.html'), 'utf8');
  assert.match(html, /^<!doctype html>/i);
  assert.match(html, /<\/html>\s*$/);
  assert.ok(html.includes(result.digest));
  assert.not.match(html, /(src|href)="(https?:)?\/\//);
  assert.not.match(html, /\bNaN\b|\bundefined\b/);
});

test('evaluate gives the same loss for the masks, and for the pruned model', async () => {
  const { loss, accuracy } = result.final;
  const [masks, model] = ['--masks found/masks.safetensors', '--model found/pruned.safetensors'];
  for (const args of [masks, model, `${model} ${masks}`]) {
    const search = await evaluated(`${args} --split search --images 40`);
    assert.equal([search.loss, search.accuracy, search.images], [loss, accuracy, 40]);
  }
  const unpruned = await evaluated('--split search --images 40');
  assert.equal([unpruned.loss, unpruned.accuracy], [result.unpruned.loss, result.unpruned.accuracy]);
  const held = await evaluated(masks);
  assert.equal({ loss: held.loss, accuracy: held.accuracy }, result.test!.pruned);
  assert.is(held.images, 2000);
});

test('the summary has the result and the path of the report', async () => {
  const { stdout } = await assertRuns([...small.split(' '), '--out', 'my runs/first'], { cwd: dir });
  const { digest, final } = await readResult(join(dir, 'my runs/first'));
  assert.ok(stdout.includes(digest));
  assert.ok(stdout.includes('my runs/first/report.html'));
  assert.ok(stdout.includes(`${(100 * final.sparsity.meanLayer).toFixed(2)} %`));
  assert.match(stdout, /^accuracy, test .* %$/m);
  assert.match(stdout, /^Kernel check .*/m);
  assert.not.match(stdout, /NaN|undefined|\[object/);
});

test('the same seed gives the same result, another one another', async () => {
  const one = await pruned('seed 1');
  const again = await pruned('seed 1 again', '--seed 1');
  assert.equal({ ...again, seconds: 0 }, { ...one, seconds: 0 });
  for (const file of ['history.csv', 'masks.safetensors', 'pruned.safetensors']) {
    const [bytes, others] = [await readFile(join(dir, 'seed 1', file)), join(dir, 'seed 1 again', file)];
    assert.ok(bytes.equals(await readFile(others)), file);
  }
  const digests = new Set([one.digest]);
  for (const seed of ['2', '', '-1', '01', ' 1', 'Grüße 🎈', '9'.repeat(400), '<b>&"\'']) {
    const other = await pruned('seeds', ['--seed', seed]);
    assert.is(other.seed, seed);
    digests.add(other.digest);
  }
  assert.is(digests.size, 9);
});

test('a run into the folder of an earlier one replaces it', async () => {
  await pruned('twice', '--seed first');
  const second = await pruned('twice', '--seed second --layers out');
  assert.is(second.seed, 'second');
  assert.equal(await listing(join(dir, 'twice')), PAPER_FILES);
});

test('a search that has seen the test images has no test figures', async () => {
  for (const [split, images] of [
    ['test', 30],
    ['all', 230],
  ] as const) {
    const args = `--layers out --split ${split} --out ${split}`;
    const { stdout } = await assertRunsHere(`${small} ${args}`, { cwd: dir });
    assert.not.match(stdout, /never searched on/);
    assert.match(stdout, /search has seen the test images/);
    const seen = await readResult(join(dir, split));
    assert.equal([seen.split, seen.images, seen.heldOut, seen.test], [split, images, false, undefined]);
    assertNear(
      seen.tradeOff!,
      (seen.final.sparsity.meanLayer * seen.final.accuracy!) / seen.unpruned.accuracy!,
    );
    const { loss } = await evaluated(`--data digits --split ${split} --masks ${split}/masks.safetensors`);
    assert.is(loss, seen.final.loss);
  }
});

test('a search on training images has test figures', async () => {
  const trained = await pruned('train', '--split train --layers out');
  assert.equal([trained.split, trained.images, trained.heldOut], ['train', 160, true]);
  const { loss, accuracy } = await evaluated('--data digits --masks train/masks.safetensors');
  assert.equal(trained.test!.pruned, { loss, accuracy });
});

test('--layers leaves all other layers alone', async () => {
  const some = await pruned('layers', ['--layers', ' out, fc1 ']);
  const isPruned = some.layers.map(({ weights, kept }) => kept < weights);
  assert.equal(isPruned, [false, false, true, false, true]);
  assert.is(some.work.candidates, 5);
  assert.is(some.work.plainMacs, MACS * 40 * (4 + 2 + 1));
  const history = await readFile(join(dir, 'layers', 'history.csv'), 'utf8');
  assert.ok([...history.matchAll(/^(\d),/gm)].every(([, layer]) => layer === '5' || layer === '7'));
});

test('order and repetition of layers have no effect', async () => {
  const one = await pruned('layers', '--layers fc1,out');
  const other = await pruned('layers', '--layers out,fc1,out');
  assert.is(other.digest, one.digest);
  assert.equal(other.work, one.work);
  assert.equal(other.parameters, one.parameters);
});

test('a data folder, gzipped or not, is split 80/20 in file order', async () => {
  await writeDigits(join(dir, 'packed'), { gzip: true });
  const plain = await pruned('plain data');
  assert.is(plain.images, 40);
  const gzipped = await pruned('packed data', '--data packed');
  assert.is(gzipped.digest, plain.digest);
  assert.equal(gzipped.test, plain.test);

  for (const [split, images] of [
    ['train', 160],
    ['search', 40],
    ['test', 30],
    ['all', 230],
  ] as const) {
    assert.is((await evaluated(`--data packed --split ${split}`)).images, images);
    await assertRefusedHere(
      `evaluate --data digits --split ${split} --images ${images + 1}`,
      new RegExp(`--images is ${images + 1} but must be at most ${images}\\b.* ${split} split`),
      { cwd: dir },
    );
  }
});

test('--split-seed changes the split of the bundled digits', async () => {
  const { loss } = await evaluated('--images 20');
  assert.is((await evaluated('--images 20 --split-seed 0')).loss, loss);
  assert.is.not((await evaluated('--images 20 --split-seed other')).loss, loss);
});

test('values may follow an equals sign, and a later option replaces an earlier one', async () => {
  const args = '--images=7 --iterations=9 --iterations=1 --seed=a=b --mutation-rate +1.5e-1';
  const spelled = await pruned('spelled', `${args} --initial-temperature=.5 --layers=out`);
  const { images, seed, parameters } = spelled;
  assert.equal([images, seed, parameters['iterations']], [7, 'a=b', 1]);
  assert.equal([parameters['mutationRate'], parameters['initialTemperature']], [0.15, 0.5]);
});

test('the ends of the allowed ranges work', async () => {
  const nothing = await pruned('rate 0', '--mutation-rate 0');
  assert.is(nothing.final.sparsity.global, 0);
  assert.equal([nothing.final.loss, nothing.tradeOff], [nothing.unpruned.loss, 0]);
  const everything = await pruned('rate 1', '--mutation-rate 1 --loss-to-warmup 1e6');
  assert.is(everything.final.sparsity.global, 1);
  for (const huge of ['1e308', '1e-308']) {
    const args = `--initial-temperature ${huge} --max-loss-penalty ${huge}`;
    const { final, completed } = await pruned('huge', args);
    assert.ok(completed && Number.isFinite(final.cost));
  }
  const { images, final } = await pruned('one image', '--images 1');
  assert.is(images, 1);
  assert.ok(final.loss >= 0);
});

/** For models that are refused. */
const search = 'prune --preset paper --iterations 1 --device reference --data digits --out wrong';

test('a model that does not fit its options is refused by the article’s search, with possible causes', async () => {
  const causes = /loss is [\d.]+ before conv1 .*; .*check --activation, --pooling, --mean, --std and --scale/;
  await assertRefusedHere(`${search} --mean 5`, causes, { cwd: dir, announced: true });
  await assertRefusedHere(`${search} --std 1000`, causes, { cwd: dir, announced: true });
});

test('a tuned search warns about a model that does little better than chance, and stops if more is expected', async () => {
  const wrong = 'prune --evaluations 10 --images 40 --repair none --device wasm --out wrong --mean 5';
  const { stderr } = await assertRunsHere(wrong, { cwd: dir });
  assert.match(stderr, /Warning: the unpruned (accuracy|loss) of the bundled model is .*check --activation/);
  const unexpected = /unpruned accuracy of the bundled model is [\d.]+ %, but --expect-accuracy is 97; check/;
  const args = `${wrong.replace('wrong', 'expected')} --expect-accuracy 97`;
  await assertRefusedHere(args, unexpected, { cwd: dir, announced: true });
});

test('a wrong activation is refused, with --activation among the possible causes', async () => {
  // A checkpoint that holds no network; with these its loss is far above the limit, though it may still classify digits.
  await writeFile(join(dir, 'checkpoint.safetensors'), await changedModel(() => {}));
  for (const activation of ['relu', 'none']) {
    const args = `${search} --model checkpoint.safetensors --mean 0.1307 --std 0.3081 --activation ${activation}`;
    await assertRefusedHere(args, /--activation\b/, { cwd: dir, announced: true });
  }
});

test('a loss above the limit of the first layer is refused, with both', async () => {
  const args = 'prune --preset paper --iterations 1 --images 40 --device reference --out capped';
  const ended = await run(`${args} --loss-to-warmup 0.01`, { cwd: dir });
  assertRefused(ended, /loss is (\d+\.\d+) .*conv1.* cap .*0\.00125\b.*; .*--loss-to-warmup\b/, {
    announced: true,
  });
  assert.ok(ended.stderr.includes(`loss is ${result.unpruned.loss.toFixed(4).slice(0, -1)}`), ended.stderr);
  assert.not((await listing(dir)).includes('capped'));
});

test('--device auto reports the device and the reason', async () => {
  const driver = join(dir, 'none.json');
  const { stderr } = await assertRuns(
    'prune --preset paper --iterations 1 --loss-to-warmup 50 --data digits --layers out --out auto',
    { cwd: dir, env: { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver } },
  );
  assert.match(
    stderr,
    /^Searching with 40 images of the search split on the processor \(WebAssembly .*no hardware GPU/,
  );
  assert.is((await readResult(join(dir, 'auto'))).device.kind, 'wasm');
});

test('the reference takes 500 images unless told otherwise, and says so', async () => {
  const { stderr } = await assertRunsHere(
    'prune --preset paper --iterations 1 --layers out --split test --device reference --out 500',
    { cwd: dir },
  );
  assert.match(stderr, /^Searching with 500 images of the test split /);
  assert.is((await readResult(join(dir, '500'))).images, 500);
});

test('nothing is written but what --out names', () =>
  inFolder(async (cwd) => {
    const data = ['--data', join(dir, 'digits'), '--out', join(cwd, 'a')];
    await assertRunsHere([...short.split(' '), '--layers', 'out', ...data], { cwd });
    assert.equal(await listing(cwd), ['a', ...PAPER_FILES.map((name) => `a/${name}`)]);
  }));

test.run();
