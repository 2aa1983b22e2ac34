/** All runs of `bench schedule`, in turn, and what is reported of them. */
import type { Method } from '../../report/run/result.ts';
import type { Progress } from '../../search/contract.ts';
import { MasksearchError } from '../../core/error.ts';
import { duration } from '../../cli/terminal/format.ts';
import { timeSchedule, type ScheduleRun, type Workload } from './timing.ts';
import { FULL, type Configuration } from './configurations.ts';
import type { PaperSpec } from '../../pruning/options/search.ts';
import type { StatusLine } from '../../cli/terminal/status-line.ts';

export interface ScheduleTask extends Workload {
  /** One for each method. */
  readonly specs: readonly PaperSpec[];
  /** `full` first. */
  readonly configurations: readonly Configuration[];
  /** Runs of each configuration of each method. */
  readonly repeats: number;
}

/** A configuration of a method: the run that is in the middle by time, of an even number the faster of the two. */
export interface Measurement extends Omit<ScheduleRun, 'proposals'> {
  readonly method: Method;
  readonly configuration: string;
  /** Proposals that the search took, per second. */
  readonly candidatesPerSecond: number;
  /** `seconds` over those of `full`. */
  readonly timesFull: number;
  /** Of every run, in the order in which they ran. */
  readonly secondsOfRuns: readonly number[];
}

interface MeasureOptions {
  readonly status: StatusLine;
  readonly signal: AbortSignal;
}

/**
 * Runs every configuration of every method once, then all of them again, so that a machine that is slow for a while is slow for
 * all. Rejects with 'gpu-failed' at the first run that found something else than `full`, and with 'aborted' once `signal` is.
 */
export async function measureSchedule(
  task: ScheduleTask,
  { status, signal }: MeasureOptions,
): Promise<readonly Measurement[]> {
  const { specs, configurations, repeats } = task;
  const runs = specs.flatMap((spec) => configurations.map((configuration) => ({ spec, configuration })));
  for (const spec of specs) {
    const onProgress = () => status.update(() => `${spec.method}: warming up`);
    await timeSchedule(task, shortened(spec), FULL, { signal, onProgress });
  }

  const done = new Map<(typeof runs)[number], ScheduleRun[]>(runs.map((one) => [one, []]));
  const digests = new Map<PaperSpec, string>();
  let started = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [one, its] of done) {
      const { spec, configuration } = one;
      const label = `${spec.method} ${configuration.name}, run ${++started} of ${repeats * runs.length}`;
      const onProgress = (progress: Progress) => status.update(() => `${label}: ${where(progress)}`);
      const found = await timeSchedule(task, spec, configuration, { signal, onProgress });
      status.print(`${label}: ${duration(found.seconds)}`);
      its.push(found);
      const expected = digests.get(spec) ?? found.digest;
      digests.set(spec, expected);
      if (found.digest !== expected) throw differs(spec.method, configuration, found.digest, expected);
    }
  }
  return specs.flatMap((spec) => {
    const ofMethod = runs.filter((one) => one.spec === spec);
    const full = middle(done.get(ofMethod[0]!)!).seconds;
    return ofMethod.map((one) => measurement(spec.method, one.configuration, done.get(one)!, full));
  });
}

/** One step per layer: it compiles what the first timed run would else pay for. */
function shortened(spec: PaperSpec): PaperSpec {
  return spec.method === 'sa'
    ? { ...spec, parameters: { ...spec.parameters, iterations: 1 } }
    : { ...spec, parameters: { ...spec.parameters, generations: 1 } };
}

function measurement(
  method: Method,
  { name }: Configuration,
  runs: readonly ScheduleRun[],
  secondsOfFull: number,
): Measurement {
  const { proposals, seconds, ...rest } = middle(runs);
  return {
    method,
    configuration: name,
    seconds,
    timesFull: seconds / secondsOfFull,
    candidatesPerSecond: proposals / seconds,
    ...rest,
    secondsOfRuns: runs.map((one) => one.seconds),
  };
}

function middle(runs: readonly ScheduleRun[]): ScheduleRun {
  const sorted = runs.toSorted((a, b) => a.seconds - b.seconds);
  return sorted[(sorted.length - 1) >> 1]!;
}

function where({ layer, step, steps }: Progress): string {
  return `${layer} step ${step}/${steps}`;
}

function differs(method: Method, { name }: Configuration, found: string, expected: string): MasksearchError {
  const start = (digest: string) => `${digest.slice(0, 16)}…`;
  return new MasksearchError(
    'gpu-failed',
    `the digest of ${method} ${name} is ${start(found)} but must be ${start(expected)}, that of ${method} full`,
    'report this together with the output of `masksearch doctor`',
  );
}
