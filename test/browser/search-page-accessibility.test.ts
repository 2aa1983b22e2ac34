/** The page of the search is light, stable and usable by anyone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadMnist, loadModel, searchTask, type RunValues } from '../../src/node.ts';
import { accessibilityViolations } from '../helpers/browser/axe.ts';
import { openChromium } from '../helpers/browser/library-page.ts';
import {
  ENDLESS,
  optionsOf,
  SHORT,
  WEB,
  searchPageTests,
  withSearchPage,
  type SearchPage,
} from '../helpers/browser/search-page.ts';
import { sample } from '../helpers/sample.ts';

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);
const pageTest = searchPageTests(browser);

const WIDTHS = [390, 1280, 2560];
const SCHEMES = ['light', 'dark'] as const;

/** Texts that are wider than the box they stand in. */
const CLIPPED = `[...document.querySelectorAll('#digits li, #figures div, figcaption, #guesses, #outcome, .buttons button')]
  .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.textContent.trim())`;

const overflow = (tab: Page) =>
  tab.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

pageTest(
  'axe-core finds nothing before, during and after a search, nor with an error, light and dark',
  ENDLESS,
  async (page) => {
    const assertAccessible = async (when: string) => {
      for (const colorScheme of SCHEMES) {
        await page.tab.emulateMedia({ colorScheme });
        assert.equal(await accessibilityViolations(page.tab), [], `${when}, ${colorScheme}`);
      }
    };
    await assertAccessible('before');
    await page.startSearching();
    await page.press('pause');
    await page.status(/^Paused/);
    await assertAccessible('paused');
    await page.press('stop');
    await page.status(/^Stopped/);
    await assertAccessible('after');
    await page.tab.fill('[name=evaluations]', 'many');
    await page.press('start');
    await page.complaint();
    await assertAccessible('with an error');
  },
);

pageTest('axe-core would find a field without a name and a text without contrast', '', async ({ tab }) => {
  await tab.evaluate(`{
      document.body.append(document.createElement('input'));
      document.querySelector('.lead').style.color = '#ccc';
    }`);
  const found = (await accessibilityViolations(tab)).join('\n');
  assert.match(found, /^label: /m);
  assert.match(found, /^color-contrast: /m);
});

for (const width of sample(WIDTHS, 2)) {
  test(`nothing is cut off and nothing moves at ${width} pixels`, async () => {
    const watch = `
      globalThis.shifts = [];
      new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) {
          shifts.push([value, sources.map(({ node }) => node?.id || node?.className || node?.nodeName).join(' ')]);
        }
      }).observe({ type: 'layout-shift', buffered: true });`;
    await withSearchPage(
      browser,
      {
        // So sparse that digits are mistaken, which takes more room.
        fragment: 'target-sparsity=0.97&evaluations=150&images=100&split=test&repair=none&device=wasm',
        context: { viewport: { width, height: 900 } },
        prepare: (tab) => tab.addInitScript(watch),
      },
      async (page) => {
        assert.is(await overflow(page.tab), 0, 'before');
        await page.run();
        assert.is(await overflow(page.tab), 0, 'after');
        assert.ok((await page.tab.locator('#digits .wrong').count()) > 0);
        assert.equal(await page.tab.evaluate(CLIPPED), [], 'cut off');
        await page.tab.selectOption('[name=method]', 'ga');
        assert.is(await overflow(page.tab), 0, 'with the fields of another search');
        const shifts = await page.tab.evaluate<[number, string][]>('shifts');
        const sum = shifts.reduce((total, [value]) => total + value, 0);
        // A tenth is what the field calls good.
        assert.ok(sum < 0.02, `moved by ${sum}: ${JSON.stringify(shifts)}`);
      },
    );
  });
}

pageTest(
  'before the start the page loads at most 3 MB, of it at most 150 KB of compressed JavaScript',
  SHORT,
  async (page) => {
    await page.tab.waitForLoadState('networkidle');
    const paths = page.requests.map((url) => new URL(url).pathname).filter((path) => path !== 'null');
    const files = paths
      .filter((path) => path.startsWith('/'))
      .map((path) => ({ path, bytes: readFileSync(join(WEB, path)) }));
    const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const scripts = files.filter(({ path }) => path.endsWith('.js'));
    const zipped = scripts.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0);
    assert.ok(scripts.length >= 2, 'the page and its worker');
    assert.ok(total > 500_000 && total <= 3_000_000, `${total} bytes, as they lie on the server`);
    assert.ok(zipped > 10_000 && zipped <= 150_000, `${zipped} bytes of JavaScript`);
    assert.is(
      paths.filter((path) => /train|report-html|kernels|file-readers/.test(path)).length,
      0,
      'needed later only',
    );

    // What reads a visitor's files comes with the first of them.
    await page.tab.setInputFiles('#data-file', { name: 'x.npz', mimeType: 'x/y', buffer: Buffer.from('x') });
    await page.complaint();
    assert.is(page.requests.filter((url) => /file-readers/.test(url)).length, 1);
    await page.idle();

    // The report's charts come when there is a report to write, the training images when they are asked for.
    await page.run();
    assert.is(page.requests.filter((url) => /report-html/.test(url)).length, 1);
    await page.tab.selectOption('[name=split]', 'train');
    await page.run();
    assert.is(page.requests.filter((url) => /train\.safetensors/.test(url)).length, 1);
  },
);

test('the page is painted, with all its controls, before the digits have come', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await withSearchPage(
    browser,
    {
      fragment: SHORT,
      ready: false,
      prepare: (tab) => tab.route(/safetensors/, (route) => held.then(() => route.continue())),
    },
    async (page) => {
      await page.tab.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
      for (const id of ['start', 'status', 'masks', 'loss-chart', 'digits', 'pad']) {
        assert.ok(await page.tab.locator(`#${id}`).isVisible(), id);
      }
      assert.match(await page.text('status'), /Loading/);
      assert.is(await page.tab.locator('#start').isEnabled(), false);
      release();
      await page.idle();
    },
  );
});

pageTest('everything can be done with keys, and the focus is never lost', ENDLESS, async (page) => {
  const { keyboard } = page.tab;
  const focused = () => page.tab.evaluate<string>('document.activeElement.id');
  const tabTo = async (id: string) => {
    for (let i = 0; i < 40 && (await focused()) !== id; i++) await keyboard.press('Tab');
    assert.is(await focused(), id, `${id} cannot be reached`);
  };
  await tabTo('start');
  await keyboard.press('Enter');
  await page.searching();
  assert.is(await focused(), 'pause', 'pressing Start leads to what can be pressed then');
  await page.tab.focus('#pause');
  await keyboard.press(' ');
  await page.status(/^Paused/);
  await tabTo('step');
  await keyboard.press(' ');
  await page.status(/^Paused/);
  await tabTo('stop');
  await keyboard.press(' ');
  await page.status(/^Stopped/);

  await page.tab.focus('#pad');
  for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', ' '])
    await keyboard.press(key);
  for (let i = 0; i < 16; i++) await keyboard.press('ArrowDown');
  // An upright stroke.
  await page.shows('guess', /Both networks see a 1\./);
  await keyboard.press('Tab');
  assert.is(await focused(), 'clear');
  await keyboard.press('Enter');
  await page.shows('guess', 'Both networks read what you draw.');
});

pageTest(
  'a digit is drawn with a pointer, and classified anew when the network is pruned',
  'target-sparsity=0.7&evaluations=100&images=100&split=test&repair=none&device=wasm',
  async (page) => {
    await page.tab.locator('#pad').scrollIntoViewIfNeeded();
    const { x, y, width } = (await page.tab.locator('#pad').boundingBox())!;
    const at = (across: number, down: number) => [x + across * width, y + down * width] as const;
    const { mouse } = page.tab;
    await mouse.move(...at(0.5, 0.15));
    await mouse.down();
    // A ring.
    for (let i = 0; i <= 24; i++) {
      const angle = (2 * Math.PI * i) / 24;
      await mouse.move(...at(0.5 - 0.25 * Math.sin(angle), 0.5 - 0.35 * Math.cos(angle)));
    }
    await mouse.up();
    await page.shows('guess', /Both networks see a 0\./);
    const guesses = () => page.tab.locator('#guesses tbody tr').first().locator('td').allInnerTexts();
    // The ring's last points may still be on their way to the worker: the guess counts once it stays.
    let [full, same] = await guesses();
    for (let before; before !== full; [full, same] = await guesses()) {
      before = full;
      await page.tab.waitForTimeout(500);
    }
    assert.is(full, same, 'nothing is pruned yet');
    await page.run();
    const [stays, pruned] = await guesses();
    assert.is(stays, full);
    assert.is.not(pruned, full);
  },
);

/** The options of a link, as the library has them. */
function valuesOf(link: string): RunValues {
  return optionsOf(new URL(link).hash.slice(1));
}

const linkOf = async ({ tab }: SearchPage) => tab.evaluate<string>(`document.querySelector('#link').href`);

test('what the form says without being touched are the defaults of the library', async () => {
  const splits = await loadMnist();
  const model = await loadModel();
  await withSearchPage(browser, '', async (page) => {
    for (const [method, preset] of [
      ['sa', 'tuned'],
      ['ga', 'tuned'],
      ['sa', 'paper'],
      ['ga', 'paper'],
    ] as const) {
      await page.tab.selectOption('[name=method]', method);
      await page.tab.selectOption('[name=preset]', preset);
      const { spec, images, split } = searchTask(valuesOf(await linkOf(page)), splits, model);
      const expected = searchTask({ method, preset }, splits, model);
      assert.is(images.count, expected.images.count);
      assert.is(split, expected.split);
      const { maxAccuracyDrop, ...parameters } = spec.parameters as unknown as Record<string, unknown>;
      assert.equal({ ...spec, parameters }, expected.spec);
      assert.is(maxAccuracyDrop, preset === 'tuned' ? 1 : undefined);
    }
  });
});

test('a link fills the form and repeats the run', async () => {
  const wanted =
    'method=sa&preset=tuned&target-sparsity=0.5&evaluations=60&repair=none&importance=wanda&seed=a+%26+b&images=100&split=test&device=wasm';
  let digest = '';
  let link = '';
  await withSearchPage(browser, wanted, async (page) => {
    assert.is(new URL(await linkOf(page)).hash.slice(1), wanted);
    await page.run();
    digest = await page.text('digest');
    link = new URL(page.tab.url()).hash.slice(1);
    assert.is(
      await page.text('command'),
      "npx masksearch prune --method sa --preset tuned --target-sparsity 0.5 --evaluations 60 --repair none --importance wanda --seed 'a & b' --images 100 --split test --device wasm",
    );
    assert.match(await page.text('outcome'), /on the tuning images/);
  });
  await withSearchPage(browser, link, async (page) => {
    await page.run();
    assert.is(await page.text('digest'), digest);
  });
});

pageTest(
  'a link says what was left empty, and what it does not say is as in the beginning',
  'preset=paper&iterations=7&images=&device=wasm',
  async (page) => {
    assert.is(await page.tab.inputValue('[name=images]'), '');
    assert.match(await linkOf(page), /[#&]images=(&|$)/);
    assert.is((await page.text('command')).includes('--images'), false);
    await page.tab.evaluate(`location.hash = 'seed=5&patience=60&layers=fc1,fc2&check=true&disable=reuse'`);
    await page.shows('command', '--seed 5');
    assert.is(await page.tab.inputValue('[name=preset]'), 'tuned');
    assert.is(await page.tab.inputValue('[name=images]'), '2000');
    // Options without a field of their own.
    assert.match(await page.text('command'), / --patience 60 --layers fc1,fc2 --check --disable reuse( |$)/);
    // A software GPU takes long for the check.
    await page.tab.evaluate(`location.hash = location.hash.replace('&check=true', '')`);
    await page.shows('command', '--layers fc1,fc2 --disable');
    await page.tab.fill('[name=evaluations]', '100');
    await page.tab.fill('[name=images]', '100');
    await page.tab.selectOption('[name=split]', 'test');
    await page.run();
    const { parameters, layers } = await page.result<{
      parameters: Record<string, unknown>;
      layers: { weights: number; kept: number }[];
    }>();
    assert.is(parameters['patience'], 60);
    assert.is(parameters['layers'], 'fc1,fc2');
    assert.is(parameters['disable'], 'reuse');
    assert.is(layers[0]!.kept, layers[0]!.weights);
    await page.tab.fill('[name=seed]', '-1');
    assert.match(await page.text('command'), / --seed=-1 /);
  },
);

pageTest('the masks are drawn: every pruned weight is gone, every kept one is not', SHORT, async (page) => {
  const painted = `(() => {
        const probe = document.createElement('canvas').getContext('2d');
        probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--pruned');
        probe.fillRect(0, 0, 1, 1);
        const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
        return [...document.querySelectorAll('#masks canvas')].map((canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let pruned = 0, kept = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] === 0) continue;
            if (data[i] === r && data[i + 1] === g && data[i + 2] === b) pruned++; else kept++;
          }
          return [pruned, kept];
        });
      })()`;
  const weights = [150, 2400, 48_000, 10_080, 840];
  const nothingPruned = weights.map((count) => [0, count]);
  assert.equal(await page.tab.evaluate(painted), nothingPruned);
  await page.run();
  const { layers } = await page.result<{ layers: { weights: number; kept: number }[] }>();
  const asFound = layers.map(({ weights, kept }) => [weights - kept, kept]);
  assert.equal(await page.tab.evaluate(painted), asFound);
  assert.ok(layers.some(({ weights, kept }) => kept < weights));
});

test.run();
