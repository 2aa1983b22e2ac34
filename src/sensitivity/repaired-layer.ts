/** One layer alone, pruned by the optimal brain surgeon and repaired: all other layers are the unpruned network's. */
import { isKept, type Mask } from '../core/mask.ts';
import type { Calibrator } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import { cheapest, without, type PricedRow } from '../repair/allocation.ts';
import { LayerFit } from '../repair/layer-fit.ts';
import { layerMoments } from '../repair/layer-moments.ts';
import { Surgeon } from '../repair/obs.ts';
import { keptIn } from '../repair/repair.ts';
import type { LayerRows } from '../repair/rows.ts';
import type { LayerTensors } from '../search/contract.ts';

export interface RepairedLayer {
  readonly mask: Mask;
  /** Float32, as a file of such weights has them. */
  readonly tensors: LayerTensors;
}

/**
 * The layer with each of these numbers of pruned weights. All errors have the same price, whichever output they are in.
 *
 * @param calibrator of `model`
 * @param rows of the layer
 * @param initial masks of the weights that are 0 in the model
 * @param zeros pruned weights in all, none fewer than in `initial`
 */
export async function repairedLayer(
  calibrator: Calibrator,
  model: Model,
  layer: number,
  rows: LayerRows,
  initial: Mask,
  zeros: readonly number[],
  { ridge, signal }: { readonly ridge: number; readonly signal?: AbortSignal | undefined },
): Promise<readonly RepairedLayer[]> {
  const moments = await layerMoments(calibrator, layer, rows, model.tensors, signal);
  const unpruned = rows.of(model.tensors);
  const fit = new LayerFit(moments, unpruned, rows.hasBias);
  const surgeon = new Surgeon(fit, ridge);
  const priced = unpruned.map((row, output): PricedRow => {
    const trace = surgeon.trace(output, keptIn(initial, output, fit.inputs), row);
    return { layer: 0, output, trace, price: 1 };
  });
  const left = priced.reduce((sum, { trace }) => sum + trace.order.length, 0);
  return zeros.map((count) => {
    const gone = cheapest(priced, count - (initial.length - left));
    const [mask] = without([initial], priced, gone, [fit.inputs]) as readonly [Mask];
    const fitted = unpruned.map(({ weights, bias }, output) => {
      const frozen = weights.map((weight, i) => (isKept(mask, output * fit.inputs + i) ? weight : 0));
      return fit.refit(output, keptIn(mask, output, fit.inputs), { weights: frozen, bias }, ridge);
    });
    return { mask, tensors: rows.tensorsOf(fitted) };
  });
}
