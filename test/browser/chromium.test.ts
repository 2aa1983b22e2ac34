import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openChromium, withTab } from '../helpers/browser/library-page.ts';
import { serveDirectoryOrMap } from '../helpers/browser/static-server.ts';

const page = `<!doctype html><title>test</title><p id="text">Text</p>`;

test('a page has text, and reaches nothing but this machine', async () => {
  const { browser, close } = await openChromium();
  try {
    const files = new Map([['/index.html', { type: 'text/html', body: page }]]);
    await withTab(browser, files, undefined, async (tab, url) => {
      await tab.goto(url);
      // Text, because tsx adds to functions what a page does not have.
      const found = await tab.evaluate<unknown>(`(async () => ({
        textHeight: document.querySelector('#text').offsetHeight > 0,
        elsewhere: await fetch('http://example.com/', { mode: 'no-cors' }).then(() => true, () => false),
      }))()`);
      assert.equal(found, { textHeight: true, elsewhere: false });
      assert.is((await tab.request.get(`${url}/nothing`)).status(), 404);
    });
  } finally {
    await close();
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
