/**
 * What an error in an output of a layer costs: how the loss of the whole network reacts when the output is shifted up and down. The mean of both shifts
 * has no first-order part, which a bias takes away, so what is left is the error's own cost. Forward passes only.
 */
import type { Masks } from '../core/mask.ts';
import { randomStream } from '../core/random.ts';
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

export interface PriceOptions {
  /**
   * Evaluations to make at the most; default: two for each output. With fewer, outputs are shifted in groups, each up or down by chance, and those of a group get the
   * same price of an error relative to the variance. A layer is two evaluations at least.
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
  const size = groupSize(layers, variances, evaluations);
  const prices: (Float64Array | undefined)[] = [];
  const [base] = (await lossesOf([current])) as [number];
  for (const [layer, rows] of layers.entries()) {
    const spread = variances[layer];
    if (!rows || !spread) {
      prices.push(undefined);
      continue;
    }
    if (!rows.hasBias) {
      prices.push(new Float64Array(spread.length));
      continue;
    }
    const groups = Array.from({ length: Math.ceil(spread.length / size) }, (_, group) =>
      signedShifts(spread, group * size, Math.min((group + 1) * size, spread.length), (output) =>
        size === 1 || randomStream(seed, 'price', layer, output)() < 0.5 ? 1 : -1,
      ),
    );
    const shifted = groups.flatMap((shifts) =>
      [-1, 1].map((sign) => {
        const own = new Map([...shifts].map(([output, shift]) => [output, sign * shift]));
        return current.with(layer, rows.shifted(current[layer]!, own));
      }),
    );
    const losses = await lossesOf(shifted);
    prices.push(
      spread.map((variance, output) => {
        const group = Math.floor(output / size);
        const rise = (losses[2 * group]! + losses[2 * group + 1]!) / 2 - base;
        return Math.max(rise / groups[group]!.size, LEAST) / Math.max(SHIFT ** 2 * variance, LEAST);
      }),
    );
  }
  return withMeans(prices, variances);
}

/** Evaluations that `errorPrices` makes without a limit. */
export function priceEvaluations(model: Model): number {
  const layers = repairableLayers(model);
  return 1 + layers.reduce((sum, rows) => sum + (rows?.hasBias ? 2 * rows.outputs : 0), 0);
}

/** Outputs that are shifted together. */
function groupSize(
  layers: readonly (LayerRows | undefined)[],
  variances: readonly (Float64Array | undefined)[],
  evaluations = Infinity,
): number {
  const counts = layers.flatMap((rows, layer) => (rows?.hasBias ? [variances[layer]?.length ?? 0] : []));
  const most = Math.max(...counts, 1);
  let size = 1;
  const needed = () => 1 + counts.reduce((sum, count) => sum + 2 * Math.ceil(count / size), 0);
  while (size < most && needed() > evaluations) size = Math.min(most, Math.ceil(size * 1.25));
  return size;
}

/** Shifts of the outputs from `first` to before `end`. */
function signedShifts(
  variances: Float64Array,
  first: number,
  end: number,
  signOf: (output: number) => number,
): ReadonlyMap<number, number> {
  const outputs = Array.from({ length: end - first }, (_, i) => first + i);
  return new Map(outputs.map((output) => [output, signOf(output) * SHIFT * Math.sqrt(variances[output]!)]));
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
