/**
 * The cases of the kernel benchmark: combinations of shape, density, batch width and tiling, and the images of each.
 */
import { MAX_EVALUATED } from '../kernels/loss-sum.ts';
import type { Tiling } from '../kernels/spec.ts';
import { costOf, isLoss, sizesOf, type KernelShape } from './shapes.ts';
import { fixed } from '../report/text/numbers.ts';

/** Densities that are benchmarked: the fraction of weights that is kept. */
export const DENSITIES: readonly number[] = [1, 0.5, 0.1];

/** Batch widths that are benchmarked: candidates in one dispatch. */
export const CANDIDATES: readonly number[] = [1, 16, 64];

export interface KernelCase {
  readonly shape: KernelShape;
  /** 1 for a kernel without a mask. */
  readonly density: number;
  readonly candidates: number;
  /** Images of every candidate. */
  readonly images: number;
  /** Default: the tiling that the device's engine uses. */
  readonly tiling?: Tiling;
}

/** A case that is left out, and why. */
export interface Skipped {
  readonly case: KernelCase;
  readonly reason: string;
}

/** What a device can hold, and how much it computes in the time that a case may take. */
export interface Budget {
  /** Size of the largest buffer, in bytes. */
  readonly bufferBytes: number;
  /** The number of images is a multiple of this. */
  readonly images: number;
  /**
   * Images that fill a workgroup or a block: the number of images is a multiple of this if the budget allows so many.
   */
  readonly groupImages: number;
  /** Images of every candidate at most, unless the caller chooses a number. */
  readonly maxImages: number;
  /** Multiply-accumulates of a run, unless the caller chooses a number of images or the fewest images take more. */
  readonly macs: number;
  /** Whether candidates run side by side. If not, all cases have one candidate. */
  readonly batches: boolean;
}

export interface CaseOptions {
  readonly shapes: readonly KernelShape[];
  readonly densities?: readonly number[];
  readonly candidates?: readonly number[];
  /** Images of every candidate. Default: as many as fit the budget. */
  readonly images?: number | undefined;
  /** Tilings to try for a shape. Default, also for an empty list: the tiling that the device's engine uses. */
  readonly tilings?: (shape: KernelShape) => readonly Tiling[];
}

/** All combinations, shape by shape; `skipped` are those that exceed the budget. */
export function listCases(
  options: CaseOptions,
  budget: Budget,
): { readonly cases: readonly KernelCase[]; readonly skipped: readonly Skipped[] } {
  const cases: KernelCase[] = [];
  const skipped: Skipped[] = [];
  for (const one of combinations(options, budget)) {
    const reason = tooLarge(one, budget, options.images === undefined);
    if (reason) skipped.push({ case: one, reason });
    else cases.push(one);
  }
  return { cases, skipped };
}

function* combinations(
  { shapes, densities = DENSITIES, candidates = CANDIDATES, images, tilings = () => [] }: CaseOptions,
  budget: Budget,
): Iterable<KernelCase> {
  const batchWidths = budget.batches ? candidates : [1];
  for (const shape of shapes) {
    const tried = tilings(shape);
    for (const density of sizesOf(shape).isMasked ? densities : [1]) {
      for (const batchWidth of batchWidths) {
        const count = images ?? affordableImages(shape, batchWidth, budget);
        for (const tiling of tried.length > 0 ? tried : [undefined]) {
          yield { shape, density, candidates: batchWidth, images: count, ...(tiling && { tiling }) };
        }
      }
    }
  }
}

/** What moving an element costs in time, about, in multiply-accumulates. */
const MACS_PER_ELEMENT = 4;

function affordableImages(shape: KernelShape, candidates: number, budget: Budget): number {
  const { inputs, outputs } = sizesOf(shape);
  // Where little is multiplied, moving elements takes longer.
  const perImage = Math.max(costOf(shape, 1).macs, MACS_PER_ELEMENT * (inputs + outputs)) * candidates;
  const fitting = Math.min(
    budget.maxImages,
    budget.macs / perImage,
    // Half of the largest buffer, so that the device has room for several.
    budget.bufferBytes / 2 / (4 * Math.max(inputs, outputs) * candidates),
  );
  const step = fitting >= budget.groupImages ? budget.groupImages : budget.images;
  return Math.max(1, Math.floor(fitting / step)) * step;
}

/** Several candidates with the fewest images may take this many times the budget's multiply-accumulates. */
const MAX_OVERRUN = 4;

/**
 * Why a case exceeds the budget; undefined if it does not. `chosen`: the number of images was chosen to fit the budget.
 */
function tooLarge(one: KernelCase, budget: Budget, chosen: boolean): string | undefined {
  const { shape, candidates, images } = one;
  const { inputs, outputs, weights } = sizesOf(shape);
  const rows = Math.max(inputs, outputs);
  const activations = 4 * rows * candidates * Math.ceil(images / budget.images) * budget.images;
  const bytes = Math.max(activations, 4 * weights, (weights / 8) * candidates);
  if (bytes > budget.bufferBytes)
    return `needs a buffer of ${mib(bytes)}, ${mib(budget.bufferBytes)} are allowed`;
  if (isLoss(shape) && images > MAX_EVALUATED) {
    return `evaluates ${images} images in one dispatch, ${MAX_EVALUATED} are possible`;
  }
  const macs = costOf(shape, images).macs * candidates;
  if (chosen && candidates > 1 && macs > MAX_OVERRUN * budget.macs) {
    return `${fixed(macs / 1e9, 2)}e9 multiply-accumulates are too many here; fewer images take less`;
  }
  return undefined;
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
