/** The page with models and data of every kind: it says what it found, and what it gives back has the zeros that it reports. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  applyMasks,
  masksFromSafetensors,
  prunableWeights,
  type Model,
  type PruneResult,
} from '../../src/node.ts';
import { architectureJson } from '../../src/formats/draft-architecture.ts';
import { layersInFile } from '../../src/network/problem.ts';
import { accessibilityViolations } from '../helpers/browser/axe.ts';
import {
  FOLDERS,
  imageFolders,
  kerasH5,
  readBrought,
  tfjsSignals,
  torchWeights,
  type Brought,
} from '../helpers/browser/brought.ts';
import { openChromium } from '../helpers/browser/library-page.ts';
import { pictureData, pictureNetwork, readModel } from '../helpers/browser/own-files.ts';
import { withSearchPage, type SearchPage } from '../helpers/browser/search-page.ts';
import { inFolder } from '../helpers/in-folder.ts';

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);

const FRAGMENT = 'target-sparsity=0.4&evaluations=60&repair=none&device=wasm';

const zerosIn = (model: Model) =>
  prunableWeights(model).reduce((sum, weights) => sum + weights.filter((weight) => weight === 0).length, 0);

/** The rows of a list of what was found, by their names. */
async function found({ tab }: SearchPage, id: 'model-found' | 'data-found'): Promise<Record<string, string>> {
  const rows = await tab.locator(`#${id} > div`).all();
  const texts = await Promise.all(rows.map((row) => row.locator('dt, dd').allInnerTexts()));
  return Object.fromEntries(texts as [string, string][]);
}

/** Searches, and reads the files that come back: they are those that came, with zeros where the masks have them, as many as reported. */
async function assertPruned(page: SearchPage, brought: Brought, extension: string): Promise<PruneResult> {
  await page.run();
  const result = await page.result<PruneResult>();
  const [, ...beside] = Object.keys(brought.model);
  const files: [string, Uint8Array][] = [];
  for (const name of [`pruned.${extension}`, ...beside]) files.push([name, await page.download(name)]);
  const written = readBrought({ ...brought, model: Object.fromEntries(files) });
  const model = readBrought(brought);
  const masks = masksFromSafetensors(await page.download('masks.safetensors'), layersInFile(model));
  for (const [name, values] of applyMasks(model, masks).tensors)
    assert.equal([...written.tensors.get(name)!], [...values], name);
  const pruned = result.layers.reduce((sum, { weights, kept }) => sum + weights - kept, 0);
  assert.is(zerosIn(written), pruned);
  assert.ok(pruned / result.layers.reduce((sum, { weights }) => sum + weights, 0) > 0.3, `${pruned} zeros`);
  return result;
}

/** Pixels of a canvas with something on them. */
const INKED = `[...document.querySelectorAll('#digits canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, i) => i % 4 === 3 && value > 0).length;
})`;

test('Keras, TensorFlow.js and ONNX are dropped one after the other, pruned, and come back with zeros', async () => {
  await withSearchPage(browser, FRAGMENT, async (page) => {
    const bundled = [await found(page, 'model-found'), await found(page, 'data-found')];
    const h5 = kerasH5();
    await page.drop({ ...h5.model, ...h5.data });
    await page.shows('model-name', 'pets.h5');
    await page.idle();
    assert.equal(await found(page, 'model-found'), {
      Format: 'Keras .h5',
      Input: '2 × 8 × 8',
      Task: 'one of 3 classes',
      Layers: '2: conv2d/kernel:0, dense/kernel:0',
      Weights: '180',
      Zeros: 'none',
    });
    const { Images, Shape, Classes } = await found(page, 'data-found');
    assert.match(Images!, /^\d+: \d+ to search, \d+ to test$/);
    assert.is(Shape, '2 × 8 × 8 bytes');
    assert.is(Classes, '3: 0, 1, 2');
    assert.is(await page.text('digits-title'), 'Test images');
    // Two channels of 8 x 8 beside each other.
    assert.is(await page.tab.locator('#digits canvas').first().getAttribute('width'), '17');
    await assertPruned(page, h5, 'h5');

    const tfjs = tfjsSignals();
    await page.drop({ ...tfjs.model, ...tfjs.data });
    await page.shows('model-name', 'model.json');
    await page.idle();
    assert.is((await found(page, 'model-found'))['Format'], 'TensorFlow.js');
    assert.is((await found(page, 'data-found'))['Shape'], '3 × 1 × 20 numbers');
    assert.is(await page.text('data-name'), 'x.npy, y.npy');
    assert.is(await page.text('digits-title'), 'Test signals');
    for (const ink of await page.tab.evaluate<number[]>(INKED))
      assert.ok(ink > 500, `${ink} pixels of curves`);
    assert.equal(await accessibilityViolations(page.tab), []);
    await assertPruned(page, tfjs, 'json');

    const model = pictureNetwork();
    const onnx: Brought = { model, data: { 'pictures.npz': pictureData(readModel(model), 160) } };
    await page.drop({ ...onnx.model, ...onnx.data });
    await page.shows('model-name', 'pictures.onnx');
    await page.idle();
    assert.is((await found(page, 'model-found'))['Format'], 'ONNX');
    assert.is((await found(page, 'data-found'))['Classes'], '3: cat, dog, great crested newt');
    await assertPruned(page, onnx, 'onnx');

    // What is pruned already is counted.
    await page.drop({ 'again.onnx': await page.download('pruned.onnx') });
    await page.shows('model-name', 'again.onnx');
    assert.match((await found(page, 'model-found'))['Zeros']!, /^\d+ \(4\d\.\d+ %\), which stay pruned$/);

    await page.tab.click('#bundled-model');
    await page.shows('data-name', 'the bundled digits');
    await page.idle();
    // The places that the page has for it from the beginning, so that nothing moves.
    const again = [await found(page, 'model-found'), await found(page, 'data-found')];
    assert.equal(again, bundled);
  });
});

test('weights without a network ask for one, which is drafted, corrected and used', async () => {
  const brought = torchWeights();
  const [[name, bytes]] = Object.entries(brought.model) as [[string, Uint8Array]];
  await withSearchPage(browser, FRAGMENT, async (page) => {
    const { tab } = page;
    const apply = () => tab.click('#network-form .primary');
    await page.drop({ [name]: bytes });
    await page.status(/^weights\.pth holds weights and no network: /);
    assert.is(await tab.locator('#start').isEnabled(), false);
    assert.is(await page.text('model-name'), name);
    assert.is((await found(page, 'model-found'))['Format'], 'PyTorch');
    const questions = await tab.locator('#network-open li').allInnerTexts();
    assert.ok(
      questions.some((question) => question.startsWith('Maxima of 2 x 2 follow conv, which is a guess')),
    );
    const draft = await tab.inputValue('#network-json');
    assert.match(draft, /"operation":"max"/);
    assert.equal(await accessibilityViolations(tab), []);

    // The weights can be left, and given again.
    await tab.click('#network-cancel');
    await page.idle();
    assert.is(await tab.locator('#network').isVisible(), false);
    assert.is(await page.text('model-name'), 'the bundled model');
    assert.is((await found(page, 'model-found'))['Weights'], '61,470');
    await page.drop({ [name]: bytes });
    await page.status(/^weights\.pth holds/);

    // Errors are beside the network, and it stays as it was written.
    for (const [json, pattern] of [
      ['{', /^With this network for the weights of weights\.pth, the architecture in the file is not JSON\./],
      [draft.replace('"outputs":5', '"outputs":6'), /^With this network for the weights of weights\.pth, /],
    ] as const) {
      await tab.fill('#network-json', json);
      await apply();
      assert.match(await page.complaint(), pattern);
      assert.ok(await tab.locator('#network-complaint #alert').isVisible());
      assert.is(await tab.inputValue('#network-json'), json);
      await tab.click('#dismiss');
    }
    // Data may come before the network is settled: they are read with it.
    await page.drop(brought.data);
    await page.status(/^weights\.pth holds/);
    await tab.fill('#network-json', architectureJson(brought.architecture));
    const [saved] = await Promise.all([tab.waitForEvent('download'), tab.click('#network-save')]);
    assert.is(saved.suggestedFilename(), 'network.json');
    assert.is(await readFile(await saved.path(), 'utf8'), await tab.inputValue('#network-json'));
    await tab.fill('[name=labelColumn]', 'kind');
    await apply();
    await page.shows('model-name', name);
    await page.idle();
    assert.is((await found(page, 'model-found'))['Format'], 'PyTorch');
    assert.is((await found(page, 'data-found'))['Classes'], '4: k0, k1, k2, k3');
    assert.match(
      await page.text('command'),
      /--model weights\.pth --architecture network\.json --data images\.csv/,
    );
    assert.match(await page.text('command'), / --label-column kind$/);
    assert.is(await tab.locator('#network-json').isVisible(), false, 'it is folded away once it is used');
    // It is right on its data only if its network is the one that was written.
    assert.is(await tab.locator('#digits .wrong').count(), 0);
    await assertPruned(page, brought, 'pth');

    await tab.click('#bundled-model');
    await page.shows('model-name', 'the bundled model');
    assert.is(await tab.locator('#network').isVisible(), false);
  });
});

test('a folder of images for each class is dropped or chosen, and a wrong one is told below the drop zone', async () => {
  const brought = imageFolders();
  await inFolder(async (dir) => {
    for (const [path, bytes] of Object.entries({ ...brought.data, 'animals/.hidden': Buffer.from('x') })) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), bytes);
    }
    await withSearchPage(browser, FRAGMENT, async (page) => {
      const { tab } = page;
      await page.choose('model', brought.model);
      await page.status(/^Choose data/);
      await dropFolder(page, join(dir, 'animals'));
      await page.shows('data-name', 'animals (60 files)');
      await page.idle();
      assert.is((await found(page, 'data-found'))['Classes'], `3: ${FOLDERS.join(', ')}`);
      assert.equal(await tab.locator('#digits .truth').allInnerTexts(), FOLDERS);
      assert.is(await tab.locator('#digits .wrong').count(), 0);
      assert.match(await page.text('command'), / --data animals$/);
      const dropped = await assertPruned(page, brought, 'h5');

      await tab.click('#bundled-data');
      await page.status(/^Choose data/);
      await tab.setInputFiles('#folder', join(dir, 'animals'));
      await page.shows('data-name', 'animals (60 files)');
      await page.run();
      assert.is((await page.result<PruneResult>()).digest, dropped.digest);

      await page.drop({ '1.png': Object.values(brought.data)[0]! });
      assert.match(
        await page.complaint(),
        /^In the data, the image "1\.png" is in no folder, and so of no class\. Put the images of each class in a folder of its own/,
      );
      const zone = (await tab.locator('#drop-zone').boundingBox())!;
      const alert = (await tab.locator('#alert').boundingBox())!;
      assert.ok(Math.abs(alert.y - (zone.y + zone.height)) < 60, 'the error is far from the drop zone');
      assert.is(await page.text('data-name'), 'animals (60 files)', 'what was there stays');
    });
  });
});

/** As a visitor drops a folder from a file manager. */
async function dropFolder({ tab }: SearchPage, path: string): Promise<void> {
  const session = await tab.context().newCDPSession(tab);
  await tab.locator('#drop-zone').scrollIntoViewIfNeeded();
  const { x, y } = (await tab.locator('#drop-zone').boundingBox())!;
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: x + 10, y: y + 10, data });
    if (type === 'dragOver') await tab.locator('#drop-zone.over').waitFor();
  }
  assert.is(await tab.locator('#drop-zone.over').count(), 0, 'the zone stays highlighted');
  await session.detach();
}

test.run();
