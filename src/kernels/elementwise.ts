/** Shared by the kernels that compute a few neighbouring elements per invocation: constants, overrides and grid. */
import type { Constants } from './expand.ts';
import { layerGrid, packConstants, rowOverrides } from './layer.ts';
import type { Grid, Tiling } from './spec.ts';

/** Constants that the shader is expanded with. */
export function elementConstants(tiling: Tiling): Constants {
  return { ...packConstants(tiling), per_invocation: tiling.outputs };
}

/** @param elements of the output, per image */
export function elementOverrides(elements: number, tiling: Tiling) {
  return { elements, ...rowOverrides(Math.ceil(elements / tiling.outputs)) };
}

/** @param elements of the output, per image */
export function elementGrid(elements: number, images: number, tiling: Tiling, candidates: number): Grid {
  return layerGrid(Math.ceil(elements / tiling.outputs), images, tiling, candidates);
}
