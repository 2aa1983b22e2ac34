/** Runs the AssemblyScript compiler. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Compiles a source given as text, with imports relative to the root of the project. */
const COMPILER = `
  import { readFileSync } from 'node:fs';
  import asc from 'assemblyscript/asc';
  const [, source, ...options] = process.argv;
  const read = (path) => { try { return readFileSync(path, 'utf8') } catch { return null } };
  const { error, stderr } = await asc.main(['entry.ts', ...options, '--outFile', 'module.wasm'], {
    readFile: (name, folder) => (name === 'entry.ts' ? source : read(folder + '/' + name)),
    writeFile: (_, contents) => process.stdout.write(contents),
  });
  if (error) throw new Error('the WebAssembly kernels do not compile: ' + stderr);`;

const OPTIONS = [
  ...['--runtime', 'stub', '-O3', '--noAssert', '--enable', 'simd'],
  // Functions of other files than the entry may take vectors.
  ...['--disableWarning', '112'],
];

/**
 * The module of a source text, with options beside those that all of ours need. In a process without tsx, under which
 * the compiler alone takes 20 s to read.
 */
export function compileAssemblyScript(source: string, options: readonly string[]): Uint8Array {
  const program = ['--input-type=module', '--eval', COMPILER, source, ...OPTIONS, ...options];
  return execFileSync(process.execPath, program, {
    cwd: fileURLToPath(new URL('../', import.meta.url)),
    maxBuffer: 2 ** 24,
  });
}
