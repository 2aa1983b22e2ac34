/** The library in a page: what a server must hold for it, and a browser to open it in. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { masksToSafetensors, problemOf, type Masks, type Network } from '../../../src/index.ts';
import { BUNDLED_MODEL } from '../../../src/node.ts';
import { launchChromium, type TestBrowser } from './chromium.ts';
import { withTimeout } from '../gpu.ts';
import { serveDirectoryOrMap, type ServedFile } from './static-server.ts';

const root = new URL('../../../', import.meta.url);

/** What programs of pages import: the library as `m`, and what to evaluate. */
const inputs = (candidates: number) => `
  import * as m from '/masksearch.js';
  export { m };
  const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  export const model = m.modelFromSafetensors(await bytes('/model.safetensors'));
  export const { search } = m.splitMnist(m.decodeMnist(await bytes('/mnist.safetensors')));
  export const candidates = [];
  const { layers } = m.problemOf(model.network);
  for (let i = 0; i < ${candidates}; i++) {
    candidates.push({ masks: m.masksFromSafetensors(await bytes('/masks-' + i + '.safetensors'), layers) });
  }`;

/**
 * An empty page and, as `/inputs.js`, the browser entry `m`, the `model` of a file, the digits `search` and `candidates`
 * with the given masks.
 */
export async function libraryFiles(
  network: Network,
  masks: readonly Masks[],
  modelFile: string | URL = BUNDLED_MODEL,
): Promise<Map<string, ServedFile>> {
  const { layers } = problemOf(network);
  return new Map([
    ['/index.html', { type: 'text/html', body: '<!doctype html><title>test</title>' }],
    ['/masksearch.js', await bundled('src/browser.ts')],
    ['/inputs.js', script(inputs(masks.length))],
    ['/model.safetensors', binary(await readFile(modelFile))],
    ['/mnist.safetensors', binary(await readFile(new URL('dist/data/mnist.safetensors', root)))],
    ...masks.map(
      (ofCandidate, i) =>
        [`/masks-${i}.safetensors`, binary(masksToSafetensors(ofCandidate, layers))] as const,
    ),
  ]);
}

export const script = (body: string | Uint8Array): ServedFile => ({ type: 'text/javascript', body });
const binary = (body: Uint8Array): ServedFile => ({ type: 'application/octet-stream', body });

/** A module of this repository as pages can load it. */
export async function bundled(path: string): Promise<ServedFile> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(path, root))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  return script(outputFiles[0]!.contents);
}

export function openChromium(): Promise<TestBrowser> {
  return withTimeout(launchChromium(), 120_000, 'starting Chromium');
}

/** Serves `files`, or those of the folder `files`, under `headers`, to a new tab that `use` sends to `url`. Ends both. */
export async function withTab<T>(
  browser: Browser,
  files: string | ReadonlyMap<string, ServedFile>,
  headers: Readonly<Record<string, string>> | undefined,
  use: (tab: Page, url: string) => Promise<T>,
): Promise<T> {
  const server = await serveDirectoryOrMap(files, headers);
  try {
    const tab = await browser.newPage();
    try {
      return await withTimeout(use(tab, server.url), 120_000, 'the page');
    } finally {
      await tab.close();
    }
  } finally {
    await server.close();
  }
}
