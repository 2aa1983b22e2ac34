/** What one test file came to. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Cases that only the full run has; undefined for none. */
  readonly omitted?: number;
  /** What was skipped and why, a line each. */
  readonly skips?: readonly string[];
  /** Why the file as a whole counts as failed, where its own figures do not say so. */
  readonly problem?: string;
}

/**
 * Evaluates a test file by what uvu printed and how its process ended.
 *
 * The exit code alone is not enough: uvu 0.5.6 swallows a throwing `before` hook, prints `0 / 1` and exits with 0
 * (delete the comparison of Passed with Total when it no longer does), and a file that forgets `test.run()` prints
 * nothing and exits with 0 too. A test that is left out without a word, as `test.skip` and `test.only` do, fails the file:
 * its absence would go unnoticed. `skippedExitCode` is the code with which a file says that it was left out as a whole;
 * undefined where no file may.
 */
export function outcomeOf(output: string, exitCode: number | null, skippedExitCode?: number): Outcome {
  const skips = [...output.matchAll(new RegExp(`^${SKIPPED}(.+)$`, 'gm'))].map(([, line = '']) => line);
  if (exitCode !== null && exitCode === skippedExitCode) return { passed: 0, failed: 0, skipped: 1, skips };
  const total = figure(output, 'Total');
  const passed = figure(output, 'Passed');
  const skipped = figure(output, 'Skipped') ?? 0;
  if (total === undefined || passed === undefined) {
    return { passed: 0, failed: 1, skipped: 0, problem: `no result (${ending(exitCode)})` };
  }
  const omitted = [...output.matchAll(new RegExp(`^${SAMPLED}(\\d+)$`, 'gm'))].at(-1)?.[1];
  const counted = {
    ...{ passed, failed: total - passed, skipped },
    ...(skips.length > 0 && { skips }),
    ...(omitted !== undefined && { omitted: Number(omitted) }),
  };
  if (total === 0) return { ...counted, failed: 1, problem: 'no test ran' };
  if (exitCode !== 0 && passed === total) return { ...counted, failed: 1, problem: ending(exitCode) };
  if (exitCode === 0 && passed < total) return { ...counted, problem: 'a hook threw; uvu does not say what' };
  if (skipped !== skips.length) {
    const problem = `${skipped} skipped, of which ${skips.length} say why (test/helpers/skip.ts)`;
    return { ...counted, failed: counted.failed + 1, problem };
  }
  return counted;
}

const SKIPPED = 'Left out: ';

/** The line by which a test file tells the runner what is left out, and what the machine lacks for it. */
export function skipLine(name: string, lack: string): string {
  return `${SKIPPED}${name} (${lack})`;
}

const SAMPLED = 'Left for the full run: ';

/** The line by which a test file tells the runner how many of its cases only the full run has. */
export function sampleLine(omitted: number): string {
  return `${SAMPLED}${omitted}`;
}

function ending(exitCode: number | null): string {
  return exitCode === null ? 'the process was killed' : `exit code ${exitCode}`;
}

/** The last such line of uvu's summary: an earlier one may be of a process that the test started. */
function figure(output: string, name: string): number | undefined {
  const last = [...output.matchAll(new RegExp(`^\\s*${name}:\\s+(\\d+)\\s*$`, 'gm'))].at(-1);
  return last && Number(last[1]);
}
