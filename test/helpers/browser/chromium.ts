/**
 * A Chromium with WebGPU for tests, where neither a browser nor a GPU nor the libraries of a desktop are installed:
 * the one that the development package `@sparticuz/chromium` carries.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { findChromiumPackage } from '../../../scripts/software-gpu/chromium-package.ts';
import { SOFTWARE_GPU_ARCHIVE } from '../../../scripts/software-gpu/software-gpu.ts';
import { unpackOnce } from '../../../scripts/software-gpu/unpack-once.ts';

export interface TestBrowser {
  readonly browser: Browser;
  /** Ends the browser and removes what it wrote. */
  readonly close: () => Promise<void>;
}

// Playwright itself adds the flags against first-run pages, synchronisation, updates and other background traffic.
const flags = [
  '--headless=new',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-gpu-sandbox',
  // Nothing but 127.0.0.1 can be reached: a page that loads something from elsewhere fails its test.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--no-proxy-server',
  '--disable-quic',
];

/**
 * Starts a browser whose WebGPU adapter is SwiftShader, with a new profile. `MASKSEARCH_CHROMIUM=/path` names another
 * Chromium of version 132 or later. Throws if there is none, as `acquireDevice` does without a GPU.
 */
export async function launchChromium(): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'masksearch-chromium-'));
  const clean = () => rm(folder, { recursive: true, force: true });
  try {
    const browser = await chromium.launch({
      ...(await findChromium(folder)),
      args: flags,
      chromiumSandbox: false,
    });
    return { browser, close: () => browser.close().finally(clean) };
  } catch (error) {
    await clean();
    throw error;
  }
}

interface Launch {
  readonly executablePath: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** `temporary` is a folder for files that live as long as the browser. */
async function findChromium(temporary: string): Promise<Launch> {
  const named = process.env['MASKSEARCH_CHROMIUM'];
  if (named) return { executablePath: named };

  const source = findChromiumPackage();
  if (!source) {
    throw new Error('there is no Chromium: install @sparticuz/chromium or set MASKSEARCH_CHROMIUM=/path');
  }
  // Chromium looks for SwiftShader beside its own executable.
  const folder = await unpackOnce(source, 'chromium', [
    'chromium.br',
    SOFTWARE_GPU_ARCHIVE,
    'fonts.tar.br',
    'al2023.tar.br',
  ]);
  const executablePath = join(folder, 'chromium');
  // Only the package's fonts, so that a text has the same size on every machine.
  const fonts = join(temporary, 'fonts.conf');
  await writeFile(
    fonts,
    `<fontconfig><dir>${folder}/fonts</dir><cachedir>${temporary}/fonts</cachedir></fontconfig>`,
  );
  return {
    executablePath,
    env: { ...process.env, FONTCONFIG_FILE: fonts, ...libraryPath(executablePath, join(folder, 'lib')) },
  };
}

/** The package's libraries (NSS, expat) need a newer libc than the browser, so they are used only if it does not start without. */
function libraryPath(executablePath: string, libraries: string): { LD_LIBRARY_PATH?: string } {
  if (spawnSync(executablePath, ['--version']).status === 0) return {};
  const before = process.env['LD_LIBRARY_PATH'];
  return { LD_LIBRARY_PATH: before ? `${libraries}:${before}` : libraries };
}
