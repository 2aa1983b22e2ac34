import type { Mask } from '../../../core/mask.ts';
import { LayerFit } from '../../../repair/layer-fit.ts';
import { layerMoments } from '../../../repair/layer-moments.ts';
import type { RepairedNetwork } from '../../../repair/round.ts';
import type { LayerRows } from '../../../repair/rows.ts';
import type { RepairedSearchInput } from '../contract.ts';
import { Breeding } from './breeding.ts';
import { Climb } from './climb.ts';
import type { LayerSearch } from './contract.ts';

/** A search for exchanges in one layer of a network with this loss: by a population, if the input says of how many, or one after the other. */
export async function layerSearch(
  { model, calibrator, evaluator, parameters, ridge, speculation, children, signal }: RepairedSearchInput,
  from: {
    readonly network: RepairedNetwork;
    readonly layer: number;
    readonly loss: number;
    readonly rows: LayerRows;
    readonly initial: Mask | undefined;
    readonly visit: number;
  },
): Promise<LayerSearch> {
  const { network, layer, rows } = from;
  const moments = await layerMoments(calibrator, layer, rows, network.tensors, signal);
  const fit = new LayerFit(moments, rows.of(model.tensors), rows.hasBias);
  const options = { ...from, fit, ridge, seed: parameters.seed };
  if (children) return new Breeding({ ...options, children });
  const width = () => (speculation === true ? evaluator.batchWidth : Number(speculation) || 1);
  return new Climb({ ...options, width });
}
