/**
 * Runs the test files (test/**\/*.test.ts), each in a process of its own, those in test/deno/ on Deno:
 *
 *     node --import tsx scripts/test.ts [--full] [--built] [--concurrency N] [--timeout SECONDS] [part of a path ...]
 *
 * Of long tables of cases a sample runs, unless `--full`. `--built` says that dist/ is new: command lines in processes of their own
 * are then those of dist/. The last line is `N passed, M failed, K skipped`, and how many cases were left for the full run. Exit code 1 on any failure, or when nothing ran.
 */
import { spawn, type SpawnOptions } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { denoLack, spawnDeno } from './deno.ts';
import { skippedExitCode } from '../test/helpers/gpu.ts';
import { outcomeOf, type Outcome } from './test-outcome.ts';

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    built: { type: 'boolean', default: false },
    // One more than cores: tests wait for processes, browsers and software GPUs for a third of their time.
    concurrency: { type: 'string', default: `${availableParallelism() + 1}` },
    timeout: { type: 'string' },
  },
});
const timeout = Number(options.timeout ?? (options.full ? 1_200 : 300));
const root = join(import.meta.dirname, '..');
const outcomes: Outcome[] = [];

const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => `test/${path.replaceAll(sep, '/')}`)
  .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
  .sort();
await runAll(files, Number(options.concurrency));

const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
const passed = sum((outcome) => outcome.passed);
const failed = sum((outcome) => outcome.failed);
if (passed + failed === 0) console.log(files.length === 0 ? 'No test file has such a name.' : 'No test ran.');
const omitted = sum((outcome) => outcome.omitted ?? 0);
console.log(
  `${passed} passed, ${failed} failed, ${sum((outcome) => outcome.skipped)} skipped` +
    (omitted > 0 ? `; ${omitted} more cases with npm run test:all` : ''),
);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/**
 * SwiftShader and Chromium use one core and, in parts, all of them: their files run one at a time, beside the others as long as there
 * are any.
 */
async function runAll(paths: readonly string[], concurrency: number): Promise<void> {
  const isHeavy = (path: string) =>
    /^test\/(gpu|browser|deno|(backends|kernels)\/(moments\/)?webgpu)/.test(path);
  const heavy = paths.filter(isHeavy);
  const light = paths.filter((path) => !isHeavy(path));
  const work = async (...queues: readonly string[][]) => {
    const next = () => queues.find((queue) => queue.length > 0)?.shift();
    for (let path = next(); path !== undefined; path = next()) report(path, await run(path));
  };
  const others = Array.from({ length: concurrency - 1 }, () => work(light));
  await Promise.all([work(heavy, light), ...others]);
}

interface Ended {
  readonly outcome: Outcome;
  readonly output: string;
  readonly seconds: number;
}

async function run(path: string): Promise<Ended> {
  const onDeno = path.startsWith('test/deno/');
  if (onDeno && denoLack !== undefined) {
    const skips = [`all of its tests (${denoLack})`];
    return { outcome: { passed: 0, failed: 0, skipped: 1, skips }, output: '', seconds: 0 };
  }
  const start = performance.now();
  const settings: SpawnOptions = {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...(options.full && { MASKSEARCH_TEST_FULL: '1' }),
      ...(options.built && { MASKSEARCH_TEST_BUILT: '1' }),
    },
  };
  const child = onDeno
    ? await spawnDeno([path], settings)
    : spawn(process.execPath, ['--import', 'tsx', path], settings);
  const streams = [child.stdout!, child.stderr!];
  return new Promise((resolve) => {
    let output = '';
    for (const stream of streams) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }

    let timedOut = false;
    const late = setTimeout(() => {
      timedOut = true;
      child.kill(); // Lets Playwright end its browser ...
      setTimeout(() => child.kill('SIGKILL'), 5_000).unref(); // ... unless the test is stuck in a loop.
    }, timeout * 1_000);

    child.on('exit', () => {
      clearTimeout(late);
      // 'close' waits for the pipes, which a process that the test left behind would hold open.
      setTimeout(() => streams.forEach((stream) => stream.destroy()), 2_000).unref();
    });
    child.on('close', (exitCode) => {
      // A file may be left out as a whole only if that was asked for.
      const maySkip = process.env['MASKSEARCH_TEST_GPU'] === 'skip';
      const outcome = timedOut
        ? { passed: 0, failed: 1, skipped: 0, problem: `not done after ${timeout} s` }
        : outcomeOf(stripVTControlCharacters(output), exitCode, maySkip ? skippedExitCode : undefined);
      resolve({ outcome, output, seconds: (performance.now() - start) / 1_000 });
    });
  });
}

function report(path: string, { outcome, output, seconds }: Ended): void {
  outcomes.push(outcome);
  const { passed, failed, skipped, skips = [], problem } = outcome;
  const verdict = failed > 0 ? 'FAILED' : passed > 0 ? 'ok' : 'skipped';
  const counts = `${passed + failed} tests${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  console.log(`${verdict} ${path} (${counts}, ${seconds.toFixed(1)} s)`);
  for (const skip of skips) console.log(`  left out: ${skip}`);
  if (failed === 0) return;
  if (problem) console.log(`  ${problem}`);
  console.log(output.trimEnd());
}
