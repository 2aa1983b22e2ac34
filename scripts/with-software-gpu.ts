/**
 * Runs a command on the software GPU (docs/without-a-gpu.md): the command line as it was built, or Node.js or npm.
 *
 *     npm run with-software-gpu -- prune --device webgpu
 *     npm run with-software-gpu -- node program.mjs
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { sentence } from '../src/cli/terminal/sentence.ts';
import { MasksearchError } from '../src/core/error.ts';
import { environmentFor, unpackSoftwareGpu } from './software-gpu/software-gpu.ts';

/** First words that name a program. Every other one is for the command line. */
const PROGRAMS = ['node', 'npm', 'npx'];
const MAIN = join(import.meta.dirname, '../dist/cli/main.js');

try {
  const gpu = await unpackSoftwareGpu();
  if (!gpu) {
    throw new MasksearchError(
      'no-device',
      'the development package @sparticuz/chromium, which contains the software GPU, is not installed or not for this platform',
      'run `npm ci` on Linux x64',
    );
  }
  process.exitCode = await run(commandOf(process.argv.slice(2)), environmentFor(gpu));
} catch (error) {
  console.error(`with-software-gpu: ${sentence(error)}`);
  process.exitCode = 1;
}

function commandOf(words: readonly string[]): readonly string[] {
  if (PROGRAMS.some((program) => program === words[0])) return words;
  if (existsSync(MAIN)) return [process.execPath, MAIN, ...words];
  throw new MasksearchError('bad-input', `there is no ${MAIN}`, 'run `npm run build`');
}

/** Resolves to the exit code; 128 plus the signal's number if a signal ended the command, as in a shell. */
function run(
  [program = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
    // A terminal sends SIGINT to the command too, which then decides when to end; kill sends SIGTERM to this process alone.
    process.on('SIGINT', () => undefined);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}
