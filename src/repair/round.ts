/** One round: prunes the weights whose loss costs least by the optimal brain surgeon and the loss's own prices, then repairs what is left. */
import { countKept, countPruned, type Masks } from '../core/mask.ts';
import type { Calibrator } from '../engine/backend.ts';
import type { Model, Tensors } from '../network/model.ts';
import { cheapest, without, type PricedRow } from './allocation.ts';
import { LayerFit } from './layer-fit.ts';
import { layerMoments } from './layer-moments.ts';
import { Surgeon } from './obs.ts';
import { DEFAULT_RIDGE, keptIn, repairableLayers, repaired, type Repair } from './repair.ts';

/** A pruned network with the weights that it would ship. */
export interface RepairedNetwork {
  readonly masks: Masks;
  readonly tensors: Tensors;
}

export interface RoundOptions {
  /** Default: `least-squares`. */
  readonly repair?: Repair | undefined;
  /** See `RepairOptions`. */
  readonly ridge?: number | undefined;
  /** By layer, the fewest weights that stay; default: 0. */
  readonly leastKept?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param calibrator of `model`
 * @param model the unpruned one
 * @param prices of a mean squared error of 1 in each output, for each layer; layers without are left as they are
 * @param zeros pruned weights in all, afterwards
 */
export async function pruneRound(
  calibrator: Calibrator,
  model: Model,
  { masks, tensors }: RepairedNetwork,
  prices: readonly (ArrayLike<number> | undefined)[],
  zeros: number,
  { repair, ridge = DEFAULT_RIDGE, leastKept, signal }: RoundOptions = {},
): Promise<RepairedNetwork> {
  const layers = repairableLayers(model);
  const rows: PricedRow[] = [];
  const inputs: number[] = [];
  for (const [layer, own] of layers.entries()) {
    const price = prices[layer];
    inputs.push(0);
    if (!own || !price) continue;
    const moments = await layerMoments(calibrator, layer, own, tensors, signal);
    const fit = new LayerFit(moments, own.of(model.tensors), own.hasBias);
    inputs[layer] = fit.inputs;
    const surgeon = new Surgeon(fit, ridge);
    own.of(tensors).forEach((row, output) => {
      const trace = surgeon.trace(output, keptIn(masks[layer]!, output, fit.inputs), row);
      rows.push({ layer, output, trace, price: price[output]! });
    });
  }
  const mayGo = leastKept?.map((least, layer) => countKept(masks[layer]!) - least);
  const gone = cheapest(rows, Math.max(zeros - countPruned(masks), 0), mayGo);
  const pruned = without(masks, rows, gone, inputs);
  const network = await repaired(calibrator, model, pruned, { repair, current: tensors, ridge, signal });
  return { masks: pruned, tensors: network.tensors };
}
