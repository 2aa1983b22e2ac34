/** All runs of `bench schedule`, one after the other, and their figures. */
import { MasksearchError } from '../../core/error.ts';
import type { PaperSpec } from '../../pruning/search/spec.ts';
import type { Method } from '../../report/run/result.ts';
import type { Progress } from '../../search/contract.ts';
import { FULL, type Configuration } from './configurations.ts';
import { timeSchedule, type ScheduleRun, type Workload } from './timing.ts';

export interface ScheduleTask extends Workload {
  /** One for each method. */
  readonly specs: readonly PaperSpec[];
  /** `full` first. */
  readonly configurations: readonly Configuration[];
  /** Runs of each configuration of each method. */
  readonly repeats: number;
}

/** The figures of a method in a configuration: those of the run with the median time, the faster of two in the middle. */
export interface Measurement extends Omit<ScheduleRun, 'proposals'> {
  readonly method: Method;
  readonly configuration: string;
  /** Proposals that the search took, per second. */
  readonly candidatesPerSecond: number;
  /** `seconds` over those of `full`. */
  readonly timesFull: number;
  /** Of all runs, in the order in which they ran. */
  readonly secondsOfRuns: readonly number[];
}

interface MeasureOptions {
  readonly signal: AbortSignal;
  /** Called often during a run; `describe` says where it is. */
  readonly onProgress?: (describe: () => string) => void;
  /** Called after each run with its label and its time. */
  readonly onRun?: (label: string, seconds: number) => void;
}

/**
 * Runs every configuration of every method once, then all of them again, so that a time during which the machine is slow affects all
 * of them. Rejects with 'gpu-failed' at the first run whose digest is not that of `full`, and with 'aborted' once `signal` is.
 */
export async function measureSchedule(
  task: ScheduleTask,
  { signal, onProgress = () => {}, onRun }: MeasureOptions,
): Promise<readonly Measurement[]> {
  const { specs, configurations, repeats } = task;
  const runs = specs.flatMap((spec) => configurations.map((configuration) => ({ spec, configuration })));
  for (const spec of specs) {
    const warmingUp = () => onProgress(() => `${spec.method}: warming up`);
    await timeSchedule(task, shortened(spec), FULL, { signal, onProgress: warmingUp });
  }

  const done = new Map<(typeof runs)[number], ScheduleRun[]>(runs.map((one) => [one, []]));
  const digests = new Map<PaperSpec, string>();
  let started = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [one, ofConfiguration] of done) {
      const { spec, configuration } = one;
      const label = `${spec.method} ${configuration.name}, run ${++started} of ${repeats * runs.length}`;
      const found = await timeSchedule(task, spec, configuration, {
        signal,
        onProgress: (progress) => onProgress(() => `${label}: ${where(progress)}`),
      });
      onRun?.(label, found.seconds);
      ofConfiguration.push(found);
      const expected = digests.get(spec) ?? found.digest;
      digests.set(spec, expected);
      if (found.digest !== expected) throw differs(spec.method, configuration, found.digest, expected);
    }
  }
  return specs.flatMap((spec) => {
    const ofMethod = runs.filter((one) => one.spec === spec);
    const full = median(done.get(ofMethod[0]!)!).seconds;
    return ofMethod.map((one) => measurement(spec.method, one.configuration, done.get(one)!, full));
  });
}

/** The same search with one step per layer: a warm-up, after which the kernels are compiled. */
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
  const { proposals, seconds, ...rest } = median(runs);
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

function median(runs: readonly ScheduleRun[]): ScheduleRun {
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
