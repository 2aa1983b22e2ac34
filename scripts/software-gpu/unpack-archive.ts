/** Unpacks the two kinds of archives of `@sparticuz/chromium`: `x.tar.br`, and `x.br` for a single executable `x`. */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliDecompress, createBrotliDecompress } from 'node:zlib';

/**
 * Unpacks `archive` into `folder`, readable by this user alone. Returns the size of each file in bytes, by its path inside
 * `folder`. Rejects for a tar archive with links, long names or paths that lead out of `folder`: ours have none.
 */
export async function unpackArchive(archive: string, folder: string): Promise<Record<string, number>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return archive.endsWith('.tar.br') ? unpackTar(archive, folder) : unpackExecutable(archive, folder);
}

async function unpackExecutable(archive: string, folder: string): Promise<Record<string, number>> {
  const name = basename(archive, '.br');
  const file = join(folder, name);
  await pipeline(
    createReadStream(archive),
    createBrotliDecompress(),
    createWriteStream(file, { mode: 0o700 }),
  );
  return { [name]: (await stat(file)).size };
}

async function unpackTar(archive: string, folder: string): Promise<Record<string, number>> {
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

/** The regular files of a tar archive. Throws for an entry that is neither a file nor a folder. */
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
