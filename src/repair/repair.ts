/**
 * Repairs a pruned network without gradients and without labels: layer after layer, the weights that stay and the biases are fitted by least squares, so that
 * the outputs before the activation come close to the unpruned network's, on the inputs that the pruned and repaired layers before give. As in
 * He, Zhang, Sun, "Channel Pruning for Accelerating Very Deep Neural Networks" (ICCV 2017), for single weights.
 */
import { isKept, type Mask, type Masks } from '../core/mask.ts';
import { MAX_MOMENT_INPUTS, type Calibrator, type Moments } from '../engine/backend.ts';
import { applyMasks } from '../network/apply-masks.ts';
import { fuse } from '../network/fuse.ts';
import type { Model, Tensors } from '../network/model.ts';
import { parameterUses } from '../network/parameter-shapes.ts';
import { problemOf } from '../network/problem.ts';
import { LayerFit } from './layer-fit.ts';
import { layerMoments } from './layer-moments.ts';
import { chooseRidge, together } from './ridge.ts';
import { LayerRows } from './rows.ts';

/** What may change: biases alone; also one factor for all weights of an output; or each weight. */
export const REPAIRS = ['bias', 'affine', 'least-squares'] as const;
export type Repair = (typeof REPAIRS)[number];

/** Relative to the mean square of a layer's inputs. */
export const DEFAULT_RIDGE = 1e-3;

export interface RepairOptions {
  /** Default: `least-squares`. */
  readonly repair?: Repair | undefined;
  /** How much a weight is held to its current value, relative to the mean square of the layer's inputs. Default: `DEFAULT_RIDGE`. */
  readonly ridge?: number | undefined;
  /**
   * Of `model`, over images that the first calibrator does not have: in place of `ridge`, each layer gets the one of `RIDGES` that does best on them, and is
   * then fitted on the images of both.
   */
  readonly heldOut?: Calibrator | undefined;
  /** Called with the ridge of each layer whose weights are fitted. */
  readonly onRidge?: ((layer: number, ridge: number) => void) | undefined;
  /** Parameters to start from, with those of weights that are pruned; default: the unpruned ones. */
  readonly current?: Tensors | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The model with these masks and repaired parameters. Layers of more than `MAX_MOMENT_INPUTS` inputs an output keep theirs. Rejects like
 * `Calibrator.moments`, and with 'bad-input' if the masks do not fit.
 *
 * @param calibrator of `model`
 * @param model the unpruned one
 */
export async function repaired(
  calibrator: Calibrator,
  model: Model,
  masks: Masks,
  options: RepairOptions = {},
): Promise<Model> {
  const { repair = 'least-squares', current } = options;
  let { tensors } = applyMasks({ ...model, tensors: current ?? model.tensors }, masks);
  for (const [layer, rows] of repairableLayers(model).entries()) {
    if (!rows || (repair === 'bias' && !rows.hasBias)) continue;
    const before = rows.of(tensors);
    const kept = (output: number) => keptIn(masks[layer]!, output, rows.inputs);
    const { fit, ridge } = await fitOf(calibrator, model, layer, rows, tensors, kept, options);
    if (repair === 'least-squares') options.onRidge?.(layer, ridge);
    const after = before.map((row, output) => {
      switch (repair) {
        case 'bias':
          return fit.refitBias(output, row);
        case 'affine':
          return fit.refitAffine(output, row);
        case 'least-squares':
          return fit.refit(output, kept(output), row, ridge);
      }
    });
    tensors = new Map([...tensors, ...rows.tensorsOf(after)]);
  }
  return asWritten({ ...model, tensors });
}

/** The fit of a layer over all calibration images, and its ridge. */
async function fitOf(
  calibrator: Calibrator,
  model: Model,
  layer: number,
  rows: LayerRows,
  tensors: Tensors,
  kept: (output: number) => Uint32Array,
  { repair = 'least-squares', ridge = DEFAULT_RIDGE, heldOut, signal }: RepairOptions,
): Promise<{ readonly fit: LayerFit; readonly ridge: number }> {
  const unpruned = rows.of(model.tensors);
  const fitTo = (moments: Moments) => new LayerFit(moments, unpruned, rows.hasBias);
  const moments = await layerMoments(calibrator, layer, rows, tensors, signal);
  if (!heldOut) return { fit: fitTo(moments), ridge };
  const others = await layerMoments(heldOut, layer, rows, tensors, signal);
  const fit = fitTo(together(moments, others));
  if (repair !== 'least-squares') return { fit, ridge };
  return { fit, ridge: chooseRidge(fitTo(moments), fitTo(others), rows.of(tensors), kept) };
}

/** The model as its file will hold it, whose types may have fewer digits: figures are those of the file. */
export function asWritten(model: Model): Model {
  const { container } = model;
  return container ? { ...model, tensors: container.read(container.write(model.tensors)) } : model;
}

/** The rows of each prunable layer; undefined for one that is too large. */
export function repairableLayers(model: Model): readonly (LayerRows | undefined)[] {
  const layers = fuse(model.network);
  const counts = changeableUses(model);
  return problemOf(model.network).layers.map((_, mask) => {
    const uses = layers.filter((layer) => layer.mask === mask);
    const { weights, biases } = uses[0]!;
    return weights / biases > MAX_MOMENT_INPUTS ? undefined : new LayerRows(uses, model.tensors, counts);
  });
}

/** See `parameterUses`; a parameter that the model's file has no place for counts as used elsewhere too, and so never changes. */
function changeableUses({ network, container }: Model): ReadonlyMap<string, number> {
  const uses = parameterUses(network);
  if (!container) return uses;
  return new Map([...uses].map(([name, count]) => [name, container.layouts.has(name) ? count : Infinity]));
}

/** Indices of the inputs whose weights an output keeps. */
export function keptIn(mask: Mask, output: number, inputs: number): Uint32Array {
  const all = Uint32Array.from({ length: inputs }, (_, input) => input);
  return all.filter((input) => isKept(mask, output * inputs + input));
}
