/** The page of the kernel benchmark, as `npm run build:web` makes it, in a real browser. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KERNELS, VERSION, type KernelRecord } from '../../src/browser.ts';
import { accessibilityViolations } from '../helpers/browser/axe.ts';
import { openChromium, withTab } from '../helpers/browser/library-page.ts';
import type { ServedFile } from '../helpers/browser/static-server.ts';
import { isFull } from '../helpers/sample.ts';
import { HEADERS } from '../../web/headers.ts';

const folder = join(import.meta.dirname, '../../dist/web');
if (!existsSync(join(folder, 'kernels.html'))) throw new Error('there is no page: npm run build:web');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};
const built = new Map<string, ServedFile>();
for (const name of await readdir(join(folder, 'assets'))) {
  const body = await readFile(join(folder, 'assets', name));
  built.set(`/assets/${name}`, { type: TYPES[extname(name)] ?? 'application/octet-stream', body });
}
built.set('/kernels.html', { type: TYPES['.html']!, body: await readFile(join(folder, 'kernels.html')) });
const WORKER = [...built.keys()].find((path) => path.startsWith('/assets/kernels-worker'))!;

/** The worker with something that it does first. */
const workerAfter = (text: string): ServedFile => ({
  type: TYPES['.js']!,
  body: `${text};\n${Buffer.from(built.get(WORKER)!.body).toString()}`,
});

/** The worker with at most 24 images in a case on WebAssembly, of which planting and comparing 960 takes long. */
function workerOfFewImages(): ServedFile {
  const text = Buffer.from(built.get(WORKER)!.body).toString();
  assert.match(text, /maxImages: ?960\b/);
  return { type: TYPES['.js']!, body: text.replace(/maxImages: ?960\b/, 'maxImages:24') };
}

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);

interface Visit {
  readonly tab: Page;
  /** What the server has; may be changed. */
  readonly files: Map<string, ServedFile>;
}

/** What the page must never do: break its policy, throw, or ask another origin. Shifts are kept for those who ask. */
const WATCH = `
  window.refused = []; window.shifts = [];
  document.addEventListener('securitypolicyviolation', (event) => refused.push(event.violatedDirective + ' ' + event.blockedURI));
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      shifts.push(value + ' ' + sources.map(({ node }) => node?.id || node?.nodeName).join());
    }
  }).observe({ type: 'layout-shift', buffered: true });`;

interface Planted {
  /** What the worker does before anything else. */
  readonly first?: string;
  /** What the page does before anything else. */
  readonly script?: string;
  /** Another worker. */
  readonly worker?: ServedFile;
}

function visit(
  use: (visit: Visit) => Promise<void>,
  { first, script = '', worker }: Planted = {},
): Promise<void> {
  const files = new Map(built);
  if (first !== undefined) files.set(WORKER, workerAfter(first));
  if (worker) files.set(WORKER, worker);
  return withTab(browser, files, HEADERS, async (tab, origin) => {
    const wrong: string[] = [];
    const urls: string[] = [];
    tab.on('pageerror', (error) => wrong.push(String(error)));
    tab.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) wrong.push(message.text());
    });
    tab.context().on('request', (request) => urls.push(request.url()));
    tab.setDefaultTimeout(60_000);
    await tab.addInitScript(`${WATCH}${script}`);
    await tab.goto(`${origin}/kernels.html`);
    await use({ tab, files });
    wrong.push(...(await tab.evaluate<string[]>('refused')));
    assert.equal(wrong, []);
    assert.ok(urls.includes(`${origin}${WORKER}`), 'requests of workers are not seen');
    const own = (url: string) => url.startsWith(`${origin}/`) || url.startsWith(`blob:${origin}/`);
    const elsewhere = urls.filter((url) => !own(url));
    assert.equal(elsewhere, []);
  });
}

const text = (tab: Page, selector: string) => tab.innerText(selector);

async function start(tab: Page, device: string, kernels: string): Promise<void> {
  await tab.selectOption('#device', device);
  await tab.selectOption('#kernels', kernels);
  await tab.click('#start');
}

/** Until a benchmark has ended in one way or the other. */
const ended = (tab: Page) => tab.waitForSelector('#start:enabled');

async function complete(tab: Page, device: string, kernels: string): Promise<KernelRecord> {
  await start(tab, device, kernels);
  await ended(tab);
  assert.is(await text(tab, '#problem'), '');
  return copied(tab);
}

async function copied(tab: Page): Promise<KernelRecord> {
  await tab.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await tab.click('#copy');
  await tab.waitForSelector('#copied:has-text("Copied.")');
  return JSON.parse(await tab.evaluate<string>('navigator.clipboard.readText()')) as KernelRecord;
}

/** Cells by row, of all tables. */
const rows = (tab: Page) =>
  tab.evaluate<string[][]>(
    `[...document.querySelectorAll('#tables tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`,
  );

function assertVerified({ cases, verified }: KernelRecord): void {
  assert.is(verified, true);
  for (const one of cases) {
    const name = `${one.kernel} ${one.shape}`;
    assert.is(one.verified, true, name);
    assert.ok(one.milliseconds!.median > 0 && one.gbps! > 0 && one.share! > 0, name);
  }
}

async function assertAccessible(tab: Page, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme });
    assert.equal(await accessibilityViolations(tab), [], `${what}, ${colorScheme}`);
  }
}

async function assertFits(tab: Page, what: string): Promise<void> {
  for (const width of [390, 1280, 2560]) {
    await tab.setViewportSize({ width, height: 900 });
    const wide = await tab.evaluate<number>('document.documentElement.scrollWidth');
    assert.ok(wide <= width, `${what}: ${wide} pixels in ${width}`);
  }
}

test('the structure is there without a script, and nothing is inline', () => {
  const html = Buffer.from(built.get('/kernels.html')!.body).toString();
  for (const pattern of [
    /<h1>Kernel microbenchmarks</,
    /<progress/,
    /role="alert"/,
    /href="\.\/index\.html"/,
  ]) {
    assert.match(html, pattern);
  }
  assert.not.match(html, /\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)/);
  const choices = [...html.matchAll(/<option value="(\w+)"/g)].map(([, value]) => value);
  assert.equal(choices, ['auto', 'webgpu', 'wasm', 'all', ...KERNELS]);
});

test('without a hardware GPU it is WebAssembly: all cases are verified, shown and copied, and nothing moves meanwhile', () =>
  visit(
    async ({ tab }) => {
      await tab.setViewportSize({ width: 1280, height: 900 });
      await assertAccessible(tab, 'before');
      await assertFits(tab, 'before');
      await tab.setViewportSize({ width: 390, height: 844 });
      // What the new size moved is no part of it.
      await tab.waitForTimeout(500);
      await tab.evaluate('void (shifts = [])');
      const { device, roofs, cases, browser: agent, versions, ...rest } = await complete(tab, 'auto', 'all');
      assert.equal(await tab.evaluate<string[]>('shifts'), []);
      assert.equal(Object.keys(rest), ['threads', 'method', 'verified', 'repeats', 'skipped']);
      assert.equal([device.kind, rest.threads, rest.method], ['wasm', 1, 'wall-clock']);
      assert.ok(roofs.gflops > 0 && roofs.gbps > 0);
      assert.match(agent!, /Chrome/);
      assert.equal(versions, { masksearch: VERSION });
      assertVerified({ ...rest, device, roofs, cases, versions });
      const timed = [...new Set(cases.map(({ kernel }) => kernel))];
      assert.equal(
        (await rows(tab)).map((cells) => cells.slice(0, 4)),
        timed
          .flatMap((kernel) => cases.filter((one) => one.kernel === kernel))
          .map(({ shape, density, candidates, images }) => [shape, density, candidates, images].map(String)),
      );
      assert.ok((await rows(tab)).every((cells) => / %$/.test(cells.at(-1)!)));
      assert.equal(await tab.locator('#tables caption').allInnerTexts(), timed);
      assert.equal(timed.toSorted(), KERNELS.toSorted());
      assert.match(await text(tab, '#status'), new RegExp(`^Finished: ${cases.length} cases, all verified`));
      assert.is(await text(tab, '#arithmetic-roof'), `${roofs.gflops.toFixed(1)} GFLOP/s in registers`);
      assert.is(await text(tab, '#memory-roof'), `${roofs.gbps.toFixed(1)} GB/s copied`);
      const told = /^WebAssembly with SIMD, one thread, since .* no hardware adapter here$/;
      assert.match(await text(tab, '#device-taken'), told);
      const [download] = await Promise.all([tab.waitForEvent('download'), tab.click('#download')]);
      assert.is(download.suggestedFilename(), 'masksearch-kernels.json');
      assert.equal((JSON.parse(readFileSync(await download.path(), 'utf8')) as KernelRecord).cases, cases);
      await tab.click('#legend summary');
      await assertFits(tab, 'after');
      await assertAccessible(tab, 'after');
    },
    isFull ? {} : { worker: workerOfFewImages() },
  ));

test('a GPU that is none is used where it is asked for, and said to be none', () =>
  visit(async ({ tab }) => {
    const record = await complete(tab, 'webgpu', 'softmax_cross_entropy');
    assertVerified(record);
    assert.equal([record.device.kind, record.device.software, record.threads], ['webgpu', true, undefined]);
    const widths = record.cases.map(({ candidates }) => candidates);
    assert.equal(widths, [1, 16, 64]);
    assert.is((await rows(tab)).length, 3);
    const software = /^WebGPU on a software adapter \(.*swiftshader.*\), which/i;
    assert.match(await text(tab, '#device-taken'), software);
  }));

test('Stop ends it in the middle, and a new start is a whole benchmark', () =>
  visit(async ({ tab }) => {
    await start(tab, 'webgpu', 'masked_conv2d');
    await tab.waitForSelector('#case:has-text("case 2 of ")');
    const planned = (await rows(tab)).length;
    assert.match((await rows(tab))[0]!.at(-1)!, / %$/, 'a case that is done is not shown');
    const running = new RegExp(`^case \\d+ of ${planned}: conv1, density 1, width \\d+$`);
    assert.match(await text(tab, '#case'), running);
    await tab.click('#stop');
    assert.match(await text(tab, '#status'), /^Stopped/);
    assert.is(await tab.isDisabled('#copy'), true);
    assert.is(await tab.evaluate<string>('document.activeElement.id'), 'start');
    const before = await rows(tab);
    await tab.waitForTimeout(1000);
    assert.equal(await rows(tab), before, 'it goes on');
    const record = await complete(tab, 'wasm', 'softmax_cross_entropy');
    assertVerified(record);
    assert.is((await rows(tab)).length, 1);
  }));

/** That `pattern` is what a visitor reads, and that the page works on. */
const failsOnce = (pattern: RegExp, first?: string, setUp?: (files: Visit['files']) => () => unknown) =>
  visit(
    async ({ tab, files }) => {
      const repair = setUp?.(files);
      await start(tab, 'webgpu', 'softmax_cross_entropy');
      await ended(tab);
      assert.match(await text(tab, '#problem'), pattern);
      assert.is(await text(tab, '#status'), 'The benchmark ended with an error.');
      assert.is(await tab.isDisabled('#copy'), true);
      repair?.();
      assertVerified(await complete(tab, 'wasm', 'softmax_cross_entropy'));
    },
    first === undefined ? {} : { first },
  );

test('no WebGPU is one sentence, and the page works on', () =>
  failsOnce(
    /^WebGPU is not available here; choose another device, .*\.$/,
    `Object.defineProperty(navigator, 'gpu', { value: undefined })`,
  ));

test('a device that is lost is one sentence, and the page works on', () =>
  failsOnce(
    /^The GPU device was lost \(.*\); press Start to open it again; .*\.$/,
    `const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      const device = await requestDevice.apply(this, options);
      setTimeout(() => device.destroy(), 100);
      return device;
    }`,
  ));

test('a worker that cannot be loaded is one sentence, and the page works on', () =>
  failsOnce(/^The worker that measures has ended \(.*\); press Start .*\.$/, undefined, (files) => {
    const worker = files.get(WORKER)!;
    files.delete(WORKER);
    return () => files.set(WORKER, worker);
  }));

/** The worker's results, changed on their way. */
const WRONG = `
  const post = self.postMessage.bind(self);
  const spoil = ({ milliseconds, gflops, gbps, roof, share, ...label }) => ({ ...label, verified: false, largestError: 0.25 });
  self.postMessage = ({ ...event }) => {
    if (event.type === 'case') event.result = spoil(event.result);
    if (event.type === 'done') event.record = { ...event.record, verified: false, cases: event.record.cases.map(spoil) };
    post(event);
  }`;

test('a case that is wrong is named, in words and red', () =>
  visit(
    async ({ tab }) => {
      await start(tab, 'wasm', 'softmax_cross_entropy');
      await ended(tab);
      const [line] = await tab.locator('#not-verified li').allInnerTexts();
      assert.match(
        line!,
        /^softmax_cross_entropy softmax10 .* is not verified: off by 0\.25 from the reference; /,
      );
      assert.is(await text(tab, '#status'), 'Finished: 1 case, of which 1 not verified.');
      assert.equal((await rows(tab))[0]!.slice(4), ['-', '-', '-', '-', '-', '-', 'wrong']);
      const colour = (selector: string) =>
        tab.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).color`);
      assert.is(await colour('#not-verified li'), 'rgb(179, 38, 30)');
      assert.is(await colour('#tables td:last-child'), 'rgb(179, 38, 30)');
    },
    { first: WRONG },
  ));

test('where the browser does not let a page copy, the text is selected', () =>
  visit(
    async ({ tab }) => {
      await start(tab, 'wasm', 'softmax_cross_entropy');
      await ended(tab);
      await tab.click('#copy');
      await tab.waitForSelector('#json:focus');
      const selected = await tab.evaluate<string>('getSelection().toString()');
      assertVerified(JSON.parse(selected) as KernelRecord);
      await start(tab, 'wasm', 'softmax_cross_entropy');
      await ended(tab);
      assert.is(await tab.isVisible('#json'), false, 'old results stay');
    },
    { script: `navigator.clipboard.writeText = () => Promise.reject(new Error('planted'));` },
  ));

test.run();
