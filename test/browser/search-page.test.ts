/** The page of the search finds in a real Chromium what Node finds. */
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preview } from 'vite';
import {
  loadMnist,
  loadModel,
  openEngine,
  pruneModel,
  searchTask,
  unseenImages,
  type Engine,
  type PruneResult,
  type Pruned,
} from '../../src/node.ts';
import { POLICY } from '../../web/headers.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { openChromium } from '../helpers/browser/library-page.ts';
import { optionsOf, SearchPage, searchPageTests, withSearchPage } from '../helpers/browser/search-page.ts';

const splits = await loadMnist();
const MODELS = join(import.meta.dirname, '../../models');

/** What Node finds with these options, which are those of an address. */
async function inNode(
  fragment: string,
  open: () => Promise<Engine> = () => openEngine({ device: 'wasm' }),
  modelFile?: string,
): Promise<Pruned> {
  const model = await loadModel(modelFile);
  const engine = await open();
  try {
    const task = searchTask(optionsOf(fragment), splits, model, engine);
    return await pruneModel(engine, model, task, {
      modelName: 'the bundled model',
      test: unseenImages(task, splits),
      openKernels: () => Promise.resolve(undefined),
    });
  } finally {
    await engine.close();
  }
}

/** Of a result, what does not depend on the machine and its cores. */
function lasting({ device, seconds, work, check, model, ...rest }: PruneResult) {
  void [device, seconds, check, model];
  return { ...rest, candidates: work.candidates, plainMacs: work.plainMacs };
}

async function assertSameFiles(page: SearchPage, { result, files }: Pruned): Promise<void> {
  assert.equal(lasting(await page.result<PruneResult>()), lasting(result));
  const names = Object.keys(files).filter((name) => name !== 'result.json' && name !== 'report.html');
  assert.ok(names.length >= 3);
  for (const name of names) {
    assert.ok(Buffer.from(files[name]!).equals(await page.download(name)), `${name} differs`);
  }
}

/** The text of a report without the figures of the machine. */
const reportText = (html: string) => html.replace(/<tr>[^]*?<\/tr>/g, '').replace(/\s+/g, ' ');

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);
const pageTest = searchPageTests(browser);

/** Pauses the search as soon as it shows an evaluation: it may be shorter than the way of a click from here. */
const PAUSE_AT_ONCE = `new MutationObserver((_, observer) => {
  const [evaluations, status, pause] = ['evaluations', 'status', 'pause'].map((id) => document.getElementById(id));
  if (!/[1-9]/.test(evaluations.textContent) || pause.disabled) return;
  observer.disconnect();
  globalThis.statusBefore = status.textContent;
  pause.click();
}).observe(document.body, { subtree: true, childList: true, characterData: true })`;

test('a tuned search, paused, stepped and resumed, leaves the files that Node leaves', async () => {
  const fragment = 'evaluations=600&images=200&repair=none&seed=page&check=true&device=wasm';
  await withSearchPage(browser, fragment, async (page) => {
    await page.tab.evaluate(PAUSE_AT_ONCE);
    await page.press('start');
    await page.status(/^Paused/);
    const before = await page.tab.evaluate<string>('statusBefore');
    assert.match(before, /^Searching on the processor \(WebAssembly SIMD, \d+ threads?\)/);
    const paused = await page.number('evaluations');
    assert.ok(paused > 0 && paused < 600, `paused at ${paused}`);
    await page.tab.waitForTimeout(300);
    assert.is(await page.number('evaluations'), paused, 'it goes on while paused');

    await page.press('step');
    await page.tab
      .locator('#evaluations')
      .filter({ hasNotText: paused.toLocaleString('en') })
      .waitFor();
    await page.status(/^Paused/);
    const stepped = await page.number('evaluations');
    assert.ok(stepped > paused && stepped < paused + 20, `a step went from ${paused} to ${stepped}`);

    await page.press('resume');
    const [expected] = await Promise.all([inNode(fragment), page.status(/^Done/)]);
    assert.is(await page.number('evaluations'), 600);
    assert.is(await page.text('digest'), expected.result.digest);
    await assertSameFiles(page, expected);
    const report = (await page.download('report.html')).toString();
    assert.is(reportText(report), reportText(expected.files['report.html'] as string));
    // The kernels agree on the software GPU that this browser has, where they are checked only if asked.
    const { check } = await page.result<PruneResult>();
    assert.match(check!.adapter, /swiftshader/i);
    assert.ok(Math.abs(check!.loss - check!.referenceLoss) < 1e-6 * check!.referenceLoss);
  });
});

for (const fragment of [
  'preset=paper&iterations=20&images=100&loss-to-warmup=2&seed=7&device=wasm',
  'method=ga&preset=paper&generations=3&population-size=6&images=100&loss-to-warmup=2&device=wasm',
  'target-sparsity=0.6&evaluations=200&images=100&repair=none&importance=none&device=wasm',
  'target-sparsity=0.9&evaluations=60&images=100&calibration=100&device=wasm',
  'method=ga&preset=tuned&pareto=true&max-loss-rise=50&evaluations=100&images=100&repair=none&device=wasm',
]) {
  pageTest(`the page finds what Node finds: ${fragment}`, fragment, async (page) => {
    const [expected] = await Promise.all([inNode(fragment), page.run()]);
    assert.is(await page.text('digest'), expected.result.digest);
    await assertSameFiles(page, expected);
    assert.is((await page.result<PruneResult>()).check, undefined, 'there is only a software GPU');
  });
}

test('in a folder of a host without headers, workers have copies and find the same', async () => {
  const fragment = 'evaluations=100&images=100&split=test&repair=none&device=wasm';
  await withSearchPage(browser, { fragment, headers: {}, folder: 'web/' }, async (page) => {
    assert.is(await page.tab.evaluate('crossOriginIsolated'), false);
    const policy = await page.tab.getAttribute('meta[http-equiv="Content-Security-Policy"]', 'content');
    assert.is(policy, POLICY, 'the policy is in the page itself');
    const [expected] = await Promise.all([inNode(fragment), page.run()]);
    assert.is(await page.text('digest'), expected.result.digest);
  });
});

test('what `npm run web` serves, with files that it unpacks on the way, works under the policy and in isolation', async () => {
  const server = await preview({
    root: join(import.meta.dirname, '../../web'),
    preview: { port: 0, host: '127.0.0.1' },
  });
  const session = await browser.newContext({ locale: 'en-US' });
  try {
    const { port } = server.httpServer.address() as AddressInfo;
    const tab = await session.newPage();
    const response = await tab.goto(
      `http://127.0.0.1:${port}/#evaluations=60&images=100&split=test&repair=none&device=wasm`,
    );
    assert.is(response!.headers()['content-security-policy'], POLICY);
    const page = new SearchPage(tab, '', []);
    await page.idle();
    assert.is(await tab.evaluate('crossOriginIsolated'), true);
    const [expected] = await Promise.all([
      inNode('evaluations=60&images=100&split=test&repair=none'),
      page.run(),
    ]);
    assert.is(await page.text('digest'), expected.result.digest);
    const model = await fetch(`http://127.0.0.1:${port}/data/model.safetensors.gz`);
    assert.is(model.headers.get('content-encoding'), 'gzip', 'other hosts are tried above');
  } finally {
    await session.close();
    await server.close();
  }
});

test('on WebGPU the page computes on the adapter it names, and finds what Node finds on such an adapter', async () => {
  const fragment = 'preset=paper&iterations=4&images=64&split=test&loss-to-warmup=6&device=webgpu';
  await withSearchPage(browser, fragment, async (page) => {
    // At the same time: a software GPU compiles and computes on one core.
    const [expected] = await Promise.all([inNode(fragment, acquireEngine), page.run()]);
    const result = await page.result<PruneResult>();
    assert.is(result.device.kind, 'webgpu');
    assert.is(result.device.architecture, 'swiftshader');
    const losses = (csv: string) => {
      const [head, ...rows] = csv.trim().split('\n');
      const column = head!.split(',').indexOf('loss');
      return rows.map((row) => Number(row.split(',')[column]));
    };
    const found = losses((await page.download('history.csv')).toString());
    const wanted = losses(expected.files['history.csv'] as string);
    assert.is(found.length, wanted.length);
    assert.ok(found.length > 5, `${found.length} steps`);
    found.forEach((loss, i) => assert.ok(Math.abs(loss - wanted[i]!) < 1e-6, `step ${i}`));
    assert.is(result.digest, expected.result.digest);
  });
});

pageTest(
  'a search that is stopped keeps what it found, and the next one starts anew',
  'evaluations=1000000&images=200&split=test&repair=none&device=wasm',
  async (page) => {
    await page.startSearching();
    await page.shows('accepted', /[1-9]/);
    await page.press('stop');
    await page.status(/^Stopped/);
    const result = await page.result<PruneResult>();
    assert.is(result.completed, false);
    assert.ok(result.work.candidates > 2 && result.work.candidates < 1_000_000);
    assert.match(result.digest, /^[0-9a-f]{64}$/);

    await page.tab.fill('[name=evaluations]', '100');
    const [expected] = await Promise.all([
      inNode('evaluations=100&images=200&split=test&repair=none'),
      page.run(),
    ]);
    const again = await page.result<PruneResult>();
    assert.is(again.completed, true);
    assert.is(again.digest, expected.result.digest);
  },
);

test('a model that is given or dropped is the one that is pruned', async () => {
  const path = join(MODELS, 'lenet5-mnist-split-1.safetensors');
  const fragment = 'evaluations=60&images=100&split=test&repair=none&device=wasm';
  await withSearchPage(browser, fragment, async (page) => {
    await page.chooseModel(path);
    const [expected] = await Promise.all([inNode(fragment, undefined, path), page.run()]);
    const result = await page.result<PruneResult>();
    assert.is(result.digest, expected.result.digest);
    assert.is(result.model, 'lenet5-mnist-split-1.safetensors');
    assert.match(await page.text('command'), /--model lenet5-mnist-split-1\.safetensors$/);

    await page.tab.click('#bundled-model');
    await page.shows('model-name', 'the bundled model');
    await page.run();
    assert.is.not(await page.text('digest'), expected.result.digest);

    await page.dropModel(path, 'dropped.safetensors');
    await page.run();
    assert.is(await page.text('digest'), expected.result.digest);
  });
});

test.run();
