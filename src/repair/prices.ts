/**
 * What an error in an output of a layer costs: how the loss of the whole network reacts when the output is shifted up and down. The mean of both shifts
 * has no first-order part, which a bias takes away, so what is left is the error's own cost. Forward passes only.
 */
import type { Masks } from '../core/mask.ts';
import { totalOf } from '../core/math.ts';
import { randomStream, type RandomStream } from '../core/random.ts';
import { drawWithoutReplacement } from '../core/shuffle.ts';
import type { Calibrator } from '../engine/backend.ts';
import type { Model, Tensors } from '../network/model.ts';
import type { Evaluator } from '../search/contract.ts';
import { LayerFit, type Row } from './layer-fit.ts';
import { tensorsWithin } from './layer-tensors.ts';
import { layerMoments } from './layer-moments.ts';
import { repairableLayers } from './repair.ts';
import type { LayerRows } from './rows.ts';

/** Shifts are of this many standard deviations of the output. */
const SHIFT = 1;
/** A loss may fall by rounding, and an output that changes nothing still has a price. */
const LEAST = 1e-9;

/** For each layer and output the variance of the unpruned network's output before the activation; undefined for a layer that cannot be repaired. */
export async function outputVariances(
  calibrator: Calibrator,
  model: Model,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly (Float64Array | undefined)[]> {
  const found: (Float64Array | undefined)[] = [];
  for (const [layer, rows] of repairableLayers(model).entries()) {
    if (!rows) {
      found.push(undefined);
      continue;
    }
    const unpruned = rows.of(model.tensors);
    const fit = new LayerFit(
      await layerMoments(calibrator, layer, rows, model.tensors, signal),
      unpruned,
      true,
    );
    found.push(Float64Array.from(unpruned, (row, output) => varianceOf(fit, output, row)));
  }
  return found;
}

function varianceOf(fit: LayerFit, output: number, { weights }: Row): number {
  const { inputs } = fit;
  let sum = 0;
  for (let i = 0; i < inputs; i++) {
    let product = 0;
    for (let j = 0; j < inputs; j++) {
      const covariance = fit.gram(output, i, j) - fit.gram(output, i, inputs) * fit.gram(output, j, inputs);
      product += covariance * weights[j]!;
    }
    sum += weights[i]! * product;
  }
  return Math.max(sum, 0);
}

/** Prices without an evaluation: an error counts relative to the variance of all outputs of its layer, so that every layer has the same weight. */
export function variancePrices(
  variances: readonly (Float64Array | undefined)[],
): readonly (Float64Array | undefined)[] {
  return variances.map((own) => own?.map(() => 1 / Math.max(totalOf([...own]), LEAST)));
}

export interface PriceOptions {
  /**
   * Evaluations to make at the most; default: two for each output. With fewer, only some outputs of each layer are shifted, drawn by chance, and the others
   * get the mean price of these, of an error relative to the variance. A layer is two evaluations at least.
   */
  readonly evaluations?: number | undefined;
  /** Of the chance. */
  readonly seed?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * For each layer and output: by how much the loss rises with a mean squared error of 1 in the output before the activation. Outputs that have no
 * bias to shift get the mean price of the others, relative to their variance.
 *
 * @param evaluator of the model, on images whose loss is to stay low
 * @param variances see `outputVariances`
 */
export async function errorPrices(
  evaluator: Evaluator,
  model: Model,
  { masks, tensors }: { readonly masks: Masks; readonly tensors: Tensors },
  variances: readonly (Float64Array | undefined)[],
  { evaluations, seed = '1', signal }: PriceOptions = {},
): Promise<readonly (Float64Array | undefined)[]> {
  const layers = repairableLayers(model);
  const current = tensorsWithin(layers, tensors);
  const lossesOf = async (states: readonly (readonly (Tensors | undefined)[])[]) => {
    const candidates = states.map((own) => ({ masks, tensors: own }));
    const found = await evaluator.evaluate(candidates, signal ? { signal } : {});
    return found.map((evaluation) => {
      if (evaluation.exceeded) throw new Error('an evaluation without a limit stopped early');
      return evaluation.loss;
    });
  };
  const most = shiftedOutputs(layers, evaluations);
  const prices: (Float64Array | undefined)[] = [];
  const [base] = (await lossesOf([current])) as [number];
  for (const [layer, rows] of layers.entries()) {
    const spread = variances[layer];
    if (!rows || !spread) {
      prices.push(undefined);
      continue;
    }
    const own = new Float64Array(spread.length);
    prices.push(own);
    if (!rows.hasBias) continue;
    const shifted = drawn(spread.length, most, randomStream(seed, 'price', layer));
    const states = shifted.flatMap((output) =>
      [-SHIFT, SHIFT].map((by) => {
        const shift = new Map([[output, by * Math.sqrt(spread[output]!)]]);
        return current.with(layer, rows.shifted(current[layer]!, shift));
      }),
    );
    const losses = await lossesOf(states);
    const rises = shifted.map((_, i) => Math.max((losses[2 * i]! + losses[2 * i + 1]!) / 2 - base, LEAST));
    const priceAt = (output: number, rise: number) => rise / Math.max(SHIFT ** 2 * spread[output]!, LEAST);
    const mean = totalOf(rises) / rises.length;
    own.forEach((_, output) => (own[output] = priceAt(output, mean)));
    shifted.forEach((output, i) => (own[output] = priceAt(output, rises[i]!)));
  }
  return withMeans(prices, variances);
}

/** Evaluations that `errorPrices` makes without a limit. */
export function priceEvaluations(model: Model): number {
  return evaluationsFor(repairableLayers(model), Infinity);
}

/** The fewest that it takes. */
export function leastPriceEvaluations(model: Model): number {
  return evaluationsFor(repairableLayers(model), 1);
}

/** Evaluations for so many outputs of each layer. */
function evaluationsFor(layers: readonly (LayerRows | undefined)[], most: number): number {
  return 1 + totalOf(layers.map((rows) => (rows?.hasBias ? 2 * Math.min(rows.outputs, most) : 0)));
}

/** How many outputs of each layer are shifted, at the most. */
function shiftedOutputs(layers: readonly (LayerRows | undefined)[], evaluations = Infinity): number {
  if (evaluationsFor(layers, Infinity) <= evaluations) return Infinity;
  let most = 1;
  while (evaluationsFor(layers, most + 1) <= evaluations) most++;
  return most;
}

/** So many of `count` outputs, ascending. */
function drawn(count: number, most: number, random: RandomStream): readonly number[] {
  const all = Array.from({ length: count }, (_, output) => output);
  if (most >= count) return all;
  const below = (bound: number) => Math.floor(random() * bound);
  return [...drawWithoutReplacement(most, count, below)].sort((a, b) => a - b);
}

/** Prices of 0 replaced by the mean price of all others, of an error relative to the variance. */
function withMeans(
  prices: readonly (Float64Array | undefined)[],
  variances: readonly (Float64Array | undefined)[],
): readonly (Float64Array | undefined)[] {
  const known = prices.flatMap((own, layer) =>
    own ? Array.from(own, (price, output) => price * variances[layer]![output]!) : [],
  );
  const priced = known.filter((relative) => relative > 0);
  const mean = priced.reduce((sum, one) => sum + one, 0) / Math.max(priced.length, 1) || 1;
  return prices.map((own, layer) =>
    own?.map((price, output) => (price > 0 ? price : mean / Math.max(variances[layer]![output]!, LEAST))),
  );
}
