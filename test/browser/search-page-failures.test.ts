/** Whatever goes wrong, the page of the search says so in a sentence, and works on. */
import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadModel, modelToSafetensors } from '../../src/node.ts';
import { openChromium } from '../helpers/browser/library-page.ts';
import {
  ENDLESS,
  searchPageTests,
  SHORT,
  withSearchPage,
  type SearchPage,
} from '../helpers/browser/search-page.ts';
import { modelOf, valuesOf } from '../helpers/data/networks.ts';
import { sample } from '../helpers/sample.ts';

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);
const pageTest = searchPageTests(browser);

/** One line that ends as a sentence. */
async function assertComplaint(page: SearchPage, pattern: RegExp): Promise<void> {
  const text = await page.complaint();
  assert.match(text, pattern);
  assert.match(text, /^\S[^\n]+\.$/);
}

/** What makes a worker end with an error. */
const DIE = `setTimeout(() => { throw new Error('planted') })`;

const NO_WEBGPU = `Object.defineProperty(navigator, 'gpu', { value: undefined });`;

/** Lets the worker run `script` before its own. */
const inWorker = (script: string) => (tab: Page) =>
  tab.route(/search-worker/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: script + (await response.text()) });
  });

/** Lets the worker have no more memory for WebAssembly; what it has stays. */
const refuseMemory = (page: SearchPage) =>
  page.worker().evaluate(`{
    globalThis.real = WebAssembly.Memory;
    WebAssembly.Memory = class { constructor() { throw new RangeError('planted'); } };
  }`);

const grantMemory = (page: SearchPage) => page.worker().evaluate('WebAssembly.Memory = real');

/** The page does what it should have done. */
async function assertWorks(page: SearchPage): Promise<void> {
  await page.tab.selectOption('[name=device]', 'wasm');
  await page.tab.fill('[name=evaluations]', '60');
  await page.run();
  assert.match(await page.text('status'), /^Done/);
  assert.match(await page.text('digest'), /^[0-9a-f]{64}$/);
  assert.is(await page.tab.locator('#complaint').isVisible(), false);
}

pageTest(
  'a lost GPU is told, and a new start takes it again',
  'preset=paper&images=60&loss-to-warmup=6&split=test&device=webgpu',
  async (page) => {
    await page.worker().evaluate(`{
      const request = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        return (globalThis.planted = await request.apply(this, args));
      };
    }`);
    await page.startSearching();
    assert.match(await page.text('status'), /^Searching on a software GPU/);
    await page.worker().evaluate('planted.destroy()');
    await assertComplaint(page, /GPU device was lost/);
    await page.idle();
    await page.tab.fill('[name=iterations]', '2');
    await page.run();
    assert.match(await page.text('status'), /^Done/);
    await page.tab.selectOption('[name=preset]', 'tuned');
    await page.tab.selectOption('[name=repair]', 'none');
    await assertWorks(page);
  },
);

const LACKS = [
  ['no WebGPU', NO_WEBGPU, /WebGPU is not available here/],
  ['no adapter', `GPU.prototype.requestAdapter = () => Promise.resolve(null)`, /no adapter here/],
] as const;
for (const [what, plant, pattern] of sample(LACKS, 2)) {
  pageTest(
    `where there is ${what} and it is asked for, the page says so, and WebAssembly can be chosen`,
    SHORT.replace('wasm', 'webgpu'),
    async (page) => {
      await page.worker().evaluate(plant);
      await page.press('start');
      await assertComplaint(page, pattern);
      await assertWorks(page);
    },
  );
}

pageTest(
  'a browser without an adapter is told so before the start, and the search takes WebAssembly',
  // Before the worker looks for one.
  { fragment: SHORT.replace('wasm', 'auto'), prepare: inWorker(NO_WEBGPU) },
  async (page) => {
    assert.match(await page.text('device-note'), /no WebGPU adapter/);
    await page.run();
    assert.match(await page.text('outcome'), /WebAssembly SIMD/);
  },
);

pageTest(
  'a GPU that cannot be asked for hinders no search on WebAssembly',
  {
    fragment: ENDLESS,
    prepare: inWorker(
      `const asked = new Promise((_, reject) => (globalThis.refuse = () => reject(new Error('planted'))));
      GPU.prototype.requestAdapter = () => asked;`,
    ),
  },
  async (page) => {
    await page.startSearching();
    await page.worker().evaluate('refuse()');
    await page.shows('device-note', 'no WebGPU adapter');
    const before = await page.text('evaluations');
    await page.tab.locator('#evaluations').filter({ hasNotText: before }).waitFor();
    assert.match(await page.text('status'), /^Searching/);
    assert.is(await page.tab.locator('#complaint').isVisible(), false);
    await page.press('stop');
    await page.status(/^Stopped/);
  },
);

pageTest('a worker that dies is replaced, whatever it was doing', ENDLESS, async (page) => {
  await page.startSearching();
  await page.worker().evaluate(DIE);
  await assertComplaint(page, /worker that searches has ended .*planted/);
  await assertWorks(page);
  await page.worker().evaluate(DIE);
  await assertComplaint(page, /planted/);
  await assertWorks(page);
});

pageTest(
  'a thread of WebAssembly that dies ends the search, and a new start has new ones',
  ENDLESS,
  async (page) => {
    await page.startSearching();
    const [thread] = page.tab.workers().filter((one) => one.url().startsWith('blob:'));
    await thread!.evaluate(DIE);
    await assertComplaint(page, /worker/);
    await page.idle();
    await assertWorks(page);
  },
);

pageTest('where memory does not suffice the page says so', SHORT, async (page) => {
  await refuseMemory(page);
  await page.press('start');
  await assertComplaint(page, /memory/);
  await grantMemory(page);
  await assertWorks(page);
});

pageTest('a file that is no model is refused, and the model before stays', SHORT, async (page) => {
  for (const [name, buffer] of [
    ['noise.safetensors', Buffer.from('not a model at all')],
    ['empty.safetensors', Buffer.alloc(0)],
  ] as const) {
    await page.tab.setInputFiles('#model-file', { name, mimeType: 'application/octet-stream', buffer });
    await assertComplaint(page, new RegExp(`^The file ${name} is no model: .+`));
    assert.is(await page.text('model-name'), 'the bundled model');
    await page.idle();
  }
  await assertWorks(page);
});

pageTest('a model is not taken while a search runs', ENDLESS, async (page) => {
  await page.startSearching();
  const buffer = Buffer.from('x');
  await page.tab.setInputFiles('#model-file', { name: 'x', mimeType: 'text/plain', buffer });
  await assertComplaint(page, /while nothing is searched or loaded/);
  await page.press('stop');
  await page.status(/^Stopped/);
});

/** Addresses, the field that each is wrong in, if the page has it, and what is told. */
const WRONG_VALUES = [
  ['images=2001', 'images', /2001.*2000/],
  ['evaluations=ten', 'evaluations', /'ten'/],
  ['evaluations=3', 'evaluations', /3/],
  ['max-accuracy-drop=-1', 'maxAccuracyDrop', /-1/],
  ['target-sparsity=1.5', 'targetSparsity', /1\.5/],
  ['preset=paper&mutation-rate=2', 'mutationRate', /“Mutation rate” is 2/],
  ['iterations=7', '', /no effect on preset tuned/],
  ['device=gpu', 'device', /gpu/],
  ['repair=none&importance=junk', 'importance', /junk.*one of/],
  ['model--file=x', '', /there is no option/i],
  ['layers=nothing', '', /nothing/],
  ['__proto__=1', '', /there is no option/i],
  ['without=reuse', '', /^Without is now disable\./],
  ['check=no', '', /^Check is no but must be true\./],
  ['disable=magic', '', /^Disable is magic but must be among prefix-cache, /],
  ['max-loss=1&target-sparsity=.5', '', /“Loss, nats” and “Share” are both given/],
  ['max-loss-penalty=3', '', /max loss penalty has no effect on preset tuned\. Take it out of the address/i],
  ['method=ga&elite-size=50', 'eliteSize', /“Elite” is 50.*“Population”/],
] as const;

pageTest('wrong values are told beside their fields', `device=wasm&${WRONG_VALUES[0][0]}`, async (page) => {
  for (const [fragment, field, pattern] of WRONG_VALUES) {
    await page.tab.evaluate(`location.hash = 'device=wasm&${fragment}'`);
    await page.tab.locator('#alert:empty').waitFor({ state: 'attached' });
    await page.press('start');
    await assertComplaint(page, pattern);
    await page.idle();
    if (field === '') continue;
    const input = page.tab.locator(`[name=${field}]`);
    assert.is(await input.getAttribute('aria-invalid'), 'true', fragment);
    assert.is(await page.tab.evaluate('document.activeElement.name'), field, fragment);
  }
});

const MISSING = [
  [
    'digits',
    /search\.safetensors/,
    (route: Route) => route.abort(),
    true,
    /search\.safetensors\.gz cannot be loaded \(.+\)\. Check the connection and press Start again\./,
  ],
  [
    'a model',
    /model\.safetensors/,
    (route: Route) => route.fulfill({ status: 503 }),
    false,
    /model\.safetensors\.gz cannot be loaded \(the server answers 503\)/,
  ],
] as const;
for (const [what, file, fail, ready, pattern] of sample(MISSING, 2, 1)) {
  test(`${what} that cannot be loaded is asked for again at the next start`, async () => {
    let broken = true;
    const prepare = (tab: Page) => tab.route(file, (route) => (broken ? fail(route) : route.continue()));
    await withSearchPage(browser, { fragment: SHORT, ready, prepare }, async (page) => {
      if (ready) await page.press('start');
      await assertComplaint(page, pattern);
      broken = false;
      await page.run();
      assert.match(await page.text('status'), /^Done/);
    });
  });
}

pageTest('what was found can be left unevaluated, and is there', ENDLESS, async (page) => {
  await page.startSearching();
  // Evaluating never ends by itself.
  await page.worker().evaluate(`{
    const post = Worker.prototype.postMessage;
    globalThis.hold = () => { Worker.prototype.postMessage = () => {}; };
    globalThis.release = () => { Worker.prototype.postMessage = post; };
    const send = postMessage;
    globalThis.postMessage = (message, ...rest) => {
      if (message.type === 'evaluating') hold();
      send(message, ...rest);
    };
  }`);
  await page.press('stop');
  await page.status(/^Evaluating/);
  await page.press('stop');
  await page.status(/^Ready/);
  assert.is(await page.tab.evaluate('document.activeElement.id'), 'start', 'the focus is lost');
  assert.ok((await page.download('masks.safetensors')).length > 61_470);
  assert.is(await page.tab.locator('#outcome a').count(), 3);
  await assertWorks(page);
});

pageTest('what was found is there even if it cannot be evaluated', ENDLESS, async (page) => {
  await page.startSearching();
  // Evaluating takes memory of its own.
  await refuseMemory(page);
  await page.press('stop');
  await assertComplaint(page, /memory.*planted/);
  await page.idle();
  assert.is(await page.tab.locator('#outcome a').count(), 3);
  await grantMemory(page);
  await assertWorks(page);
});

test('a model of one’s own outlives a worker that dies, a search that is left, and a file that is no model', async () => {
  const own = join(import.meta.dirname, '../../models/lenet5-mnist-split-2.safetensors');
  const noise = { mimeType: 'text/plain', buffer: Buffer.from('not a model at all') };
  await withSearchPage(browser, SHORT, async (page) => {
    const isOwn = async () => {
      await page.idle();
      assert.is(await page.text('model-name'), 'lenet5-mnist-split-2.safetensors');
      assert.match(await page.text('command'), /--model lenet5-mnist-split-2\.safetensors$/);
    };
    await page.chooseModel(own);
    await isOwn();
    await page.run();
    const digest = await page.text('digest');

    for (const name of ['noise.safetensors', 'lenet5-mnist-split-2.safetensors']) {
      await page.tab.setInputFiles('#model-file', { name, ...noise });
      await assertComplaint(page, /is no model/);
      await isOwn();
    }
    await page.worker().evaluate(DIE);
    await assertComplaint(page, /planted/);
    await page.run();
    await isOwn();
    assert.is(await page.text('digest'), digest);

    await page.press('start');
    await page.press('stop');
    // If the search had ended by then, Stop is disabled.
    await page.tab.click('#stop', { timeout: 2_000 }).catch(() => {});
    await isOwn();
    await page.run();
    assert.is(await page.text('digest'), digest);
  });
});

test('a model that does little better than chance is warned about', async () => {
  const model = await loadModel();
  const noise = valuesOf(model).map(({ weight, bias }) => ({
    weight: weight.map((_, i) => Math.sin(12.9898 * i)),
    bias,
  }));
  const buffer = Buffer.from(modelToSafetensors(modelOf(model.network, model.normalization, noise)));
  await withSearchPage(browser, SHORT, async (page) => {
    await page.chooseModel({ name: 'noise.safetensors', mimeType: 'x/y', buffer });
    await page.press('start');
    await assertComplaint(
      page,
      /^Warning: the unpruned (accuracy|loss) of noise\.safetensors is .*: check activation, /,
    );
  });
});

test('Start does nothing while a model is being loaded, and one search runs at a time', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const own = join(import.meta.dirname, '../../models/lenet5-mnist-split-1.safetensors');
  let first = true;
  const prepare = (tab: Page) =>
    tab.route(/data\/model/, async (route) => {
      if (!first) await held;
      first = false;
      await route.continue();
    });
  await withSearchPage(browser, { fragment: ENDLESS, prepare }, async (page) => {
    await page.chooseModel(own);
    await page.idle();
    // The bundled model is in the worker already: a new worker has to load it once more.
    await page.worker().evaluate(DIE);
    await page.complaint();
    await page.startSearching();
    await page.press('stop');
    await page.status(/^Stopped/);
    await page.tab.click('#bundled-model');
    assert.is(await page.tab.locator('#start').isEnabled(), false);
    await page.tab.evaluate(`document.querySelector('#settings').requestSubmit()`);
    release();
    await page.shows('model-name', 'the bundled model');
    await page.idle();
    assert.match(await page.text('status'), /^Ready/);
  });
});

test.run();
