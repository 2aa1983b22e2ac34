/** Measures the batch width of a device: how many candidates cost about as much time as one. */

/** A batch costs about as much as one candidate if it takes at most this many times as long. */
const ABOUT = 1.5;
const MAX_BATCH_WIDTH = 64;

/**
 * The largest power of two, up to 64, whose batch takes about as long as one candidate.
 *
 * @param secondsOf runs a batch of so many candidates and resolves with its time in seconds
 * @param maxBatch the most candidates that a batch may have
 */
export async function measureBatchWidth(
  secondsOf: (candidates: number) => Promise<number>,
  maxBatch = Infinity,
): Promise<number> {
  // The first run is slower: it creates what is created lazily.
  await secondsOf(1);
  const one = await fasterOfTwo(secondsOf, 1);
  let batchWidth = 1;
  for (let next = 2; next <= Math.min(MAX_BATCH_WIDTH, maxBatch); next *= 2) {
    if ((await fasterOfTwo(secondsOf, next)) > ABOUT * one) break;
    batchWidth = next;
  }
  return batchWidth;
}

/** The shorter time of two runs: other processes on the machine only ever make a run slower. */
async function fasterOfTwo(secondsOf: (candidates: number) => Promise<number>, candidates: number) {
  const first = await secondsOf(candidates);
  return Math.min(first, await secondsOf(candidates));
}
