import * as assert from 'uvu/assert';

/** One of 100 counts is this many standard deviations off once in 1,400 choices of the seeds. */
const FAR = 4.5;

/** Fails unless `count` of `trials` is what an event of probability `p` gives, within chance. */
export function assertFrequency(count: number, trials: number, p: number, label: string): void {
  if (p === 0 || p === 1) return assert.is(count, p * trials, label);
  const deviations = (count - trials * p) / Math.sqrt(trials * p * (1 - p));
  assert.ok(Math.abs(deviations) < FAR, `${label}: ${count} of ${trials}, p = ${p}, ${deviations} off`);
}
