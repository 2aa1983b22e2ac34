/** Shared by the kernels with pruned weights: their bindings, and the tile of weights in workgroup memory. */
import type { Constants } from './expand.ts';
import { packConstants } from './layer.ts';
import type { Binding, Tiling } from './spec.ts';

/** float32 weights in a tile at most: 8 KiB, half of the workgroup memory that every WebGPU device has. */
const TILE_WEIGHTS = 2048;

export const MASKED_BINDINGS: readonly Binding[] = [
  { name: 'params', type: 'uniform', perDispatch: true },
  { name: 'records', type: 'read-only-storage' },
  { name: 'states', type: 'read-only-storage' },
  { name: 'x', type: 'read-only-storage' },
  { name: 'weight', type: 'read-only-storage' },
  { name: 'bias', type: 'read-only-storage' },
  { name: 'mask', type: 'read-only-storage' },
  { name: 'y', type: 'storage' },
];

/** The weights of a layer, as its kernel takes them. */
export interface TiledWeights {
  /** Outputs or output channels. */
  readonly outputs: number;
  /** Weights per output. */
  readonly positions: number;
  /** Weights that the inner loop takes together. */
  readonly group: number;
}

/** Weights per output in one tile: a multiple of `group` unless it is all of them, and at least one group. */
function tilePositions({ positions, group }: TiledWeights, { outputs }: Tiling): number {
  return Math.min(positions, Math.max(group, Math.floor(TILE_WEIGHTS / (outputs * group)) * group));
}

/** Constants that shaders/shared/weights_tile.wgsl and layer_params.wgsl are expanded with. */
export function tileConstants(weights: TiledWeights, tiling: Tiling): Constants {
  const positions = tilePositions(weights, tiling);
  return { ...packConstants(tiling), quads: tiling.outputs / 4, tile_positions: positions };
}

/** Bytes of the tile in workgroup memory. */
export function tileBytes(weights: TiledWeights, tiling: Tiling): number {
  return tilePositions(weights, tiling) * tiling.outputs * 4;
}

/** Overrides of shaders/shared/weights_tile.wgsl. */
export function tileOverrides(outputs: number, positions: number) {
  return { outputs, positions, mask_words: Math.ceil((outputs * positions) / 32) };
}
