/**
 * Build step: writes the entry files of shaders/ as strings, with `#include`s resolved and without comments, which would be a third of what a page
 * loads, to src/kernels/generated/shaders.ts.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const shaders = new URL('../shaders/', import.meta.url);
const generated = new URL('../src/kernels/generated/', import.meta.url);

function readShader(name: string): string {
  const source = readFileSync(new URL(name, shaders), 'utf8');
  return source.replace(/^\/\/ #include "(.+)"$/gm, (_, fragment: string) => readShader(fragment).trimEnd());
}

/** Without comments but the directives of src/kernels/expand.ts. Lines keep their numbers. */
const withoutComments = (text: string) => text.replace(/[ \t]*\/\/(?! #(for|end)\b).*$/gm, '');

const entries = readdirSync(shaders)
  .filter((name) => name.endsWith('.wgsl'))
  .sort()
  .map((name) => `  ${name.replace(/\.wgsl$/, '')}: ${JSON.stringify(withoutComments(readShader(name)))},\n`);

mkdirSync(generated, { recursive: true });
writeFileSync(
  new URL('shaders.ts', generated),
  `// Generated from shaders/ by scripts/embed-shaders.ts; edit those.\nexport const SHADERS = {\n${entries.join('')}} as const;\n`,
);
