/**
 * Builds the portable archive (docs/portable.md): masksearch with everything it needs, for Linux x64 machines without
 * Node.js, network or Vulkan loader. Needs GNU tar, xz or gzip, and ldd.
 *
 *     npm run portable -- [--out FILE.tar.xz|FILE.tar.gz] [--level 0..9] [--node-licence FILE]
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeOptions } from '../src/cli/help.ts';
import { parseOptions } from '../src/cli/options/parse.ts';
import { sentence } from '../src/cli/terminal/sentence.ts';
import { MasksearchError } from '../src/core/error.ts';
import { choice, flag, path } from '../src/pruning/options/kinds.ts';
import { archiveSuffix, packFolder } from './portable/archive.ts';
import { PORTABLE_NAME, stagePortable } from './portable/stage.ts';

/** Bytes; what the archive may have at most. */
const MAX_BYTES = 60e6;

const root = join(import.meta.dirname, '..');
const suffix = archiveSuffix();

const options = {
  out: path('FILE', `the archive, .tar.xz or .tar.gz (default dist/portable/${PORTABLE_NAME}${suffix})`),
  level: choice(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'], 'preset of xz or gzip (default 6)'),
  nodeLicence: path(
    'FILE',
    'licence text of Node.js, where it is neither beside the program nor carried here',
  ),
  help: flag('print this help'),
};

try {
  const { out, level, nodeLicence, help } = parseOptions(options, process.argv.slice(2));
  const file = resolve(out ?? join(root, `dist/portable/${PORTABLE_NAME}${suffix}`));
  if (help) console.log(`Usage: npm run portable -- [options]\n\n${describeOptions(options)}`);
  else await buildArchive(file, Number(level ?? 6), nodeLicence);
} catch (error) {
  console.error(`portable: ${sentence(error)}`);
  process.exitCode = 1;
}

async function buildArchive(file: string, level: number, nodeLicence: string | undefined): Promise<void> {
  const start = performance.now();
  const temporary = await mkdtemp(join(tmpdir(), 'masksearch-portable-'));
  try {
    const folder = join(temporary, PORTABLE_NAME);
    await stagePortable(root, folder, { nodeLicence });
    await packFolder(folder, file, level);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  const { size } = await stat(file);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${file}: ${(size / 1e6).toFixed(1)} MB in ${seconds} s`);
  if (size > MAX_BYTES) {
    throw new MasksearchError(
      'limit-exceeded',
      `the archive has ${(size / 1e6).toFixed(1)} MB, ${MAX_BYTES / 1e6} are allowed`,
      'pass a higher --level',
    );
  }
}
