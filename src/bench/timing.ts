/**
 * Samples the time of a case. Short runs are timed together, so that a sample is long compared with the clock's
 * resolution.
 */
import type { OpenCase } from './bench-device.ts';

/** Seconds of a sample at least: Dawn rounds timestamps to 65.5 microseconds. */
const SAMPLE_SECONDS = 0.01;
const MAX_RUNS = 1024;

/** `repeats` samples of the seconds of one run. */
export async function sampleTimes(work: Pick<OpenCase, 'time'>, repeats: number): Promise<readonly number[]> {
  let runs = 1;
  let seconds = await work.time(runs);
  while (seconds < SAMPLE_SECONDS && runs < MAX_RUNS) {
    // At most 16 times as many: the first runs may be slower than later ones, or shorter than the clock's resolution.
    const factor = Math.ceil(Math.min(16, SAMPLE_SECONDS / Math.max(seconds, 1e-9)));
    runs = Math.min(MAX_RUNS, runs * Math.max(2, factor));
    seconds = await work.time(runs);
  }
  const samples = [seconds / runs];
  while (samples.length < repeats) samples.push((await work.time(runs)) / runs);
  return samples;
}
