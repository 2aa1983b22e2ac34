/** Trains a network from scratch, as the bundled reference model was. */
import seedrandom from 'seedrandom';
import { pixelsPerImage, type ImageSet } from '../data/dataset.ts';
import { checkImages, normalizer } from '../engine/images.ts';
import { pickTargets, targetsOf, type Targets } from '../engine/targets.ts';
import { predictionsPerImage } from '../kernels/loss.ts';
import { checkNormalization, type Model, type Normalization, type Tensors } from '../network/model.ts';
import type { Network } from '../network/network.ts';
import type { Task } from '../network/task.ts';
import { MasksearchError } from '../core/error.ts';
import { checkCount, checkPositive } from '../core/options.ts';
import { optionName, phrase } from '../core/phrase.ts';
import { shuffledIndices } from '../core/shuffle.ts';
import { adam, cosineRate } from './adam.ts';
import { backpropOf, type Backprop } from './backprop.ts';
import type { BatchLoss } from './loss.ts';
import { startParameters } from './start.ts';

/** After one epoch. Losses are means, accuracies fractions; a regression has none. */
export interface EpochReport {
  /** 1 to `epochs`. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean over the epoch's images, each before the step it took part in. */
  readonly trainLoss: number;
  /** Of the model that this epoch would give. */
  readonly searchLoss: number;
  readonly searchAccuracy?: number | undefined;
}

export interface TrainOptions {
  /** Decides the first weights and the order of the images. */
  readonly seed: string;
  readonly epochs: number;
  /** Images per step; the last step of an epoch takes what is left. */
  readonly batchSize: number;
  /** Of Adam, at the first step; falls to 0 at the last along half a cosine. */
  readonly learningRate: number;
  readonly normalization: Normalization;
  /** `classes` if undefined. */
  readonly task?: Task | undefined;
  readonly onEpoch?: ((report: EpochReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainResult {
  /** The network as it was after `epoch`. */
  readonly model: Model;
  /** The epoch of the lowest search loss; of equal ones the first. */
  readonly epoch: number;
  readonly history: readonly EpochReport[];
}

/** Images between two pauses, in which signals and timers get their turn: about a third of a second for LeNet-5. */
const IMAGES_PER_PAUSE = 256;

/**
 * Trains on `data.train` with Adam and keeps the epoch of the lowest loss on `data.search`. The same arguments give the
 * same bytes on the same JavaScript engine (ECMAScript leaves Math.exp and Math.tanh to it).
 *
 * Rejects with MasksearchError: `bad-input` for options or images that do not fit, or for a rate at which the loss
 * overflows; `aborted` after `signal`.
 */
export async function train(
  network: Network,
  data: { readonly train: ImageSet; readonly search: ImageSet },
  options: TrainOptions,
): Promise<TrainResult> {
  const { epochs, learningRate, onEpoch } = options;
  const model = untrained(network, options);
  const { batchSize, targets } = checkTraining(model, data, options);
  const { loss } = targets.train;
  const backprop = backpropOf(network, batchSize, loss);
  const { parameters, gradients } = backprop;
  startParameters(network, backprop.tensors, options.seed);
  const updateParameters = adam(parameters.length);
  const steps = epochs * Math.ceil(data.train.count / batchSize);
  const searchOrder = Uint32Array.from({ length: data.search.count }, (_, i) => i);

  const history: EpochReport[] = [];
  const pass = passesOver(backprop, batchSize, model, () => pause(options, history.length + 1));
  let best: { epoch: number; loss: number; tensors: Tensors } | undefined;
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const random = seedrandom.alea(`masksearch/train/${options.seed}/shuffle/${epoch}`);
    const order = shuffledIndices(data.train.count, (bound) => Math.floor(random() * bound));
    const training = await pass(data.train, targets.train, order, (batch) => {
      const loss = backprop.differentiate(batch);
      updateParameters(parameters, gradients, cosineRate(learningRate, step, steps));
      step++;
      return loss;
    });

    // Parameters are rounded to float32 first: the model that is evaluated is the one that is kept and trained further.
    const rounded = roundedTensors(backprop.tensors);
    const evaluated = await pass(data.search, targets.search, searchOrder, (batch) =>
      backprop.evaluate(batch),
    );
    // The errors of a regression were divided by the variance of the training targets.
    const search = { ...evaluated, loss: evaluated.loss * (targets.search.loss.scale / loss.scale) };
    checkConverges(search.loss, learningRate, epoch);
    if (best === undefined || search.loss < best.loss) {
      best = { epoch, loss: search.loss, tensors: rounded };
    }
    const report: EpochReport = {
      epoch,
      epochs,
      trainLoss: training.loss,
      searchLoss: search.loss,
      searchAccuracy: search.accuracy,
    };
    history.push(report);
    onEpoch?.(report);
  }

  // `epochs` is at least 1.
  const { epoch, tensors } = best!;
  return { model: { ...model, tensors }, epoch, history };
}

const untrained = (network: Network, { normalization, task }: TrainOptions): Model => ({
  network,
  normalization,
  tensors: new Map(),
  ...(task && { task }),
});

/** Throws 'bad-input' for options or images that do not fit; the number of images per step, and the targets. */
function checkTraining(
  model: Model,
  data: { readonly train: ImageSet; readonly search: ImageSet },
  { epochs, batchSize, learningRate, normalization }: TrainOptions,
) {
  checkCount('epochs', epochs);
  checkCount('batchSize', batchSize);
  checkPositive('learningRate', learningRate);
  checkNormalization(normalization);
  checkImages(model, data.train);
  checkImages(model, data.search);
  return {
    batchSize: Math.min(batchSize, data.train.count),
    targets: { train: targetsOf(model, data.train), search: targetsOf(model, data.search) },
  };
}

/** Lets timers and signals run. Rejects with 'aborted' after the signal. */
async function pause({ signal, epochs }: TrainOptions, epoch: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (signal?.aborted !== true) return;
  const message = `training was stopped in epoch ${epoch} of ${epochs}`;
  throw new MasksearchError('aborted', message, 'start it again', { cause: signal.reason });
}

/** A function that loads the images of `set` in `order`, a batch at a time, and returns the mean of what `visit` says of each, for its targets. */
function passesOver(backprop: Backprop, batchSize: number, model: Model, pause: () => Promise<void>) {
  return async (
    set: ImageSet,
    targets: Targets,
    order: Uint32Array,
    visit: (batch: Float64Array) => BatchLoss,
  ) => {
    const normalized = normalizer(model, set);
    let lossSum = 0;
    let correct = 0;
    let sincePause = 0;
    for (let from = 0; from < order.length; from += batchSize) {
      const indices = order.subarray(from, from + batchSize);
      load(backprop, normalized, set, indices);
      const batch = visit(pickTargets(targets, indices));
      lossSum += batch.lossSum;
      correct += batch.correct;
      sincePause += batchSize;
      if (sincePause < IMAGES_PER_PAUSE) continue;
      sincePause = 0;
      await pause();
    }
    await pause();
    const predictions = order.length * predictionsPerImage(targets.loss);
    return {
      loss: lossSum / order.length,
      accuracy: predictions > 0 ? correct / predictions : undefined,
    };
  };
}

function checkConverges(loss: number, learningRate: number, epoch: number): void {
  if (Number.isFinite(loss)) return;
  throw new MasksearchError(
    'bad-input',
    phrase`${optionName('learningRate')} is ${learningRate}, at which the loss is no longer finite in epoch ${epoch}`,
    'use a smaller one',
    { option: 'learningRate', value: learningRate },
  );
}

/** Writes the images of these indices to the network's input. */
function load(
  backprop: Backprop,
  normalized: ReturnType<typeof normalizer>,
  set: ImageSet,
  indices: Uint32Array,
): void {
  const size = pixelsPerImage(set);
  indices.forEach((index, image) => {
    const from = index * size;
    const to = image * size;
    for (let p = 0; p < size; p++) backprop.input[to + p] = normalized(set.pixels[from + p]!, p);
  });
}

/** Rounds parameters to float32 in place, and returns copies. */
function roundedTensors(tensors: ReadonlyMap<string, Float64Array>): Tensors {
  return new Map(
    [...tensors].map(([name, values]) => {
      const rounded = Float32Array.from(values);
      values.set(rounded);
      return [name, rounded] as const;
    }),
  );
}
