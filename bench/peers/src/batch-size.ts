/** Finds the batch size with which a contestant is fastest. */
import type { Contestant, Workload } from './contestants.ts';
import { timeCandidates, timeSchedule } from './measure.ts';
import { fallingMasks } from './random.ts';
import { smallest } from './statistics.ts';
import { takeImages } from 'masksearch';

const SIZES = [32, 64, 125, 250, 500, 1000, 2000];

/** Images enough for a full forward pass to show its pace at any size. */
const PLAIN_IMAGES = 2000;
const PLAIN_PASSES = 3;

/** Proposals per layer of the short schedule that shows how batches and early rejection go together. */
const SCHEDULE_ITERATIONS = 4;

export interface Sweep {
  readonly best: number;
  readonly tried: readonly { readonly size: number; readonly seconds: number }[];
}

/** Tries the sizes that the images fill. `seconds` is of different work for the two ways, so compare within one. */
export async function findBatchSize(
  contestant: Contestant,
  workload: Workload,
  threads: number,
): Promise<Sweep> {
  const time = contestant.way === 'plain' ? timePlain : timeOptimized;
  const sizes = SIZES.filter((size) => size <= workload.images.count);
  const tried: { size: number; seconds: number }[] = [];
  for (const size of sizes.length > 0 ? sizes : [workload.images.count]) {
    tried.push({ size, seconds: await time(contestant, workload, threads, size) });
  }
  const best = tried.reduce((a, b) => (b.seconds < a.seconds ? b : a)).size;
  return { best, tried };
}

async function timePlain(
  contestant: Contestant,
  { model, images }: Workload,
  threads: number,
  size: number,
): Promise<number> {
  const few = takeImages(images, Math.min(images.count, PLAIN_IMAGES));
  const opened = await contestant.open({ model, images: few }, threads, size);
  try {
    const masks = fallingMasks(opened.evaluator.layers, PLAIN_PASSES, [0.9, 0.5]);
    return smallest(await timeCandidates(opened.evaluator, masks));
  } finally {
    await opened.close();
  }
}

async function timeOptimized(
  contestant: Contestant,
  workload: Workload,
  threads: number,
  size: number,
): Promise<number> {
  const opened = await contestant.open(workload, threads, size);
  try {
    return (await timeSchedule(opened.evaluator, SCHEDULE_ITERATIONS)).seconds;
  } finally {
    await opened.close();
  }
}
