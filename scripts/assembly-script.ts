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
  // That exported functions with vector parameters cannot be called from JavaScript: only other files of ours call them.
  ...['--disableWarning', '112'],
];

/**
 * Compiles the text of a source to a WebAssembly module, with these options after the common ones. Runs in a process without
 * tsx, with which the compiler alone takes 20 s to load.
 */
export function compileAssemblyScript(source: string, options: readonly string[]): Uint8Array {
  const program = ['--input-type=module', '--eval', COMPILER, source, ...OPTIONS, ...options];
  return execFileSync(process.execPath, program, {
    cwd: fileURLToPath(new URL('../', import.meta.url)),
    maxBuffer: 2 ** 24,
  });
}
