/** Whatever goes wrong, the page of the search says so in a sentence, and works on. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadModel, modelToSafetensors } from '../../src/node.ts';
import { openChromium } from '../helpers/browser/library-page.ts';
import { withSearchPage, type SearchPage } from '../helpers/browser/search-page.ts';
import { modelOf, valuesOf } from '../helpers/data/networks.ts';

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);

const SHORT = 'evaluations=60&images=100&device=wasm';
const ENDLESS = 'evaluations=1000000&images=400&device=wasm';

/** One line that ends as a sentence. */
async function assertComplaint(page: SearchPage, pattern: RegExp): Promise<void> {
  const text = await page.complaint();
  assert.match(text, pattern);
  assert.match(text, /^\S[^\n]+\.$/);
}

/** What makes a worker end with an error. */
const DIE = `setTimeout(() => { throw new Error('planted') })`;

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

test('a lost GPU is told, and a new start takes it again', async () => {
  await withSearchPage(
    browser,
    async (page) => {
      await page.worker().evaluate(`{
        const request = GPUAdapter.prototype.requestDevice;
        GPUAdapter.prototype.requestDevice = async function (...args) {
          return (globalThis.planted = await request.apply(this, args));
        };
      }`);
      await page.press('start');
      await page.status(/^Searching on a software GPU/);
      await page.searching();
      await page.worker().evaluate('planted.destroy()');
      await assertComplaint(page, /GPU device was lost/);
      await page.idle();
      await page.tab.fill('[name=iterations]', '2');
      await page.run();
      assert.match(await page.text('status'), /^Done/);
      await page.tab.selectOption('[name=preset]', 'tuned');
      await assertWorks(page);
    },
    { fragment: 'preset=paper&images=60&loss-to-warmup=6&device=webgpu' },
  );
});

for (const [what, plant, pattern] of [
  [
    'no WebGPU',
    `Object.defineProperty(navigator, 'gpu', { value: undefined })`,
    /WebGPU is not available here/,
  ],
  ['no adapter', `GPU.prototype.requestAdapter = () => Promise.resolve(null)`, /no adapter here/],
] as const) {
  test(`where there is ${what} and it is asked for, the page says so, and WebAssembly can be chosen`, async () => {
    await withSearchPage(
      browser,
      async (page) => {
        await page.worker().evaluate(plant);
        await page.press('start');
        await assertComplaint(page, pattern);
        await assertWorks(page);
      },
      { fragment: 'evaluations=60&images=100&device=webgpu' },
    );
  });
}

test('a browser without an adapter is told so before the start, and the search takes WebAssembly', async () => {
  await withSearchPage(
    browser,
    async (page) => {
      assert.match(await page.text('device-note'), /no WebGPU adapter/);
      await page.run();
      assert.match(await page.text('outcome'), /WebAssembly SIMD/);
    },
    {
      fragment: 'evaluations=60&images=100',
      // Before the worker looks for one.
      prepare: (tab) =>
        tab.route(/search-worker/, async (route) => {
          const response = await route.fetch();
          const hide = `Object.defineProperty(navigator, 'gpu', { value: undefined });`;
          await route.fulfill({ response, body: hide + (await response.text()) });
        }),
    },
  );
});

test('a GPU that cannot be asked for hinders no search on WebAssembly', async () => {
  await withSearchPage(
    browser,
    async (page) => {
      await page.press('start');
      await page.tab.locator('#device-note').filter({ hasText: 'no WebGPU adapter' }).waitFor();
      await page.status(/^Done/);
    },
    {
      fragment: 'evaluations=1500&images=400&device=wasm',
      prepare: (tab) =>
        tab.route(/search-worker/, async (route) => {
          const response = await route.fetch();
          const late = `GPU.prototype.requestAdapter = () => new Promise((_, reject) => setTimeout(reject, 700, new Error('planted')));`;
          await route.fulfill({ response, body: late + (await response.text()) });
        }),
    },
  );
});

test('a worker that dies is replaced, whatever it was doing', async () => {
  await withSearchPage(
    browser,
    async (page) => {
      await page.press('start');
      await page.searching();
      await page.worker().evaluate(DIE);
      await assertComplaint(page, /worker that searches has ended .*planted/);
      await assertWorks(page);
      await page.worker().evaluate(DIE);
      await assertComplaint(page, /planted/);
      await assertWorks(page);
    },
    { fragment: ENDLESS },
  );
});

test('a thread of WebAssembly that dies ends the search, and a new start has new ones', async () => {
  await withSearchPage(
    browser,
    async (page) => {
      await page.press('start');
      await page.searching();
      const [thread] = page.tab.workers().filter((one) => one.url().startsWith('blob:'));
      await thread!.evaluate(DIE);
      await assertComplaint(page, /worker/);
      await page.idle();
      await assertWorks(page);
    },
    { fragment: ENDLESS },
  );
});

test('where memory does not suffice the page says so', async () => {
  await withSearchPage(
    browser,
    async (page) => {
      await refuseMemory(page);
      await page.press('start');
      await assertComplaint(page, /memory/);
      await grantMemory(page);
      await assertWorks(page);
    },
    { fragment: SHORT },
  );
});

test('a file that is no model is refused, and the model before stays', async () => {
  await withSearchPage(
    browser,
    async (page) => {
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
    },
    { fragment: SHORT },
  );
});

test('a model is not taken while a search runs', async () => {
  await withSearchPage(
    browser,
    async (page) => {
      await page.press('start');
      await page.searching();
      const buffer = Buffer.from('x');
      await page.tab.setInputFiles('#model-file', { name: 'x', mimeType: 'text/plain', buffer });
      await assertComplaint(page, /while nothing is searched or loaded/);
      await page.press('stop');
      await page.status(/^Stopped/);
    },
    { fragment: ENDLESS },
  );
});

for (const [fragment, field, pattern] of [
  ['images=2001', 'images', /2001.*2000/],
  ['evaluations=ten', 'evaluations', /'ten'/],
  ['evaluations=3', 'evaluations', /3/],
  ['max-accuracy-drop=-1', 'maxAccuracyDrop', /-1/],
  ['target-sparsity=1.5', 'targetSparsity', /1\.5/],
  ['preset=paper&mutation-rate=2', 'mutationRate', /“Mutation rate” is 2/],
  ['iterations=7', '', /no effect on preset tuned/],
  ['device=gpu', 'device', /gpu/],
  ['importance=junk', 'importance', /junk.*one of/],
  ['model--file=x', '', /there is no option/i],
  ['layers=nothing', '', /nothing/],
  ['__proto__=1', '', /there is no option/i],
  ['without=reuse', '', /^Without is now disable\./],
  ['check=no', '', /^Check is no but must be true\./],
  ['disable=magic', '', /^Disable is magic but must be among prefix-cache, /],
  ['max-loss=1&target-sparsity=.5', '', /“Loss, nats” and “Share” are both given/],
  ['max-loss-penalty=3', '', /max loss penalty has no effect on preset tuned\. Take it out of the address/i],
  ['method=ga&elite-size=50', 'eliteSize', /“Elite” is 50.*“Population”/],
] as const) {
  test(`a wrong value is told beside its field: ${fragment}`, async () => {
    await withSearchPage(
      browser,
      async (page) => {
        await page.press('start');
        await assertComplaint(page, pattern);
        await page.idle();
        if (field === '') return;
        const input = page.tab.locator(`[name=${field}]`);
        assert.is(await input.getAttribute('aria-invalid'), 'true');
        assert.is(await page.tab.evaluate('document.activeElement.name'), field);
      },
      { fragment: `device=wasm&${fragment}` },
    );
  });
}

test('digits that cannot be loaded are asked for again at the next start', async () => {
  let broken = true;
  await withSearchPage(
    browser,
    async (page) => {
      await page.press('start');
      await assertComplaint(
        page,
        /search\.safetensors\.gz cannot be loaded \(.+\)\. Check the connection and press Start again\./,
      );
      broken = false;
      await page.run();
      assert.match(await page.text('status'), /^Done/);
    },
    {
      fragment: SHORT,
      prepare: (tab) =>
        tab.route(/search\.safetensors/, (route) => (broken ? route.abort() : route.continue())),
    },
  );
});

test('a model that cannot be loaded is asked for again at the next start', async () => {
  let broken = true;
  await withSearchPage(
    browser,
    async (page) => {
      await assertComplaint(page, /model\.safetensors\.gz cannot be loaded \(the server answers 503\)/);
      broken = false;
      await page.run();
      assert.match(await page.text('status'), /^Done/);
    },
    {
      fragment: SHORT,
      ready: false,
      prepare: (tab) =>
        tab.route(/model\.safetensors/, (route) =>
          broken ? route.fulfill({ status: 503 }) : route.continue(),
        ),
    },
  );
});

test('what was found can be left unevaluated, and is there', async () => {
  await withSearchPage(
    browser,
    async (page) => {
      await page.press('start');
      await page.searching();
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
    },
    { fragment: ENDLESS },
  );
});

test('what was found is there even if it cannot be evaluated', async () => {
  await withSearchPage(
    browser,
    async (page) => {
      await page.press('start');
      await page.searching();
      // Evaluating takes memory of its own.
      await refuseMemory(page);
      await page.press('stop');
      await assertComplaint(page, /memory.*planted/);
      await page.idle();
      assert.is(await page.tab.locator('#outcome a').count(), 3);
      await grantMemory(page);
      await assertWorks(page);
    },
    { fragment: ENDLESS },
  );
});

test('a model of one’s own outlives a worker that dies, a search that is left, and a file that is no model', async () => {
  const own = join(import.meta.dirname, '../../models/lenet5-mnist-split-2.safetensors');
  const noise = { mimeType: 'text/plain', buffer: Buffer.from('not a model at all') };
  await withSearchPage(
    browser,
    async (page) => {
      const isOwn = async () => {
        await page.idle();
        assert.is(await page.text('model-name'), 'lenet5-mnist-split-2.safetensors');
        assert.match(await page.text('command'), /--model lenet5-mnist-split-2\.safetensors$/);
      };
      await page.tab.setInputFiles('#model-file', own);
      await page.tab.locator('#model-name').filter({ hasText: 'split-2' }).waitFor();
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
    },
    { fragment: SHORT },
  );
});

test('a model that classifies nothing is not searched', async () => {
  const model = await loadModel();
  const noise = valuesOf(model).map(({ weight, bias }) => ({
    weight: weight.map((_, i) => Math.sin(12.9898 * i) / 10),
    bias,
  }));
  const buffer = Buffer.from(modelToSafetensors(modelOf(model.network, model.normalization, noise)));
  await withSearchPage(
    browser,
    async (page) => {
      await page.tab.setInputFiles('#model-file', { name: 'noise.safetensors', mimeType: 'x/y', buffer });
      await page.tab.locator('#model-name').filter({ hasText: 'noise.safetensors' }).waitFor();
      await page.press('start');
      await assertComplaint(page, /unpruned accuracy of noise\.safetensors is .* metadata of the file/);
    },
    { fragment: SHORT },
  );
});

test('Start does nothing while a model is being loaded, and one search runs at a time', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const own = join(import.meta.dirname, '../../models/lenet5-mnist-split-1.safetensors');
  let first = true;
  await withSearchPage(
    browser,
    async (page) => {
      await page.tab.setInputFiles('#model-file', own);
      await page.tab.locator('#model-name').filter({ hasText: 'split-1' }).waitFor();
      await page.idle();
      // The bundled model is in the worker already: a new worker has to load it once more.
      await page.worker().evaluate(DIE);
      await page.complaint();
      await page.press('start');
      await page.searching();
      await page.press('stop');
      await page.status(/^Stopped/);
      await page.tab.click('#bundled-model');
      assert.is(await page.tab.locator('#start').isEnabled(), false);
      await page.tab.evaluate(`document.querySelector('#settings').requestSubmit()`);
      release();
      await page.tab.locator('#model-name').filter({ hasText: 'the bundled model' }).waitFor();
      await page.idle();
      assert.match(await page.text('status'), /^Ready/);
    },
    {
      fragment: ENDLESS,
      prepare: (tab) =>
        tab.route(/data\/model/, async (route) => {
          if (!first) await held;
          first = false;
          await route.continue();
        }),
    },
  );
});

test.run();
