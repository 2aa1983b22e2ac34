/** Runs the command line: in a process of its own, as a user does, or in this process, which is faster. */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../src/cli/main.ts';
import { inFolder } from './in-folder.ts';

export { inFolder };

export interface Ended {
  /** The exit code; as in a shell, 128 plus the signal's number for a process that a signal ended. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EndedProcess extends Ended {
  /** Since the last signal that was sent, or else since the start. */
  readonly seconds: number;
}

interface Place {
  readonly cwd?: string;
  /** Added to the environment of the tests; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface RunOptions extends Place {
  /** Sent one after the other: each `delay` ms after new text on standard error matches `after`. */
  readonly signals?: readonly { readonly after: RegExp; readonly delay?: number; readonly signal?: Signal }[];
  /** Of memory that the process may write to, at any time. */
  readonly maxBytes?: number;
  /** Seconds after which the process is killed and the promise rejects. */
  readonly timeout?: number;
  /** The file that Node runs. */
  readonly entry?: string;
  /** Streams whose other end is closed before anything is written to them. */
  readonly closed?: readonly ('stdout' | 'stderr')[];
}

type Signal = 'SIGINT' | 'SIGTERM';

/** The words of a command, with a space between them; or a list, where a word is empty or holds a space. */
export type CommandLine = string | readonly string[];

const wordsOf = (line: CommandLine): readonly string[] => (typeof line === 'string' ? line.split(' ') : line);

export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** What processes run: where the runner says that the build is new, the built file, which starts a second sooner. */
const STARTED =
  process.env['MASKSEARCH_TEST_BUILT'] === '1'
    ? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
    : MAIN;

/** `masksearch ...line` in a process of its own. */
export function run(line: CommandLine, options: RunOptions = {}): Promise<EndedProcess> {
  const args = wordsOf(line);
  const { cwd, env, signals = [], maxBytes, timeout = 120, entry = STARTED, closed = [] } = options;
  return new Promise((resolve, reject) => {
    let since = performance.now();
    // By its URL: a package name would be resolved from `cwd`.
    const loader = entry.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
    const command = [process.execPath, ...loader, entry, ...args];
    // Of a shell, whose limits go to what it becomes.
    const limit =
      maxBytes === undefined ? [] : ['sh', '-c', `ulimit -d ${maxBytes >> 10} && exec "$@"`, 'sh'];
    const [first, ...others] = [...limit, ...command];
    const child = spawn(first!, others, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      if (closed.includes(name)) child[name].destroy();
      else child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
    }

    let sent = 0;
    let read = 0;
    child.stderr.on('data', () => {
      const next = signals[sent];
      const found = next?.after.exec(output.stderr.slice(read));
      if (!next || !found) return;
      sent++;
      read += found.index + found[0].length;
      setTimeout(() => {
        since = performance.now();
        child.kill(next.signal ?? 'SIGINT');
      }, next.delay ?? 0);
    });

    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeout * 1000);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const seconds = (performance.now() - since) / 1000;
      if (late) reject(new Error(`masksearch ${args.join(' ')} was not done after ${timeout} s`));
      else if (sent < signals.length) reject(new Error(`nothing to interrupt:\n${output.stderr}`));
      else resolve({ code: code ?? 128 + constants.signals[signal!], ...output, seconds });
    });
  });
}

/** `masksearch ...line` in this process: a second faster, but one run at a time. */
export async function runHere(line: CommandLine, { cwd, env = {} }: Place = {}): Promise<Ended> {
  const folder = process.cwd();
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  const output = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const write = stream.write.bind(stream);
    stream.write = (text: string | Uint8Array) => {
      output[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
      return true;
    };
    return () => (stream.write = write);
  });
  try {
    setEnvironment(Object.entries(env));
    if (cwd !== undefined) process.chdir(cwd);
    return { code: await main(wordsOf(line)), ...output };
  } finally {
    restore.forEach((action) => action());
    process.chdir(folder);
    setEnvironment(before);
  }
}

function setEnvironment(variables: readonly (readonly [string, string | undefined])[]): void {
  for (const [name, value] of variables) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** Paths of everything in `dir`, sorted. */
export async function listing(dir: string): Promise<readonly string[]> {
  return (await readdir(dir, { recursive: true })).sort();
}

/** Fails unless the run ended well. */
export function assertDone({ code, stderr }: Ended): void {
  assert.is(code, 0, stderr);
}

/** `run`, which must end well. */
export async function assertRuns(line: CommandLine, options: RunOptions = {}): Promise<EndedProcess> {
  const ended = await run(line, options);
  assertDone(ended);
  return ended;
}

/** `runHere`, which must end well. */
export async function assertRunsHere(line: CommandLine, place: Place = {}): Promise<Ended> {
  const ended = await runHere(line, place);
  assertDone(ended);
  return ended;
}

/** What a run in this process that must end well prints, which must be JSON. */
export async function jsonOf<T>(line: CommandLine, place: Place = {}): Promise<T> {
  const { stdout } = await assertRunsHere(line, place);
  return JSON.parse(stdout) as T;
}

/**
 * Fails unless the run ended with `code` and with nothing on its streams but one sentence that matches `pattern`: what
 * was found, what is allowed, and after a semicolon what to do. `announced` allows lines of progress before it.
 */
export function assertRefused(
  ended: Ended,
  pattern: RegExp,
  { code = 2, announced = false }: { code?: number; announced?: boolean } = {},
): void {
  const { stdout, stderr } = ended;
  assert.is(ended.code, code, `exit code ${ended.code} with ${stdout}${stderr}`);
  assert.is(stdout, '');
  const line = announced ? stderr.split('\n').slice(-2).join('\n') : stderr;
  const check = (holds: boolean, what: string) => assert.ok(holds, `${what}: ${JSON.stringify(line)}`);
  check(/^masksearch: [^\n\r]*[^.\s]; [^\n\r]*[^.\s]\.\n$/.test(line), 'not one sentence');
  // Quotes around values are optional.
  check(pattern.test(line) || pattern.test(line.replaceAll(/['"]/g, '')), `no ${pattern.source}`);
  check(!/unexpected error|\n {4}at |undefined|\[object/.test(line), 'a stack, or a value not filled in');
  // Without paths, options and what the user wrote.
  const words = line.replaceAll(/\S*\/\S*|-\S+|'\S*'/g, '');
  check(!/\b[a-z]+[A-Z][a-z]|\bnormalization\./.test(words), 'a name as only a program spells it');
  // eslint-disable-next-line no-control-regex
  check(!/[\x00-\x1f\x7f]/.test(line.slice(0, -1)), 'control characters');
}

/** `assertRefused` of a run in this process, in `cwd`, in which nothing may appear, disappear or be renamed. */
export async function assertRefusedHere(
  line: CommandLine,
  pattern: RegExp,
  { cwd, ...expected }: { cwd: string; code?: number; announced?: boolean },
): Promise<void> {
  const before = await listing(cwd);
  const ended = await runHere(line, { cwd });
  assert.equal(await listing(cwd), before);
  assertRefused(ended, pattern, expected);
}

/** Bad arguments, and a pattern of the error. */
export type Refusals = readonly (readonly [args: CommandLine, pattern: RegExp])[];

export interface RefusingCommand {
  readonly command: string;
  /** Options before the bad ones, which no test's name has: they make a run short that should not have begun. */
  readonly base?: string;
  /** An empty folder unless given. */
  readonly cwd?: string;
}

/** Defines a test for each of them: `assertRefusedHere` of the command with these arguments. */
export function testRefusals(of: string | RefusingCommand, refusals: Refusals): void {
  const { command, base = '', cwd }: RefusingCommand = typeof of === 'string' ? { command: of } : of;
  const words = (line: string) => line.split(' ').filter((word) => word !== '');
  for (const [args, pattern] of refusals) {
    test(`refuses ${[...words(command), ...wordsOf(args)].map(shown).join(' ')}`, () => {
      const line = [...words(command), ...words(base), ...wordsOf(args)];
      const refused = (folder: string) => assertRefusedHere(line, pattern, { cwd: folder });
      return cwd === undefined ? inFolder(refused) : refused(cwd);
    });
  }
}

const shown = (word: string) => (word === '' ? "''" : word.replaceAll('\n', '\\n'));
