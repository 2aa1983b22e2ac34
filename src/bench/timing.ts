/** How often something short is run for its time to be long against the clock's steps. */
import type { OpenCase } from './backend.ts';

/** Seconds that a sample takes at least: Dawn rounds a device's clock to 65.5 microseconds. */
const SAMPLE_SECONDS = 0.01;
const MAX_RUNS = 1024;

/** Seconds of one run, `repeats` times over. */
export async function sampleTimes(work: Pick<OpenCase, 'time'>, repeats: number): Promise<readonly number[]> {
  let runs = 1;
  let seconds = await work.time(runs);
  while (seconds < SAMPLE_SECONDS && runs < MAX_RUNS) {
    // Not further than 16 times at once: the first runs are slower than those to come, or too short to be seen.
    const factor = Math.ceil(Math.min(16, SAMPLE_SECONDS / Math.max(seconds, 1e-9)));
    runs = Math.min(MAX_RUNS, runs * Math.max(2, factor));
    seconds = await work.time(runs);
  }
  const samples = [seconds / runs];
  while (samples.length < repeats) samples.push((await work.time(runs)) / runs);
  return samples;
}
