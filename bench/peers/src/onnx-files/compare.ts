/** Whether an ONNX file gives the same scores and losses here as in onnxruntime. */
import {
  applyMasks,
  fullMasks,
  modelFromOnnx,
  problemOf,
  type Engine,
  type ImageSet,
  type Model,
} from 'masksearch';
import seedrandom from 'seedrandom';
import type { OnnxFile } from '../../../../test/helpers/onnx/file.ts';
import { randomMasks } from '../random.ts';
import { runOnnxFile } from './onnx-session.ts';

/** Relative: float32 sums of several thousand products, in another order. */
export const LIMITS = { scores: 1e-4, losses: 1e-5 } as const;

export interface Difference {
  readonly images: number;
  readonly masks: number;
  /** Largest of a score, over the largest score of its image. */
  readonly scores: number;
  /** Largest of a loss under masks, over the loss. */
  readonly losses: number;
  /** Largest score, which shows that they are not all 0. */
  readonly largest: number;
}

export interface Amount {
  /** At the most. */
  readonly images: number;
  readonly masks: number;
}

export async function compareOnnxFile(
  file: OnnxFile,
  engine: Engine,
  { images: most, masks: rounds }: Amount,
): Promise<Difference> {
  const model = modelFromOnnx(file.bytes(), {}, file.beside?.());
  checkReading(file, model);
  const { layers } = problemOf(model.network);
  const images = Math.min(most, file.images);
  const set = randomImages(file, images);
  const pixels = set.pixels as Float32Array;
  const original = { main: file.bytes(), beside: file.beside?.() ?? new Map<string, Uint8Array>() };
  const expected = await runOnnxFile(file, original, pixels);
  const data = withAnswers(file, set, expected.length / images);

  const evaluator = await engine.evaluator(model, data);
  try {
    const { outputs } = await evaluator.evaluateOutputs!(fullMasks(layers));
    const scores = largestDifference(ended(file, outputs, images), expected, images);
    let losses = 0;
    for (let round = 0; round < rounds; round++) {
      const masks = randomMasks(layers, 0.9 - 0.07 * round, `${file.name} ${round}`);
      const [evaluation] = await evaluator.evaluate([{ masks }]);
      const written = model.container!.write(applyMasks(model, masks).tensors);
      const loss = lossOf(file, await runOnnxFile(file, written, pixels), data);
      if (evaluation!.exceeded) throw new Error(`${file.name} exceeded no limit`);
      losses = Math.max(losses, Math.abs(evaluation!.loss / loss - 1));
    }
    return { images, masks: rounds, scores, losses, largest: Math.max(...outputs.map(Math.abs)) };
  } finally {
    await evaluator.close();
  }
}

function checkReading(file: OnnxFile, { network, task = 'classes' }: Model): void {
  if (network.input.join() !== file.input.join() || task !== (file.task ?? 'classes'))
    throw new Error(`${file.name} was read as ${task} of ${network.input.join(' x ')}`);
}

const uniform = (length: number, seed: string) => {
  const random = seedrandom.alea(seed);
  return Float32Array.from({ length }, () => (2 * random() - 1) * 1.5);
};

function randomImages({ name, input, sizes }: OnnxFile, count: number): ImageSet {
  const [channels = 1, height = 1, width = 1] = input;
  const size = sizes.reduce((product, one) => product * one, 1);
  return { count, channels, height, width, pixels: uniform(count * size, `${name} images`) };
}

function withAnswers({ name, task = 'classes' }: OnnxFile, set: ImageSet, outputs: number): ImageSet {
  const random = seedrandom.alea(`${name} answers`);
  const { count } = set;
  switch (task) {
    case 'classes':
      return { ...set, labels: Uint8Array.from({ length: count }, () => random() * outputs) };
    case 'binary':
      return {
        ...set,
        targets: Float32Array.from({ length: count * outputs }, () => Math.round(random())),
      };
    case 'regression':
      return { ...set, targets: uniform(count * outputs, `${name} targets`) };
  }
}

const softmax = (scores: readonly number[]): number[] => {
  const largest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((one) => one / sum);
};
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function rowsOf(values: Float32Array, images: number): number[][] {
  const size = values.length / images;
  return Array.from({ length: images }, (_, i) => [...values.subarray(i * size, (i + 1) * size)]);
}

/** Scores after what the file does to them at its end. */
function ended({ ending }: OnnxFile, outputs: Float32Array, images: number): Float32Array {
  if (ending === undefined) return outputs;
  if (ending === 'sigmoid') return outputs.map(sigmoid);
  const rows = rowsOf(outputs, images).map(softmax);
  return Float32Array.from(ending === 'softmax' ? rows.flat() : rows.flat().map(Math.log));
}

function largestDifference(actual: Float32Array, expected: Float32Array, images: number): number {
  if (actual.length !== expected.length)
    throw new Error(`there are ${actual.length} scores, onnxruntime has ${expected.length}`);
  const theirs = rowsOf(expected, images);
  return Math.max(
    ...rowsOf(actual, images).map((row, image) => {
      const largest = Math.max(...theirs[image]!.map(Math.abs));
      const difference = Math.max(...row.map((value, i) => Math.abs(value - theirs[image]![i]!)));
      // All scores of an image may be 0. NaN counts as a difference.
      if (difference === 0) return 0;
      return difference >= 0 ? difference / largest : Infinity;
    }),
  );
}

/** The loss of docs/networks.md, of what onnxruntime gives. */
function lossOf(
  { ending, task = 'classes' }: OnnxFile,
  given: Float32Array,
  { count, labels, targets }: ImageSet,
): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const rows = rowsOf(given, count);
  switch (task) {
    case 'classes':
      return mean(
        rows.map((row, image) => {
          const score = row[labels![image]!]!;
          if (ending === 'log-softmax') return -score;
          if (ending === 'softmax') return -Math.log(score);
          return -Math.log(softmax(row)[labels![image]!]!);
        }),
      );
    case 'binary':
      return mean(
        Array.from(given, (answer, i) => {
          const yes = ending === 'sigmoid' ? answer : sigmoid(answer);
          return -Math.log(targets![i] === 1 ? yes : 1 - yes);
        }),
      );
    case 'regression': {
      const wanted = rowsOf(targets!, count);
      const variances = wanted[0]!.map((_, output) => {
        const values = wanted.map((row) => row[output]!);
        return mean(values.map((value) => (value - mean(values)) ** 2));
      });
      return mean(Array.from(given, (value, i) => (value - targets![i]!) ** 2)) / mean(variances);
    }
  }
}
