/**
 * What the linter cannot see of the house: that imports have no circle, what the browser's entry reaches, that the search is pure, and
 * that WGSL stands in shaders/ alone. And that the linter's own rules find what they should. Each rule is tried on planted violations.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ESLint, type Linter } from 'eslint';
import ts from 'typescript';
import tseslint from 'typescript-eslint';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** Text of each file by its path from the root, with slashes. */
type Files = ReadonlyMap<string, string>;

const root = join(import.meta.dirname, '..', '..');

/** Paths of all files in `folder`; installed packages, of which the peers have many, are not entered. */
function* pathsIn(folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (!entry.isDirectory()) yield path;
    else if (entry.name !== 'node_modules') yield* pathsIn(path);
  }
}

function readFiles(folder: string, endings: readonly string[]): Map<string, string> {
  const paths = existsSync(join(root, folder)) ? [...pathsIn(folder)] : [];
  const read = paths.filter((path) => endings.some((ending) => path.endsWith(ending)));
  return new Map(read.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

const source = readFiles('src', ['.ts']);

/** Written by the build: may be missing, and holds the shaders. */
const isGenerated = (path: string) => path.startsWith('src/kernels/generated/');

// Imports

interface Import {
  readonly specifier: string;
  /** Leaves nothing in the JavaScript. `import { type A }` is no such import: with our compiler options it still runs. */
  readonly typeOnly: boolean;
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
}

function visit(node: ts.Node, visitor: (node: ts.Node) => void): void {
  visitor(node);
  ts.forEachChild(node, (child) => visit(child, visitor));
}

/** By text: most files are looked at for several rules. */
const known = new Map<string, readonly Import[]>();

/** Static and dynamic imports, re-exports, `import('...')` as a type, `require('...')`. */
function importsOf(path: string, text: string): readonly Import[] {
  const imports = known.get(text) ?? findImports(parse(path, text));
  known.set(text, imports);
  return imports;
}

function findImports(file: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    const name = specifier && ts.isStringLiteralLike(specifier) ? specifier.text : '(computed)';
    imports.push({ specifier: name, typeOnly });
  };
  visit(file, (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isCallExpression(node)) {
      const { expression: called } = node;
      const isImport = called.kind === ts.SyntaxKind.ImportKeyword;
      if (isImport || (ts.isIdentifier(called) && called.text === 'require')) add(node.arguments[0], false);
    }
  });
  return imports;
}

const isRelative = (specifier: string) => /^\.{0,2}\//.test(specifier);
const resolve = (from: string, specifier: string) => posix.join(posix.dirname(from), specifier);

/** The first circle of imports that is found, types included, as a chain of paths. */
function circle(files: Files): readonly string[] | undefined {
  const done = new Set<string>();
  const search = (path: string, chain: readonly string[]): readonly string[] | undefined => {
    if (chain.includes(path)) return [...chain.slice(chain.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const { specifier } of importsOf(path, files.get(path) ?? '')) {
      const found = isRelative(specifier) && search(resolve(path, specifier), [...chain, path]);
      if (found) return found;
    }
    done.add(path);
    return undefined;
  };
  for (const path of files.keys()) {
    const found = search(path, []);
    if (found) return found;
  }
  return undefined;
}

test('no import leads back to where it came from', () => {
  assert.ok(source.size > 200);
  assert.equal(circle(source), undefined);
  const planted = new Map([
    ['src/a.ts', `import './b.ts';`],
    ['src/b.ts', `import './c/c.ts';`],
    ['src/c/c.ts', `import type { B } from '../b.ts';`],
  ]);
  assert.equal(circle(planted), ['src/b.ts', 'src/c/c.ts', 'src/b.ts']);
});

// Rooms: eslint.rooms.js says who may import whom, and the linter checks it.

// JavaScript without declarations, which only the linter loads otherwise.
const rooms = (await import(pathToFileURL(join(root, 'eslint.rooms.js')).href)) as {
  default: Linter.Config[];
};

const linter = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  overrideConfig: [
    {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser },
      plugins: { '@typescript-eslint': tseslint.plugin },
    },
    ...rooms.default,
  ] as Linter.Config[],
});

const complaints = async (filePath: string, text: string) =>
  (await linter.lintText(text, { filePath: join(root, filePath) })).flatMap(({ messages }) => messages);

test('the linter refuses what a room may not import', async () => {
  const forbidden: [path: string, text: string][] = [
    ['src/core/mask.ts', `import { x } from '../search/run.ts';`],
    ['src/search/run.ts', `import { x } from '../engine/backend.ts';`],
    ['src/search/run.ts', `import type { x } from '../kernels/spec.ts';`],
    ['src/search/run.ts', `export * from '../data/dataset.ts';`],
    ['src/search/run.ts', `import '../index.ts';`],
    ['src/search/run.ts', `await import('../engine/backend.ts');`],
    ['src/search/run.ts', `let x: import('../engine/backend.ts').Engine;`],
    ['src/search/run.ts', `import x from 'masksearch';`],
    ['src/search/article/schedule.ts', `import { x } from '../../engine/backend.ts';`],
    ['src/kernels/masked-dense.ts', `import type { x } from '../search/contract.ts';`],
    ['src/kernels/reference/masked-dense.ts', `import type { x } from '../../engine/backend.ts';`],
    ['src/network/fuse.ts', `import { x } from '../formats/idx.ts';`],
    ['src/network/fuse.ts', `import { x } from '../search/run.ts';`],
    ['src/formats/mnist.ts', `import { x } from '../engine/backend.ts';`],
    ['src/formats/mnist.ts', `import { x } from '../search/run.ts';`],
    ['src/engine/evaluator.ts', `import { x } from '../search/contract.ts';`],
    ['src/engine/evaluator.ts', `export * from '../search/contract.ts';`],
    ['src/engine/evaluator.ts', `import { x } from '../formats/idx.ts';`],
    ['src/engine/webgpu/runner.ts', `import { x } from '../../train/train.ts';`],
    ['src/train/adam.ts', `import { x } from '../search/run.ts';`],
    ['src/train/adam.ts', `import { x } from '../index.ts';`],
    ['src/baselines/wanda.ts', `import { x } from '../train/train.ts';`],
    ['src/report/chart/axes.ts', `import { x } from '../../network/network.ts';`],
    ['src/report/chart/axes.ts', `import { x } from '../../search/run.ts';`],
    ['src/pruning/images.ts', `import { x } from '../cli/options.ts';`],
    ['src/compare/tuned.ts', `import { x } from '../cli/options.ts';`],
    ['src/bench/measure.ts', `import { x } from '../train/train.ts';`],
    ['src/index.ts', `import { x } from './cli/main.ts';`],
    ['web/src/main.ts', `import { run } from '../../src/search/run.ts';`],
    ['web/src/main.ts', `import type { Mask } from 'masksearch/search';`],
    ['web/src/main.ts', `export * from '../vite.config.ts';`],
    ['web/src/result/outcome.ts', `export * from '../../vite.config.ts';`],
    ['web/src/result/outcome.ts', `import { run } from '../../../src/search/run.ts';`],
  ];
  for (const [path, text] of forbidden) {
    assert.is((await complaints(path, text)).length, 1, `${path}: ${text}`);
  }
});

test('the linter accepts what a room may import', async () => {
  const allowed: [path: string, text: string][] = [
    ['src/search/run.ts', `import { x } from './contract.ts'; import sha from '@noble/hashes/sha2.js';`],
    ['src/search/article/schedule.ts', `import { log } from '../../core/math.ts';`],
    ['src/kernels/masked-dense.ts', `import { s } from './generated/shaders.ts';`],
    ['src/engine/evaluator.ts', `export type { x } from '../search/contract.ts';`],
    ['src/engine/wasm/threads/pool.ts', `import type { x } from '../../../search/contract.ts';`],
    ['src/engine/webgpu/node/adapter.ts', `await import('webgpu');`],
    ['src/report/run/result.ts', `import type { x } from '../../search/contract.ts';`],
    ['src/pruning/prune-result.ts', `await import('../report/run/report-html.ts');`],
    ['src/cli/main.ts', `import { x } from '../search/run.ts'; import { y } from '../node.ts';`],
    ['src/node.ts', `import { x } from './engine/backend.ts';`],
    ['web/src/main.ts', `import { run } from 'masksearch/browser'; import { b } from '../worker/data.ts';`],
    ['web/src/kernels/page.ts', `import { a } from '../dom.ts'; import { b } from '../../worker/data.ts';`],
  ];
  for (const [path, text] of allowed) assert.equal(await complaints(path, text), [], `${path}: ${text}`);
});

/** The shortest chains of imports, types included, from `entry` to what does not exist in a browser. */
function platformImports(files: Files, entry: string): string[] {
  const found: string[] = [];
  const chains = new Map([[entry, entry]]);
  for (const [path, chain] of chains) {
    for (const { specifier } of importsOf(path, files.get(path) ?? '')) {
      const longer = `${chain} > ${specifier}`;
      if (isRelative(specifier)) {
        const target = resolve(path, specifier);
        if (!chains.has(target)) chains.set(target, longer);
      } else if (isBuiltin(specifier) || /^webgpu($|\/)/.test(specifier) || specifier === '(computed)') {
        found.push(longer);
      }
    }
  }
  return found;
}

test('neither the common entry, the browser nor the kernel benchmark reaches Node or the webgpu package', () => {
  const bench = ['measure', 'webgpu/bench-device', 'wasm/bench-device'].map((name) => `src/bench/${name}.ts`);
  for (const entry of ['src/index.ts', 'src/browser.ts', ...bench]) {
    assert.ok(source.has(entry), entry);
    assert.equal(platformImports(source, entry), []);
  }
});

test('a way to Node would be found', () => {
  // The entry for Node has such ways, and the search for them goes through every file.
  const ways = platformImports(source, 'src/node.ts');
  for (const name of ['node:url', 'node:fs/promises', 'node:os', 'webgpu']) {
    const isFound = ways.some((way) => way.endsWith(`> ${name}`));
    assert.ok(isFound, name);
  }
  const planted = [
    `import 'node:fs';`,
    `export * from 'fs/promises';`,
    `import { create } from 'webgpu';`,
    `import type * as webgpu from 'webgpu';`,
    `await import('node:os');`,
    `require('crypto');`,
  ];
  for (const text of planted) {
    const path = 'src/engine/webgpu/device/context.ts';
    const changed = new Map(source).set(path, `${source.get(path)}\n${text}`);
    for (const entry of ['src/index.ts', 'src/browser.ts']) {
      const [way] = platformImports(changed, entry);
      assert.ok(way?.startsWith(entry), text);
    }
  }
});

// The search is pure

/** No clock, no chance of its own, no device, no file system, no page. `AbortSignal` comes in from outside, as a type. */
const FORBIDDEN_NAMES = new Set(
  `Date performance setTimeout setInterval setImmediate queueMicrotask requestAnimationFrame fetch process document
  window self globalThis navigator location localStorage crypto Intl Worker XMLHttpRequest WebSocket Buffer require
  module global Deno Bun eval Function`.split(/\s+/),
);

/** What ECMAScript defines to the last bit; sqrt it does not, but every engine uses the processor's, which is exact. */
const EXACT_MATH =
  'abs ceil clz32 floor fround imul max min round sign sqrt trunc E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2'.split(
    ' ',
  );

const isInteger = (node: ts.Expression) => ts.isNumericLiteral(node) && Number.isInteger(Number(node.text));
const isFraction = (node: ts.Expression) => ts.isNumericLiteral(node) && !isInteger(node);

/** Uses of what would make a search depend on anything but its arguments, or on the engine's arithmetic. */
function impurities(path: string, text: string): string[] {
  const found: string[] = [];
  const file = parse(path, text);
  visit(file, (node) => {
    const report = (what: string) => {
      found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${what}`);
    };
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isMember =
        (ts.isPropertyAccessExpression(parent) ||
          ts.isPropertyAssignment(parent) ||
          ts.isTypeElement(parent)) &&
        parent.name === node;
      if (isMember) return;
      if (FORBIDDEN_NAMES.has(node.text)) report(node.text);
      if (node.text === 'Math') {
        const member = ts.isPropertyAccessExpression(parent) ? parent.name.text : '(computed)';
        if (!EXACT_MATH.includes(member)) report(`Math.${member}`);
      }
    } else if (ts.isBinaryExpression(node)) {
      const { kind } = node.operatorToken;
      if (kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken) report('**=');
      if (kind !== ts.SyntaxKind.AsteriskAsteriskToken) return;
      // A power is exact enough only of whole numbers, and at least one must be written out to be sure of it.
      const { left, right } = node;
      if (isFraction(left) || isFraction(right) || !(isInteger(left) || isInteger(right)))
        report(node.getText());
    }
  });
  return found;
}

const searchFiles = [...source].filter(([path]) => /^src\/(core|search)\//.test(path));

test('the search uses no clock, no chance but its streams, no platform and no engine-made arithmetic', () => {
  assert.ok(searchFiles.length > 10);
  const impure = searchFiles.flatMap(([path, text]) => impurities(path, text));
  assert.equal(impure, []);
});

test('the search uses no package but those for random numbers and hashes', () => {
  const packages = searchFiles.flatMap(([path, text]) =>
    importsOf(path, text)
      .map(({ specifier }) => specifier)
      .filter((specifier) => !isRelative(specifier))
      .map((specifier) => specifier.replace(/^((@[^/]+\/)?[^/]+).*/, '$1')),
  );
  assert.equal([...new Set(packages)].sort(), ['@noble/hashes', 'seedrandom']);
});

test('an impure search would be found', () => {
  const impure = [
    'const x = Math.random();',
    'const { random } = Math;',
    'const x = Math["random"]();',
    'const x = Math.exp(1);',
    'const x = [1].map(Math.log);',
    'const x = Math.pow(2, 3);',
    'const x = Math.tanh(1);',
    'const x = Math.hypot(1, 2);',
    'const x = y ** 0.5;',
    'const x = 0.5 ** y;',
    'const x = 2 ** 0.5;',
    'const x = y ** z;',
    'let x = 2; x **= 3;',
    'const now = Date.now();',
    'const now = new Date();',
    'const now = performance.now();',
    'setTimeout(() => {}, 1);',
    'await fetch(url);',
    'const x = process.env;',
    'const x = document.title;',
    'const x = globalThis.Date;',
    'const x = { fetch };',
    'const x = `${Date.now()}`;',
  ];
  for (const text of impure) assert.is(impurities('planted.ts', text).length, 1, text);
  const pure = [
    '// Math.random and Date',
    'const x = "Math.random()";',
    'const x = 2 ** y + y ** 2 + 2 ** 54;',
    'const x = Math.max(1, Math.LN2, Math.imul(2, 3));',
    'const x = y.process + y.document.Date;',
    'interface X { process: number; fetch(): void }',
    'const x = { process: 1 };',
  ];
  for (const text of pure) assert.equal(impurities('planted.ts', text), [], text);
});

// WGSL

const WGSL = [
  /@(group|binding|builtin|workgroup_size|location|id|size|align)\s*\(/,
  /@(compute|vertex|fragment)\b/,
  /\bvar\s*<\s*(storage|uniform|workgroup|private|function)\b/,
  /\b(array|vec[234]|mat[234]x[234]|ptr|atomic)\s*<\s*(f32|f16|u32|i32|bool|vec|storage|workgroup|function)/,
  /\bvec[234][fuih]\s*\(/,
  /\bfn\s+\w+\s*\([^)]*\)\s*(->|\{)/,
  /\boverride\s+\w+\s*:\s*(f32|f16|u32|i32|bool)\b/,
  /\blet\s+\w+\s*:\s*(f32|f16|u32|i32|vec[234][fuih]?)\b/,
  /\b(bitcast|select|fma)\s*<\s*[fui]32\s*>|\bworkgroupBarrier\s*\(|\bstorageBarrier\s*\(/,
];
const endings = ['.ts', '.js', '.mjs', '.html', '.wgsl'];

/** Places with WGSL outside shaders/. Tests may write some: to see that what does not compile is refused. */
function strayWgsl(files: Files): string[] {
  return [...files].flatMap(([path, text]) => {
    if (path.endsWith('.wgsl')) return [path];
    if (isGenerated(path)) return [];
    return text.split('\n').flatMap((line, i) => {
      return WGSL.some((pattern) => pattern.test(line)) ? [`${path}:${i + 1}: ${line.trim()}`] : [];
    });
  });
}

test('WGSL is written in shaders/ and nowhere else', () => {
  for (const folder of ['src', 'scripts', 'bench', 'web', 'wasm']) {
    assert.equal(strayWgsl(readFiles(folder, endings)), [], folder);
  }
});

test('WGSL elsewhere would be found', () => {
  const shaders = readFiles('shaders', ['.wgsl']);
  assert.ok(shaders.size > 3);
  for (const [path, text] of shaders) {
    const planted = new Map([['src/engine/planted.ts', `const code = \`${text}\`;`]]);
    assert.ok(strayWgsl(planted).length > 0, `${path} would not be recognised`);
  }
  assert.equal(strayWgsl(new Map([['src/engine/planted.wgsl', '']])), ['src/engine/planted.wgsl']);
});

test.run();
