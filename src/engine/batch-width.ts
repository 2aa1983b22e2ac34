/** How many candidates cost about as much as one, found by trying. */

/** A batch that takes at most this many times what one candidate takes counts as about as much. */
const ABOUT = 1.5;
const MAX_BATCH_WIDTH = 64;

/**
 * @param secondsOf the time of a batch of so many candidates
 * @param largest the most that a batch may hold
 */
export async function measureBatchWidth(
  secondsOf: (candidates: number) => Promise<number>,
  largest = Infinity,
): Promise<number> {
  // The first time pays for what is made at its first use.
  await secondsOf(1);
  const one = await least(secondsOf, 1);
  let batchWidth = 1;
  for (let next = 2; next <= Math.min(MAX_BATCH_WIDTH, largest); next *= 2) {
    if ((await least(secondsOf, next)) > ABOUT * one) break;
    batchWidth = next;
  }
  return batchWidth;
}

/** The least of two: others on the machine only ever add. */
async function least(secondsOf: (candidates: number) => Promise<number>, candidates: number) {
  const first = await secondsOf(candidates);
  return Math.min(first, await secondsOf(candidates));
}
