/** The ridge of a layer by images that its weights are not fitted on. */
import type { Moments } from '../engine/backend.ts';
import type { LayerFit, Row } from './layer-fit.ts';

/** From which the ridge of a layer is chosen, relative to the mean square of its inputs. */
export const RIDGES = [1e-4, 1e-3, 1e-2, 1e-1] as const;

/**
 * The one of `ridges` with which the outputs of the layer, before the activation, come closest on the held-out images to those of the unpruned network; of equal ones
 * the largest.
 *
 * @param keptIn indices of inputs whose weights an output keeps
 */
export function chooseRidge(
  fit: LayerFit,
  heldOut: LayerFit,
  current: readonly Row[],
  keptIn: (output: number) => Uint32Array,
  ridges: readonly number[] = RIDGES,
): number {
  const errors = ridges.map((ridge) =>
    current.reduce(
      (sum, row, output) => sum + heldOut.error(output, fit.refit(output, keptIn(output), row, ridge)),
      0,
    ),
  );
  return ridges[errors.lastIndexOf(Math.min(...errors))]!;
}

/** Over the images of both. */
export function together(a: Moments, b: Moments): Moments {
  const sum = (one: Float64Array, other: Float64Array) => one.map((value, i) => value + other[i]!);
  const samples = a.samples + b.samples;
  return { ...a, samples, gram: sum(a.gram, b.gram), cross: sum(a.cross, b.cross) };
}
