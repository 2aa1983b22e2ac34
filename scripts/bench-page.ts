/**
 * Measures whether the page stutters while it searches: runs the built page in a browser and prints the tasks of its main thread
 * that took longer than 50 ms (the Long Tasks API reports no others), and the longest delay of a timer.
 *
 *     npm run build:web && node --import tsx scripts/bench-page.ts [--repeats N] [--json]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../test/helpers/browser/chromium.ts';
import { withSearchPage, type SearchPage } from '../test/helpers/browser/search-page.ts';

const { values } = parseArgs({
  options: { repeats: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});

const CASES = {
  'WebAssembly, the default search': 'evaluations=10000&device=wasm',
  'WebAssembly, the article’s annealing': 'preset=paper&device=wasm',
  'WebGPU, the default search on 200 images': 'evaluations=500&images=200&device=webgpu',
};

/** Milliseconds between the beats of a timer on the main thread. */
const BEAT = 10;

const WATCH = `
  globalThis.watched = { tasks: [], wait: 0, on: false };
  new PerformanceObserver((list) => {
    if (watched.on) watched.tasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: 'longtask' });
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (watched.on) watched.wait = Math.max(watched.wait, now - last - ${BEAT});
    last = now;
  }, ${BEAT});`;

interface Watched {
  readonly tasks: readonly number[];
  readonly wait: number;
}

interface Run extends Watched {
  readonly name: string;
  readonly device: string;
  readonly evaluationsPerSecond: number;
}

/** Throws unless the browser reports a task that is too long. */
async function checkWatch({ tab }: SearchPage): Promise<void> {
  await tab.evaluate(`new Promise((resolve) => {
    watched.on = true;
    setTimeout(() => { const start = performance.now(); while (performance.now() - start < 80); });
    setTimeout(resolve, 300);
  })`);
  const { tasks, wait } = await tab.evaluate<Watched>('({ ...watched })');
  if (tasks.length === 0 || wait < 50) throw new Error('long tasks are not seen in this browser');
  await tab.evaluate('Object.assign(watched, { tasks: [], wait: 0, on: false })');
}

async function watch(browser: Browser, name: string, fragment: string): Promise<Run> {
  let run: Run | undefined;
  const prepare = (tab: Page) => tab.addInitScript(WATCH);
  await withSearchPage(browser, { fragment, prepare }, async (page) => {
    await checkWatch(page);
    await page.startSearching();
    await page.tab.evaluate('watched.on = true');
    await page.status(/^(Evaluating|Done)/);
    const watched = await page.tab.evaluate<Watched>('(watched.on = false, watched)');
    await page.status(/^Done/);
    const result = await page.result<{
      device: { description: string; architecture: string };
      work: { candidates: number };
      seconds: number;
    }>();
    const { device, work, seconds } = result;
    run = {
      name,
      device: device.description || device.architecture,
      evaluationsPerSecond: work.candidates / seconds,
      ...watched,
    };
  });
  return run!;
}

const { browser, close } = await launchChromium();
try {
  const runs: Run[] = [];
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    for (const [name, fragment] of Object.entries(CASES)) runs.push(await watch(browser, name, fragment));
  }
  if (values.json) {
    const processor = cpus()[0]?.model ?? 'unknown';
    console.log(
      JSON.stringify({ browser: browser.version(), processor, cores: cpus().length, runs }, null, 2),
    );
  } else {
    console.log(`Chromium ${browser.version()}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}\n`);
    for (const { name, device, evaluationsPerSecond, tasks, wait } of runs) {
      console.log(
        `${name} (${device}): ${evaluationsPerSecond.toFixed(0)} evaluations/s, ${tasks.length} tasks over 50 ms` +
          `${tasks.length > 0 ? ` (longest ${Math.max(...tasks).toFixed(0)} ms)` : ''}, longest wait ${wait.toFixed(0)} ms`,
      );
    }
  }
} finally {
  await close();
}
