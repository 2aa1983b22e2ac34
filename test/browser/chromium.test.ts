import { join } from 'node:path';
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { launchChromium } from '../helpers/chromium.ts';
import { withTimeout } from '../helpers/gpu.ts';
import { serveDirectoryOrMap } from '../helpers/static-server.ts';

const page = `<!doctype html><title>test</title><p id="text">Text</p>`;

test('a page computes on SwiftShader and reaches nothing but this machine', async () => {
  const script = await build({
    entryPoints: [join(import.meta.dirname, '../helpers/double-numbers.ts')],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const server = await serveDirectoryOrMap(
    new Map([
      ['/index.html', { type: 'text/html', body: page }],
      ['/double-numbers.js', { type: 'text/javascript', body: script.outputFiles[0]?.contents ?? '' }],
    ]),
  );
  const { browser, close } = await withTimeout(launchChromium(), 120_000, 'starting Chromium');
  try {
    const tab = await browser.newPage();
    await tab.goto(server.url);
    // Text, because tsx adds to functions what a page does not have.
    const result = await withTimeout(
      tab.evaluate<unknown>(`(async () => {
        const { doubleNumbers } = await import('/double-numbers.js');
        const adapter = await navigator.gpu.requestAdapter();
        const device = await adapter.requestDevice();
        const elsewhere = await fetch('http://example.com/', { mode: 'no-cors' }).then(() => true, () => false);
        return {
          architecture: adapter.info.architecture,
          doubled: await doubleNumbers(device, [1, 2, 3.5, -4]),
          textHeight: document.querySelector('#text').offsetHeight > 0,
          elsewhere,
        };
      })()`),
      60_000,
      'computing in the page',
    );
    assert.equal(result, {
      architecture: 'swiftshader',
      doubled: [2, 4, 7, -8],
      textHeight: true,
      elsewhere: false,
    });
    assert.is((await tab.request.get(`${server.url}/nothing`)).status(), 404);
  } finally {
    await close();
    await server.close();
  }
});

test('a folder is served with the types that a page needs', async () => {
  const server = await serveDirectoryOrMap(join(import.meta.dirname, '../..'));
  try {
    const found = await fetch(`${server.url}/package.json`);
    assert.is(found.headers.get('content-type'), 'application/json');
    assert.is(((await found.json()) as { name: string }).name, 'masksearch');
    assert.is((await fetch(`${server.url}/nothing.js`)).status, 404);
  } finally {
    await server.close();
  }
});

test.run();
