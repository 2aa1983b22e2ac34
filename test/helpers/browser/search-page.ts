/** The built page of the search in a real browser. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Browser, BrowserContextOptions, Page, Worker } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRunOptions, type RunValues } from '../../../src/index.ts';
import { HEADERS } from '../../../web/headers.ts';
import { withTimeout } from '../gpu.ts';
import { serveDirectoryOrMap } from './static-server.ts';

/** What `npm run build:web` makes. */
export const WEB = join(import.meta.dirname, '../../../dist/web');
if (!existsSync(join(WEB, 'index.html'))) throw new Error('there is no page: npm run build:web');

/** The options of a fragment, as the library has them. */
export function optionsOf(fragment: string): RunValues {
  const texts = [...new URLSearchParams(fragment)]
    .map(([spelled, text]) => [spelled.replace(/-(.)/g, (_, c: string) => c.toUpperCase()), text] as const)
    .filter(([name, text]) => name !== 'device' && text !== '');
  return parseRunOptions(Object.fromEntries(texts));
}

/** Fragments. They search on the test images, so that no others are left to evaluate at the end. */
export const SHORT = 'evaluations=60&images=100&split=test&repair=none&device=wasm';
export const ENDLESS = 'evaluations=1000000&images=400&split=test&repair=none&device=wasm';

/** Milliseconds for anything that the page does. */
const PATIENCE = 120_000;

export interface SearchPageOptions {
  /** Of the address, without `#`. */
  readonly fragment?: string;
  readonly context?: BrowserContextOptions;
  /** Those of a host that sends all it should, unless given. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Folder of the host that the page lies in, with a slash at its end; its root unless given. */
  readonly folder?: 'web/';
  /** Called before the page is opened. */
  readonly prepare?: (tab: Page) => Promise<unknown>;
  /** Whether to wait until digits and model are there; true unless given. */
  readonly ready?: boolean;
}

type FilePayload = Extract<Parameters<Page['setInputFiles']>[1], { buffer: Buffer }>;

/** The page, with the elements that tests use. */
export class SearchPage {
  readonly tab: Page;
  readonly url: string;
  /** Addresses of all requests. */
  readonly requests: readonly string[];

  constructor(tab: Page, url: string, requests: readonly string[]) {
    this.tab = tab;
    this.url = url;
    this.requests = requests;
  }

  text(id: string): Promise<string> {
    return this.tab.locator(`#${id}`).innerText();
  }

  /** Whole numbers are shown with commas. */
  async number(id: string): Promise<number> {
    return Number((await this.text(id)).replaceAll(',', '').replace(/ %$/, ''));
  }

  press(button: 'start' | 'pause' | 'step' | 'resume' | 'stop'): Promise<void> {
    return this.tab.click(`#${button}`, { timeout: PATIENCE });
  }

  /** Waits until the line of what is going on matches. */
  status(pattern: RegExp): Promise<void> {
    return this.shows('status', pattern);
  }

  /** Waits until the text of an element has this in it. */
  async shows(id: string, text: string | RegExp): Promise<void> {
    await this.tab.locator(`#${id}`).filter({ hasText: text }).waitFor({ timeout: PATIENCE });
  }

  async startSearching(): Promise<void> {
    await this.press('start');
    await this.searching();
  }

  /** Waits until the search has evaluated something. */
  async searching(): Promise<void> {
    await this.status(/^Searching on/);
    await this.shows('evaluations', /[1-9]/);
  }

  /** Waits until a search can be started. */
  async idle(): Promise<void> {
    await this.tab.locator('#start:enabled').waitFor({ timeout: PATIENCE });
  }

  /** The sentence of an error, once there is one. */
  async complaint(): Promise<string> {
    const alert = this.tab.locator('#alert:not(:empty)');
    await alert.waitFor({ timeout: PATIENCE });
    return alert.innerText();
  }

  /** Starts a search and waits for its end. */
  async run(): Promise<void> {
    await this.press('start');
    await this.status(/^(Done|Stopped)/);
  }

  /** Gives the page a model's file that it takes. */
  async chooseModel(file: FilePayload | string): Promise<void> {
    await this.tab.setInputFiles('#model-file', file);
    await this.shows('model-name', typeof file === 'string' ? basename(file) : file.name);
  }

  /** Drops a model's file, which the page takes, anywhere. */
  async dropModel(path: string, name = basename(path)): Promise<void> {
    await this.drop({ [name]: await readFile(path) });
    await this.shows('model-name', name);
  }

  /** Drops files, by name, anywhere. */
  async drop(files: Readonly<Record<string, Uint8Array>>): Promise<void> {
    const texts = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
    await this.tab.evaluate(`{
      const transfer = new DataTransfer();
      for (const [name, text] of ${JSON.stringify(texts)}) {
        transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
      }
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }`);
  }

  /** Chooses files, by name, in a dialog. */
  async choose(kind: 'model' | 'data', files: Readonly<Record<string, Uint8Array>>): Promise<void> {
    const payloads = Object.entries(files).map(([name, bytes]) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(bytes),
    }));
    await this.tab.setInputFiles(`#${kind}-file`, payloads);
  }

  /** The contents of a file that can be downloaded. */
  async download(name: string): Promise<Buffer> {
    const [download] = await Promise.all([
      this.tab.waitForEvent('download', { timeout: PATIENCE }),
      this.tab.click(`#outcome a[download="${name}"]`),
    ]);
    assert.is(download.suggestedFilename(), name);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async result<T = Record<string, unknown>>(): Promise<T> {
    return JSON.parse((await this.download('result.json')).toString()) as T;
  }

  /** The worker that searches; those that it computes in have no address of a file. */
  worker(): Worker {
    const [worker] = this.tab.workers().filter((one) => one.url().includes('search-worker'));
    if (!worker) throw new Error('the page has no worker');
    return worker;
  }
}

/**
 * Opens the page for `use`, with options of which a text is the fragment. Afterwards it must have asked nobody else for anything, have broken no rule of its policy, and have
 * thrown nothing.
 */
export async function withSearchPage(
  browser: Browser,
  options: string | SearchPageOptions,
  use: (page: SearchPage) => Promise<void>,
): Promise<void> {
  const given = typeof options === 'string' ? { fragment: options } : options;
  const { fragment = '', context = {}, headers = HEADERS, folder, prepare, ready = true } = given;
  const server = await serveDirectoryOrMap(folder ? dirname(WEB) : WEB, headers);
  // A locale, since a browser without one has a name for it that it does not understand itself.
  const session = await browser.newContext({ locale: 'en-US', ...context });
  try {
    const problems: string[] = [];
    const requests: string[] = [];
    session.on('request', (request) => requests.push(request.url()));
    const tab = await session.newPage();
    tab.on('pageerror', (error) => problems.push(`${error}`));
    tab.on('console', (message) => {
      if (/Content.Security.Policy/i.test(message.text())) problems.push(message.text());
    });
    await prepare?.(tab);
    await tab.goto(`${server.url}/${folder ?? ''}index.html${fragment && `#${fragment}`}`);
    const page = new SearchPage(tab, server.url, requests);
    if (ready) await page.idle();
    await withTimeout(use(page), PATIENCE, 'the page');
    assert.ok(requests.length > 2, 'requests are not seen');
    const elsewhere = requests.filter(
      (url) => !url.startsWith(`${server.url}/`) && !url.startsWith(`blob:${server.url}/`),
    );
    assert.equal(elsewhere, [], 'requests to others');
    assert.equal(problems, []);
  } finally {
    await session.close();
    await server.close();
  }
}

/** Defines tests for which the page is opened. */
export const searchPageTests =
  (browser: Browser) =>
  (name: string, options: string | SearchPageOptions, use: (page: SearchPage) => Promise<void>): void =>
    test(name, () => withSearchPage(browser, options, use));
