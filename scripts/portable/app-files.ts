/** Lists the files of the project and its packages that the command line loads: the portable archive holds no others. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { MasksearchError } from '../../src/core/error.ts';

const ENTRY = 'dist/cli/main.js';

/** Files that the command line opens by path, so that no import names them. */
const OPENED = [
  'package.json',
  'LICENSE',
  'dist/data/mnist.safetensors',
  'models/lenet5-mnist.safetensors',
  'node_modules/webgpu/dist/linux-x64/dawn.node',
];

/**
 * Paths inside `root`, the folder of the project, with the licences of the packages among them. Rejects with 'bad-input'
 * if the project is not built.
 */
export async function appFiles(root: string): Promise<readonly string[]> {
  for (const file of [ENTRY, ...OPENED]) {
    if (!existsSync(join(root, file))) {
      throw new MasksearchError('bad-input', `there is no ${file}`, 'run `npm ci && npm run build`');
    }
  }
  const files = new Set(OPENED);
  for (const file of await importedFiles(root)) {
    files.add(file);
    // Node reads the nearest of these to tell a module from a script, and the package's own to resolve its name.
    for (let folder = dirname(file); isInPackage(folder); folder = dirname(folder)) {
      const manifest = `${folder}/package.json`;
      if (existsSync(join(root, manifest))) files.add(manifest);
    }
  }
  const packages = new Set([...files].flatMap((file) => packageFolder(file) ?? []));
  for (const folder of packages) licenceFiles(root, folder).forEach((file) => files.add(file));
  return [...files].sort();
}

/** Everything that `import` and `require` reach, resolved as Node does: without conditions of bundlers. */
async function importedFiles(root: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [ENTRY],
    absWorkingDir: root,
    bundle: true,
    write: false,
    outfile: 'traced.js',
    metafile: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['main'],
    conditions: [],
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs);
}

/** The folder of the package that a file belongs to: `node_modules/name` or `node_modules/@scope/name`. */
function packageFolder(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}

const isInPackage = (folder: string) => packageFolder(`${folder}/`) !== undefined;

/** A package's licence files, or its README if there are none: some packages state their licence there. */
function licenceFiles(root: string, folder: string): readonly string[] {
  const filesOf = (inner: string) =>
    readdirSync(join(root, inner), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => `${inner}/${name}`);
  const own = filesOf(folder);
  const named = (pattern: RegExp) => own.filter((file) => pattern.test(basename(file)));
  const licences = named(/^(licen[cs]e|notice)/i);
  const found = licences.length > 0 ? licences : named(/^readme/i);
  if (found.length === 0) {
    throw new MasksearchError('bad-input', `${folder} has no licence text`, 'install the package again');
  }
  const more = `${folder}/licenses`;
  return existsSync(join(root, more)) ? [...found, ...filesOf(more)] : found;
}
