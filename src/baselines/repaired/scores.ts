/** Scores of a network's weights at any point of its pruning: what is pruned is below everything else. */
import { isKept } from '../../core/mask.ts';
import { MAX_MOMENT_INPUTS, type Moments } from '../../engine/backend.ts';
import type { Model } from '../../network/model.ts';
import { prunableWeights, problemOf } from '../../network/problem.ts';
import type { RepairedNetwork } from '../../repair/round.ts';
import { layerMoments } from '../../repair/layer-moments.ts';
import { repairableLayers } from '../../repair/repair.ts';
import { inputNorms } from '../input-norms.ts';
import type { Abortable, Calibration } from './calibration.ts';

const PRUNED = -1;

/** |w|, one array for each layer with weights. */
export function magnitudes(model: Model, state: RepairedNetwork): readonly Float64Array[] {
  return scored(model, state, () => 1);
}

/**
 * |w| times the L2 norm of the weight's input in the network as it is pruned: the diagonal of the inputs' second moments. Layers that are too large for
 * moments get their norms from a float64 forward pass, which is slow. Rejects like `Calibrator.moments`.
 */
export async function wandaScoresOf(
  { calibrator, model, images }: Calibration,
  state: RepairedNetwork,
  { signal }: Abortable,
): Promise<readonly Float64Array[]> {
  const outputs = problemOf(model.network).layers.map(({ shape }) => shape[0]!);
  const inputs = prunableWeights(model).map(({ length }, layer) => length / outputs[layer]!);
  const current = { ...model, tensors: state.tensors };
  const slow = inputs.some((count) => count > MAX_MOMENT_INPUTS)
    ? await inputNorms(current, images, { signal })
    : [];
  const norms: ((weight: number) => number)[] = [];
  const repairable = repairableLayers(model);
  for (const [layer, count] of inputs.entries()) {
    const rows = repairable[layer];
    if (!rows) {
      norms.push((weight) => slow[layer]![weight]!);
      continue;
    }
    const moments = await layerMoments(calibrator, layer, rows, state.tensors, signal);
    norms.push(normsOf(moments, count, outputs[layer]!));
  }
  return scored(model, state, (layer, weight) => norms[layer]!(weight));
}

function normsOf({ groups, size, gram }: Moments, inputs: number, outputs: number) {
  return (weight: number) => {
    const group = Math.floor((Math.floor(weight / inputs) * groups) / outputs);
    const input = weight % inputs;
    return Math.sqrt(gram[(group * size + input) * size + input]!);
  };
}

function scored(
  model: Model,
  { masks, tensors }: RepairedNetwork,
  factor: (layer: number, weight: number) => number,
): readonly Float64Array[] {
  return prunableWeights({ ...model, tensors }).map((weights, layer) =>
    Float64Array.from(weights, (value, i) =>
      isKept(masks[layer]!, i) ? Math.abs(value) * factor(layer, i) : PRUNED,
    ),
  );
}
