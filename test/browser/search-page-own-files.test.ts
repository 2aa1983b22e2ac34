/** A model and data of a visitor's own: the page prunes them as Node does, and gives the model back in its format. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  applyMasks,
  masksFromSafetensors,
  openEngine,
  pruneModel,
  readDataset,
  searchTask,
  unseenImages,
  type Model,
  type ModelOptions,
  type Pruned,
  type PruneResult,
} from '../../src/node.ts';
import { layersInFile } from '../../src/network/problem.ts';
import { accessibilityViolations } from '../helpers/browser/axe.ts';
import { openChromium } from '../helpers/browser/library-page.ts';
import {
  CLASS_NAMES,
  featureData,
  featureNetwork,
  pictureData,
  pictureNetwork,
  readModel,
  type NamedFiles,
} from '../helpers/browser/own-files.ts';
import { optionsOf, withSearchPage, type SearchPage } from '../helpers/browser/search-page.ts';
import { assertRuns, inFolder } from '../helpers/cli.ts';
import { generator } from '../helpers/data/numbers.ts';

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);

/** What a visitor brings, and how it is read. */
interface Subject {
  readonly model: NamedFiles;
  readonly data: NamedFiles;
  readonly reading?: ModelOptions;
}

const reading: ModelOptions = { mean: [0.4, 0.5, 0.6], std: [0.25, 0.2, 0.3] };
const pictures: Subject = {
  model: pictureNetwork(),
  data: { 'pictures.npz': pictureData(readModel(pictureNetwork(), reading), 160) },
  reading,
};

/** What Node finds in the files with the options of an address. */
async function inNode({ model: files, data, reading }: Subject, fragment: string): Promise<Pruned> {
  const model = readModel(files, reading);
  const named = Object.entries(data).map(([name, bytes]) => ({ name, bytes }));
  const splits = await readDataset(named, model);
  const engine = await openEngine({ device: 'wasm' });
  try {
    const task = searchTask(optionsOf(fragment), splits, model, engine);
    return await pruneModel(engine, model, task, {
      modelName: Object.keys(files)[0]!,
      dataNotes: splits.notes,
      test: unseenImages(task, splits),
      openKernels: () => Promise.resolve(undefined),
    });
  } finally {
    await engine.close();
  }
}

/** Fills in how the model takes its data, before any files are given. */
async function fill({ tab }: SearchPage, { mean, std, task }: ModelOptions): Promise<void> {
  if (mean !== undefined) await tab.fill('#reading [name=mean]', [mean].flat().join(', '));
  if (std !== undefined) await tab.fill('#reading [name=std]', [std].flat().join(','));
  if (task !== undefined) await tab.selectOption('#reading [name=task]', task);
}

/** The downloads are the files of Node, and the model is the one that came, with zeros where the masks have them. */
async function assertFound(page: SearchPage, subject: Subject, expected: Pruned): Promise<void> {
  const result = await page.result<PruneResult>();
  assert.is(result.digest, expected.result.digest);
  assert.equal(result.data, expected.result.data);
  assert.equal(result.reading ?? {}, subject.reading ?? {});
  assert.is(result.model, Object.keys(subject.model)[0]);
  assert.ok(result.final.sparsity.global > 0.05, `${result.final.sparsity.global} is pruned`);
  const masks = await page.download('masks.safetensors');
  assert.ok(masks.equals(expected.files['masks.safetensors'] as Uint8Array), 'the masks differ');

  const [, ...beside] = Object.keys(subject.model);
  const files: [string, Uint8Array][] = [['pruned.onnx', await page.download('pruned.onnx')]];
  for (const name of beside) files.push([name, await page.download(name)]);
  const model = readModel(subject.model, subject.reading);
  assertSameTensors(
    readModel(Object.fromEntries(files), subject.reading),
    applyMasks(model, masksFromSafetensors(masks, layersInFile(model))),
  );
  assert.is(await page.tab.locator('#outcome a[download="pruned.safetensors"]').count(), 0);
}

function assertSameTensors(found: Model, expected: Model): void {
  assert.equal([...found.tensors.keys()], [...expected.tensors.keys()]);
  for (const [name, values] of expected.tensors) {
    assert.equal([...found.tensors.get(name)!], [...values], name);
  }
}

const assertFits = async ({ tab }: SearchPage, when: string) => {
  const overflow = await tab.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  assert.ok(overflow <= 0, `${when}: ${overflow} px too wide`);
};

const FRAGMENT = 'target-sparsity=0.4&evaluations=150&images=80&repair=none&device=wasm';

for (const width of [390, 1280]) {
  test(`a model and data that are dropped together are pruned as by the command that the page shows, at ${width} px`, async () => {
    const context = { viewport: { width, height: 900 } };
    await withSearchPage(browser, { fragment: FRAGMENT, context }, async (page) => {
      await fill(page, pictures.reading!);
      await page.drop({ ...pictures.data, ...pictures.model });
      await page.shows('model-name', 'pictures.onnx');
      await page.idle();
      assert.is(await page.text('data-name'), 'pictures.npz');
      const notes = await page.text('data-notes');
      assert.match(notes, /classes are in alphabetical order: 0 "cat", 1 "dog", 2 "great crested newt"/);
      assert.match(notes, /80 of its images are the search and training splits/);
      assert.match(await page.text('settings'), /the search split \(80\)/);

      assert.equal(await page.tab.locator('#digits .truth').allInnerTexts(), CLASS_NAMES);
      assert.is(await page.tab.locator('#digits .wrong').count(), 0, 'the network is right on its own data');
      assert.is(await page.tab.locator('#pad').isVisible(), false, 'nobody draws 8 x 8 pixels in colour');
      await assertFits(page, 'before');
      assert.equal(await accessibilityViolations(page.tab), []);

      const [expected] = await Promise.all([inNode(pictures, FRAGMENT), page.run()]);
      await assertFound(page, pictures, expected);
      const named = (await page.result<PruneResult>()).test!.classes!.map(({ name }) => name);
      assert.equal(named, CLASS_NAMES);
      await assertFits(page, 'after');
      assert.equal(await accessibilityViolations(page.tab), []);

      const words = (await page.text('command')).replace(/^npx masksearch /, '');
      assert.match(
        words,
        /--model pictures\.onnx --data pictures\.npz --mean '0\.4, 0\.5, 0\.6' --std 0\.25,0\.2,0\.3$/,
      );
      await inFolder(async (cwd) => {
        for (const [name, bytes] of Object.entries({ ...pictures.model, ...pictures.data }))
          await writeFile(join(cwd, name), bytes);
        const line = [...words.replace("'0.4, 0.5, 0.6'", '0.4,0.5,0.6').split(' '), '--json'];
        const { stdout } = await assertRuns(line, { cwd });
        assert.is((JSON.parse(stdout) as PruneResult).digest, expected.result.digest);
      });
    });
  });
}

test('weights in a file beside the model are asked for by name, and come back in such a file', async () => {
  const subject: Subject = { ...pictures, model: pictureNetwork('pictures.bin') };
  const [[name, main], [beside, weights]] = Object.entries(subject.model) as [
    [string, Uint8Array],
    [string, Uint8Array],
  ];
  await withSearchPage(browser, FRAGMENT, async (page) => {
    await fill(page, subject.reading!);
    await page.choose('model', { [name]: main });
    assert.is(
      await page.complaint(),
      'The file pictures.onnx is no model: it keeps its weights in another file, pictures.bin, which was not given. Choose or drop both files together.',
    );
    assert.is(await page.text('model-name'), 'the bundled model');
    await page.choose('model', { [beside]: weights, [name]: main });
    await page.shows('model-name', 'pictures.onnx');
    await page.status(/^Choose data for this network: it takes 3 × 8 × 8 numbers and gives 3\.$/);
    assert.is(await page.tab.locator('#start').isEnabled(), false);
    await page.choose('data', subject.data);
    await page.idle();
    const [expected] = await Promise.all([inNode(subject, FRAGMENT), page.run()]);
    await assertFound(page, subject, expected);
  });
});

const noise = generator('targets');

for (const { task, model, target, quality, loss } of [
  {
    task: 'regression',
    model: featureNetwork('house.onnx', 2),
    target: (output: number) => output + noise.floats(1, 0.1)[0]!,
    quality: 'R²',
    loss: 'Loss, 1 − R²',
  },
  {
    task: 'binary',
    model: featureNetwork('answers.onnx', 3, { answers: true }),
    target: (output: number) => Number(output > 0),
    quality: 'Accuracy',
    loss: 'Loss, in nats',
  },
] as const) {
  test(`a network for a task ${task} has its own goal and figures, and no pictures`, async () => {
    const reading: ModelOptions = task === 'regression' ? { task } : {};
    const data = { 'features.npz': featureData(readModel(model, reading), 200, target) };
    const subject: Subject = { model, data, reading };
    await withSearchPage(browser, 'evaluations=150&repair=none&device=wasm', async (page) => {
      await fill(page, reading);
      await page.choose('model', model);
      await page.status(/^Choose data/);
      await page.choose('data', data);
      await page.idle();
      for (const id of ['samples-panel', 'pad-panel'])
        assert.is(await page.tab.locator(`#${id}`).isVisible(), false, id);
      const goal = await page.tab.inputValue('#goal');
      assert.is(goal, task === 'regression' ? 'maxLossRise' : 'maxAccuracyDrop');
      assert.is(await page.text('accuracy-name'), quality);
      assert.is(await page.text('loss-caption'), loss);
      const fragment = `evaluations=150&repair=none&${task === 'regression' ? 'max-loss-rise=900' : 'max-accuracy-drop=20'}`;
      await page.tab.fill(`[name=${goal}]`, task === 'regression' ? '900' : '20');
      const [expected] = await Promise.all([inNode(subject, fragment), page.run()]);
      await assertFound(page, subject, expected);
      const { test: figures } = await page.result<PruneResult>();
      const shown = await page.text('outcome');
      const r2 = (1 - figures!.pruned.loss).toFixed(4);
      assert.ok(task === 'binary' || shown.includes(`to ${r2} on test images`), shown);
      assert.equal(await accessibilityViolations(page.tab), []);

      // What the page begins with comes back, and with it its own goal and pictures.
      await page.tab.click('#bundled-model');
      await page.complaint();
      await page.idle();
      assert.is(await page.text('data-name'), 'the bundled digits');
      assert.is(await page.tab.inputValue('#goal'), 'maxAccuracyDrop');
      for (const id of ['samples-panel', 'pad-panel'])
        assert.ok(await page.tab.locator(`#${id}`).isVisible(), id);
    });
  });
}

test('what cannot be used is told in a sentence, and what was there stays', async () => {
  const [[onnx, bytes]] = Object.entries(pictures.model) as [[string, Uint8Array]];
  const npz = pictures.data['pictures.npz']!;
  await withSearchPage(browser, FRAGMENT, async (page) => {
    const refuses = async (pattern: RegExp) => {
      const text = await page.complaint();
      assert.match(text, pattern);
      assert.match(text, /^\S[^\n]+\.$/);
      await page.tab.click('#dismiss');
    };
    await page.choose('data', pictures.data);
    await refuses(
      /images are 3 x 8 x 8, the network takes 1 x 28 x 28\. .*or give the model of these data first\.$/,
    );
    await page.idle();
    assert.is(await page.text('data-name'), 'the bundled digits');

    await page.drop({ ...pictures.model, ...pictures.data });
    await page.shows('data-name', 'pictures.npz');
    await page.idle();
    const isSame = async () => {
      await page.idle();
      assert.is(await page.text('model-name'), onnx);
      assert.is(await page.text('data-name'), 'pictures.npz');
    };
    for (const [kind, files, pattern] of [
      [
        'model',
        { 'half.onnx': bytes.subarray(0, bytes.length / 2) },
        /^The file half\.onnx is no model: the ONNX file is damaged/,
      ],
      ['model', { 'empty.onnx': new Uint8Array(0) }, /^The file empty\.onnx is no model/],
      ['data', { 'half.npz': npz.subarray(0, npz.length / 2) }, /^In the data, half\.npz: /],
      ['data', { 'text.npz': Buffer.from('nothing') }, /^In the data, text\.npz: /],
      ['data', { 'x.npy': Buffer.from('nothing') }, /^In the data, x\.npy/],
      [
        'model',
        { 'a.onnx': bytes, 'b.onnx': bytes },
        /^There are two models, a\.onnx and b\.onnx\. Give one model at a time\.$/,
      ],
    ] as const) {
      await page.choose(kind, files);
      await refuses(pattern);
      await isSame();
    }
    await page.drop({ 'one.txt': Buffer.from('a'), 'two.txt': Buffer.from('b') });
    await refuses(/^The files one\.txt, two\.txt are neither a model nor data\./);
    await isSame();

    // A wrong value is told beside its field; the files are read again once it is right.
    await page.tab.fill('#reading [name=mean]', '1,2');
    await page.press('start');
    await refuses(/^“Mean” .*1, ?2.* 3/);
    assert.is(await page.tab.locator('[name=mean]').getAttribute('aria-invalid'), 'true');
    await page.tab.fill('#reading [name=mean]', 'some');
    await page.tab.press('#reading [name=mean]', 'Enter');
    await refuses(/^“Mean” is 'some'/);
    await fill(page, pictures.reading!);
    const [expected] = await Promise.all([inNode(pictures, FRAGMENT), page.run()]);
    await assertFound(page, pictures, expected);

    // Another model without its data: those of before do not fit it.
    await page.choose('model', featureNetwork('house.onnx', 2));
    await refuses(/^“Mean” .*0\.4, ?0\.5, ?0\.6.* 6/);
    await isSame();
    for (const name of ['mean', 'std']) await page.tab.fill(`#reading [name=${name}]`, '');
    await page.tab.click('#reading button');
    await page.status(/^Choose data/);
    await refuses(/^The data do not fit this network, and are not used any more: /);
  });
});

test('data of another task are read once the task is named', async () => {
  const model = featureNetwork('house.onnx', 2);
  const data = featureData(readModel(model, { task: 'regression' }), 60, (output) => output);
  await withSearchPage(browser, FRAGMENT, async (page) => {
    await page.choose('model', model);
    await page.status(/^Choose data/);
    await page.choose('data', { 'features.npz': data });
    assert.match(await page.complaint(), /labels|rows|class/);
    await page.tab.selectOption('#reading [name=task]', 'regression');
    await page.tab.click('#reading button');
    await page.shows('data-name', 'features.npz');
    await page.idle();
    assert.is(await page.text('accuracy-name'), 'R²');
  });
});

test.run();
