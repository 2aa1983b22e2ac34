/** Whether a file gives the same scores here and to a judge, as it came and pruned. */
import {
  applyMasks,
  fullMasks,
  problemOf,
  type Engine,
  type ImageSet,
  type Masks,
  type Model,
} from 'masksearch';
import { loadModel } from 'masksearch/node';
import seedrandom from 'seedrandom';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomMasks } from '../random.ts';
import type { JudgedFile } from './files.ts';
import type { Images, Verdict } from './judge.ts';

/** Of a score, over the largest of its image: float32 sums in another order. */
export const MAX_DIFFERENCE = 1e-4;
const DENSITY = 0.9;
/** Smaller logarithms of probabilities are not told apart: float32 has no such numbers. */
const MIN_LOG = -60;

export interface Compared {
  readonly images: number;
  /** Largest difference of a score, over the largest of its image. */
  readonly scores: number;
  /** The same of the pruned file. */
  readonly pruned: number;
  /** Shares of images whose largest score is the one that it was in the judge's reading of the file as it came. */
  readonly accuracy: { readonly reported: number; readonly judged: number } | undefined;
}

export async function compareFile(file: JudgedFile, root: string, engine: Engine): Promise<Compared> {
  const path = join(root, file.path);
  const model = await loadModel(path, {
    ...(file.architecture && { architecture: file.architecture }),
    mean: 0,
    std: 1,
  });
  const images = randomImages(file, model);
  const beside = new Map<string, Uint8Array>();
  for (const name of model.container!.beside) beside.set(name, await readFile(join(dirname(path), name)));
  const verdict = await file.judge.judge({ main: await readFile(path), beside }, images);

  const { layers } = problemOf(model.network);
  const masks = randomMasks(layers, DENSITY, file.path);
  const written = model.container!.write(applyMasks(model, masks).tensors);
  const prunedVerdict = await file.judge.judge(written, images);

  const isForClasses = (model.task ?? 'classes') === 'classes';
  const labels = winners(verdict, images.count);
  const evaluator = await engine.evaluator(
    model,
    withAnswers(images, verdict, isForClasses ? labels : undefined),
  );
  try {
    const outputsOf = async (under: Masks) => (await evaluator.evaluateOutputs!(under)).outputs;
    const [evaluation] = await evaluator.evaluate([{ masks }]);
    if (evaluation!.exceeded) throw new Error(`${file.path} exceeded no limit`);
    const again = winners(prunedVerdict, images.count);
    const judged = again.filter((winner, i) => winner === labels[i]).length / images.count;
    return {
      images: images.count,
      scores: largestDifference(await outputsOf(fullMasks(layers)), verdict, images.count),
      pruned: largestDifference(await outputsOf(masks), prunedVerdict, images.count),
      accuracy: isForClasses ? { reported: evaluation!.accuracy!, judged } : undefined,
    };
  } finally {
    await evaluator.close();
  }
}

function randomImages({ path, images, largest }: JudgedFile, { network }: Model): Images {
  const random = seedrandom.alea(path);
  const [channels = 1, rows = 1, columns = 1] = network.input;
  const pixels = Float32Array.from({ length: images * channels * rows * columns }, () => random() * largest);
  return { count: images, shape: [channels, rows, columns], pixels };
}

function withAnswers({ count, shape, pixels }: Images, { outputs }: Verdict, labels?: Uint8Array): ImageSet {
  const [channels, height, width] = shape;
  return { count, channels, height, width, pixels, ...(labels ? { labels } : { targets: outputs }) };
}

function rowsOf(values: Float32Array, images: number): Float32Array[] {
  const size = values.length / images;
  return Array.from({ length: images }, (_, i) => values.subarray(i * size, (i + 1) * size));
}

const winners = ({ outputs }: Verdict, images: number): Uint8Array =>
  Uint8Array.from(rowsOf(outputs, images), (row) => row.indexOf(Math.max(...row)));

/** Logarithms of probabilities, of scores or of the probabilities themselves. */
function logs(row: Float32Array, isSoftmax: boolean): Float64Array {
  const scores = Float64Array.from(row, isSoftmax ? Math.log : Number);
  const largest = Math.max(...scores);
  const sum = scores.reduce((total, score) => total + Math.exp(score - largest), 0);
  return scores.map((score) => Math.max(MIN_LOG, score - largest - Math.log(sum)));
}

function largestDifference(found: Float32Array, { outputs, ending }: Verdict, images: number): number {
  if (found.length !== outputs.length)
    throw new Error(`there are ${found.length} scores, the judge has ${outputs.length}`);
  const isSoftmax = ending === 'softmax';
  const theirs = rowsOf(outputs, images);
  return Math.max(
    ...rowsOf(found, images).map((row, image) => {
      const [ours, judged] = isSoftmax
        ? [logs(row, false), logs(theirs[image]!, true)]
        : [Float64Array.from(row), Float64Array.from(theirs[image]!)];
      const difference = Math.max(...judged.map((value, i) => Math.abs(value - ours[i]!)));
      // NaN counts as a difference.
      return difference >= 0 ? difference / Math.max(...judged.map(Math.abs)) : Infinity;
    }),
  );
}
