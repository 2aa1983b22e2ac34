/** How loss and accuracy react when one layer alone is pruned: by |w| and with the weights that stay frozen, or by the optimal brain surgeon and repaired. */
import { ascending } from '../baselines/ranking.ts';
import { countKept, maskFromBytes, type Mask } from '../core/mask.ts';
import { badOption } from '../core/options.ts';
import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import { problemOf, prunableWeights, zerosAsMasks } from '../network/problem.ts';
import { DEFAULT_RIDGE, repairableLayers } from '../repair/repair.ts';
import type { Sensitivity } from '../report/sensitivity/result.ts';
import type { Candidate, Score } from '../search/contract.ts';
import { repairedLayer } from './repaired-layer.ts';

/** Of a layer's weights. */
export const DEFAULT_SPARSITIES: readonly number[] = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];

export interface SensitivityOptions {
  /** Fractions of a layer's weights, above 0 and at most 1. Default: `DEFAULT_SPARSITIES`. */
  readonly sparsities?: readonly number[] | undefined;
  /** Images that weights are repaired on; their labels are not needed. Without, nothing is repaired. */
  readonly calibration?: ImageSet | undefined;
  /** See `RepairOptions`. Default: `DEFAULT_RIDGE`. */
  readonly ridge?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each layer, with the number of layers that are done. */
  readonly onLayer?: ((name: string, done: number, layers: number) => void) | undefined;
}

/**
 * Loss and accuracy on `images` over the sparsity of each prunable layer alone, all others unpruned. Weights that are 0 in the model are pruned in every
 * case. Rejects with 'bad-input' for an invalid model, images that do not fit it and sparsities out of range, with 'limit-exceeded' if
 * they do not fit the device, and with 'aborted' once `signal` is.
 */
export async function sensitivityOf(
  engine: Engine,
  model: Model,
  images: ImageSet,
  {
    sparsities = DEFAULT_SPARSITIES,
    calibration,
    ridge = DEFAULT_RIDGE,
    signal,
    onLayer,
  }: SensitivityOptions = {},
): Promise<Sensitivity> {
  const asked = checkedSparsities(sparsities);
  // Tuning the kernels would take longer than the few forward passes.
  const evaluator = await engine.evaluator(model, images, { tune: false });
  try {
    const calibrator = calibration && (await engine.calibrator(model, calibration));
    try {
      const initial = zerosAsMasks(model);
      const scoresOf = async (candidates: readonly Candidate[]): Promise<readonly Score[]> => {
        const found = await evaluator.evaluate(candidates, signal && { signal });
        return found.map((evaluation) => {
          if (evaluation.exceeded) throw new Error('an evaluation without a limit stopped early');
          return { loss: evaluation.loss, accuracy: evaluation.accuracy };
        });
      };
      const [unpruned] = (await scoresOf([{ masks: initial }])) as [Score];
      const { layers } = problemOf(model.network);
      const repairable = repairableLayers(model);
      const found: Sensitivity['layers'][number][] = [];
      for (const [layer, weights] of prunableWeights(model).entries()) {
        const { name, shape } = layers[layer]!;
        onLayer?.(name, layer, layers.length);
        const own = initial[layer]!;
        const zeros = asked.map((sparsity) =>
          Math.max(Math.round(sparsity * weights.length), own.length - countKept(own)),
        );
        const order = ascending(weights.map(Math.abs));
        const rows = repairable[layer];
        const repaired =
          calibrator && rows
            ? await repairedLayer(calibrator, model, layer, rows, own, zeros, { ridge, signal })
            : [];
        const scores = await scoresOf([
          ...zeros.map((count) => ({ masks: initial.with(layer, without(order, count)) })),
          ...repaired.map(({ mask, tensors }) => ({
            masks: initial.with(layer, mask),
            tensors: layers.map((_, i) => (i === layer ? tensors : undefined)),
          })),
        ]);
        const points = asked.map((sparsity, i) => ({
          ...{ sparsity, zeros: zeros[i]!, frozen: scores[i]!, repaired: scores[asked.length + i] },
        }));
        found.push({ name, shape, weights: weights.length, points });
      }
      return { unpruned, layers: found };
    } finally {
      await calibrator?.close();
    }
  } finally {
    await evaluator.close();
  }
}

/** Ascending, each once. Throws 'bad-input' for none, and for one out of range. */
export function checkedSparsities(sparsities: readonly number[]): readonly number[] {
  const allowed = 'fractions above 0 and at most 1';
  const fix = 'pass such as 0.5,0.9';
  if (sparsities.length === 0) throw badOption('sparsities', undefined, allowed, fix);
  const wrong = sparsities.find((sparsity) => !(sparsity > 0 && sparsity <= 1));
  if (wrong !== undefined) throw badOption('sparsities', wrong, allowed, fix);
  return [...new Set(sparsities)].sort((a, b) => a - b);
}

/** The mask without the first `count` weights of an order. */
function without(order: Uint32Array, count: number): Mask {
  const kept = new Uint8Array(order.length).fill(1);
  for (const weight of order.subarray(0, count)) kept[weight] = 0;
  return maskFromBytes(kept);
}
