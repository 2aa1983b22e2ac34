/**
 * The page with networks other than LeNet-5: what it finds is what its command finds; of dozens of layers there is a picture of each,
 * nothing is wider than the screen, and the report fits too.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Page } from 'playwright-core';
import { modelToSafetensors } from '../../src/formats/safetensors/model.ts';
import { loadModel, type PruneResult } from '../../src/node.ts';
import { macsOf } from '../../src/engine/plan/macs.ts';
import { fuse } from '../../src/network/fuse.ts';
import { openChromium } from '../helpers/browser/library-page.ts';
import { withSearchPage } from '../helpers/browser/search-page.ts';
import { assertRuns, inFolder } from '../helpers/cli.ts';
import { deepResidual } from '../helpers/data/deep-residual.ts';
import { randomModel } from '../helpers/data/models.ts';

const LAYERS = 40;

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);

/** CSS pixels by which a page is wider than its window. */
const overflow = (tab: Page) => tab.evaluate<number>('document.documentElement.scrollWidth - innerWidth');

test('a residual network of 40 layers with long names is pruned, shown and reported on screens of any width', async () => {
  const model = randomModel(deepResidual([1, 28, 28], 10), 'page');
  const buffer = Buffer.from(modelToSafetensors(model));
  await withSearchPage(
    browser,
    'evaluations=60&images=20&split=test&repair=none&device=wasm',
    async (page) => {
      await page.chooseModel({ name: 'residual.safetensors', mimeType: 'x/y', buffer });
      assert.is(await page.tab.locator('#masks figure').count(), LAYERS);
      await page.press('start');
      await page.status(/^Done/);
      const { layers } = await page.result<PruneResult>();
      assert.is(layers.length, LAYERS);
      // The last picture is that of the last layer.
      const { name, weights, kept } = layers.at(-1)!;
      const caption = await page.tab.locator('#masks figcaption').last().innerText();
      assert.is(caption.split(',')[0], `${name} 10×8: ${kept} of ${weights} kept`);
      const report = (await page.download('report.html')).toString();
      for (const width of [1280, 390]) {
        await page.tab.setViewportSize({ width, height: 900 });
        assert.ok((await overflow(page.tab)) <= 0, `the page is wider than ${width} px`);
        const box = await page.tab.locator('#masks').boundingBox();
        assert.ok(box!.height <= 44 * 16 + 1, `the pictures are ${box!.height} px high`);
        const other = await page.tab.context().newPage();
        await other.setViewportSize({ width, height: 900 });
        await other.setContent(report);
        assert.ok((await overflow(other)) <= 0, `the report is wider than ${width} px`);
        await other.close();
      }

      // The places of LeNet-5 come back with it.
      await page.tab.click('#bundled-model');
      await page.idle();
      assert.is(await page.tab.locator('#masks figure').count(), 5);
      assert.is(await page.tab.locator('#masks.many').count(), 0);
    },
  );
});

for (const network of ['resnet', 'dscnn']) {
  test(`a dropped ${network} is pruned as by the command that the page shows, and has a picture of each layer`, async () => {
    const file = join(import.meta.dirname, `../../models/mnist-${network}.safetensors`);
    await withSearchPage(browser, 'evaluations=150&images=80&split=test&device=wasm', async (page) => {
      await page.dropModel(file);
      const command = await page.text('command');
      const words = command.replace(/^npx masksearch /, '').split(' ');
      assert.equal(words.slice(-2), ['--model', `mnist-${network}.safetensors`]);
      const line = [...words.slice(0, -1), file, '--json'];
      let found = '';
      await Promise.all([
        inFolder(async (cwd) => void (found = (await assertRuns(line, { cwd })).stdout)),
        page.run(),
      ]);
      assert.is(await page.text('command'), command);
      assert.ok((await page.number('accepted')) > 5, 'there is nothing to compare');
      const { layers, work, digest, images: tuning } = await page.result<PruneResult>();
      const fused = fuse((await loadModel(file)).network);
      // Without limits each pass would take the images that the search asked for; masks that come again may need no pass.
      const repeated = (work.candidates - work.forwardPasses) * tuning;
      const images = work.plainMacs / macsOf(fused, 0, fused.length) - repeated;
      assert.ok(work.imagesEvaluated < images, `no limit ended a pass: ${work.imagesEvaluated} of ${images}`);

      const captions = await page.tab.locator('#masks figcaption').allInnerTexts();
      const expected = layers.map(
        ({ name, shape, kept, weights }) =>
          `${name} ${shape.join('×')}: ${kept.toLocaleString('en')} of ${weights.toLocaleString('en')} kept`,
      );
      assert.equal(
        captions.map((caption) => caption.replace(/, [\d.]+ % pruned$/, '')),
        expected,
      );
      for (const picture of await page.tab.locator('#masks canvas').all()) {
        const { height } = (await picture.boundingBox())!;
        assert.ok(height >= 12, `${await picture.getAttribute('aria-label')}: ${height} px high`);
      }
      assert.ok(layers.filter(({ kept, weights }) => kept < weights).length > 3, 'few layers are pruned');

      assert.is((JSON.parse(found) as PruneResult).digest, digest);
    });
  });
}

test.run();
