/**
 * The archives that the development package `@sparticuz/chromium` carries: SwiftShader with a Vulkan loader, and a
 * Chromium. Finds the package, where it is installed, and unpacks what is asked for once per machine and user.
 * Knows nothing of Vulkan, Dawn or browsers.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliDecompress, createBrotliDecompress } from 'node:zlib';
import { MasksearchError } from '../../../core/error.ts';

export interface BundledPackage {
  readonly version: string;
  /** The folder that holds the archives. */
  readonly archives: string;
}

/** The package, or undefined where it is not installed or its programs do not run: they are for Linux on x64. */
export function findBundledPackage(): BundledPackage | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  } catch {
    return undefined;
  }
  // The package exports its entry point alone, build/cjs/index.cjs, so the rest is found from there.
  const root = join(dirname(entry), '..', '..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { version, archives: join(root, 'bin') };
}

/**
 * Unpacks archives of the package (`x.tar.br`, or `x.br` for a single executable `x`) side by side into a folder of
 * the user's own under the temporary folder, and returns its path. `name` is that folder's name and must differ where
 * the archives differ. Later calls, and other processes, find it already there.
 */
export async function unpackOnce(
  source: BundledPackage,
  name: string,
  archives: readonly string[],
): Promise<string> {
  const cache = await privateCacheFolder();
  const folder = join(cache, `${name}-${source.version}`);
  if (await isComplete(folder)) return folder;

  // Unpacked beside and renamed: another process sees all of it or nothing, and the one that comes second gives way.
  const unpacked = `${folder}.${randomUUID()}`;
  try {
    const sizes: Record<string, number> = {};
    for (const archive of archives)
      Object.assign(sizes, await unpack(join(source.archives, archive), unpacked));
    await writeFile(join(unpacked, manifest), JSON.stringify(sizes));
    await moveIntoPlace(unpacked, folder);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
  return folder;
}

/** Programs are loaded from this folder, so nobody else may be able to write to it. */
async function privateCacheFolder(): Promise<string> {
  const user = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `masksearch-${user}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o077) !== 0) {
    throw new MasksearchError(
      'bad-input',
      `the cache folder ${folder} must be a folder that belongs to user ${user} with mode 700`,
      'remove it, or set TMPDIR to a folder of your own',
    );
  }
  return folder;
}

const manifest = '.manifest.json';

/** Whether every unpacked file is still there: cleaners of temporary folders take single files, not whole folders. */
async function isComplete(folder: string): Promise<boolean> {
  try {
    const sizes = JSON.parse(await readFile(join(folder, manifest), 'utf8')) as Record<string, number>;
    const found = await Promise.all(Object.keys(sizes).map((name) => stat(join(folder, name))));
    return Object.values(sizes).every((size, index) => found[index]?.size === size);
  } catch {
    return false;
  }
}

async function moveIntoPlace(unpacked: string, folder: string): Promise<void> {
  for (;;) {
    try {
      return await rename(unpacked, folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
    if (await isComplete(folder)) return;
    const incomplete = `${unpacked}.old`;
    try {
      await rename(folder, incomplete);
    } catch (error) {
      // Another process took it away at the same moment; then the place is free.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await rm(incomplete, { recursive: true, force: true });
  }
}

/** Returns the size of each file in bytes, by its path inside `folder`. */
async function unpack(archive: string, folder: string): Promise<Record<string, number>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!archive.endsWith('.tar.br')) {
    const name = basename(archive, '.br');
    const file = join(folder, name);
    await pipeline(
      createReadStream(archive),
      createBrotliDecompress(),
      createWriteStream(file, { mode: 0o700 }),
    );
    return { [name]: (await stat(file)).size };
  }
  const sizes: Record<string, number> = {};
  for (const { name, mode, body } of readTar(await promisify(brotliDecompress)(await readFile(archive)))) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, body);
    await chmod(file, mode & 0o700);
    sizes[name] = body.length;
  }
  return sizes;
}

/** The regular files of a tar archive. Long names, links and the like do not occur in ours and are refused. */
function* readTar(tar: Buffer): Generator<{ name: string; mode: number; body: Buffer }> {
  const field = (start: number, end: number) =>
    tar.toString('latin1', start, end).replace(/\0.*$/s, '').trim();
  const octal = (start: number, end: number) => Number.parseInt(field(start, end), 8);
  for (let header = 0; tar[header];) {
    const name = field(header, header + 100);
    const size = octal(header + 124, header + 136);
    const type = field(header + 156, header + 157);
    const body = header + 512;
    if ((type !== '0' && type !== '5') || name.split('/').includes('..')) {
      throw new Error(`cannot unpack entry "${name}" of type "${type}"`);
    }
    if (type === '0') {
      yield { name, mode: octal(header + 100, header + 108), body: tar.subarray(body, body + size) };
    }
    header = body + Math.ceil(size / 512) * 512;
  }
}
