/**
 * Build step: bundles the compiled browser entry into dist/bundle/ for pages without a bundler, as modules that a browser
 * loads as they are. Each dynamic import becomes a file of its own.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The folder of the package that a file belongs to: `node_modules/name`, `node_modules/@scope/name`, or this project. */
function packageFolder(file: string): string {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file.replaceAll('\\', '/'))?.[0] ?? root;
}

/** A package's licence and notice, and the licences of others' code that it keeps in `licenses/`. */
function licenceTexts(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => /^(licen[cs]e|notice)/i.test(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : path;
    })
    .map((file) => readFileSync(file, 'utf8'));
}

/** The comments that a file starts with. */
const HEADER = /^(?:\s*(?:\/\*[^]*?\*\/|\/\/.*))+/;

/** As a comment that esbuild keeps. */
const legalComment = (text: string) => `/*!\n${text.trim().replaceAll('*/', '* /')}\n*/\n`;

/**
 * Puts in front of each file its package's licence and its own copyright notice, in the form that esbuild keeps:
 * minifying drops other comments, and hardly any package marks its notice. esbuild writes equal comments once.
 */
function keepLicences(licensed: Set<string>): Plugin {
  return {
    name: 'keep-licences',
    setup(build) {
      build.onLoad({ filter: /\.js$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const folder = packageFolder(path);
        const header = HEADER.exec(text)?.[0] ?? '';
        const notice = header.includes('Copyright')
          ? header.replace(/^\s*(?:\/\/ ?|\/\*|\*\/)/gm, '')
          : undefined;
        const legal = [...licenceTexts(folder), ...(notice ? [notice] : [])];
        if (legal.length > 0) licensed.add(folder);
        return { contents: legal.map(legalComment).join('') + text, loader: 'js' };
      });
    },
  };
}

const licensed = new Set<string>();
const { metafile } = await build({
  entryPoints: { masksearch: 'dist/browser.js' },
  absWorkingDir: root,
  outdir: 'dist/bundle',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  legalComments: 'eof',
  metafile: true,
  plugins: [keepLicences(licensed)],
});
const unlicensed = Object.keys(metafile.inputs)
  .map((file) => packageFolder(join(root, file)))
  .filter((folder) => !licensed.has(folder));
if (unlicensed.length > 0) throw new Error(`without a licence text: ${[...new Set(unlicensed)].join(', ')}`);
