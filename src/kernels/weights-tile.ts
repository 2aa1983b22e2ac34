/**
 * Shared by masked_conv2d and masked_dense: bindings, the uniform of a dispatch, and the tile of weights in workgroup
 * memory.
 */
import type { Constants } from './expand.ts';
import type { Binding, Tiling } from './spec.ts';

/** float32 weights in a tile at most: 8 KiB, half of the workgroup memory that every WebGPU device has. */
const TILE_WEIGHTS = 2048;

export const LAYER_BINDINGS: readonly Binding[] = [
  { name: 'params', type: 'uniform', perDispatch: true },
  { name: 'records', type: 'read-only-storage' },
  { name: 'states', type: 'read-only-storage' },
  { name: 'x', type: 'read-only-storage' },
  { name: 'weight', type: 'read-only-storage' },
  { name: 'bias', type: 'read-only-storage' },
  { name: 'mask', type: 'read-only-storage' },
  { name: 'y', type: 'storage' },
];

/**
 * The uniform of a layer's dispatch; see shaders/shared/layer_params.wgsl. Positions in x and y count images, multiples
 * of 4.
 */
export interface LayerParams {
  readonly firstCandidate: number;
  readonly recordWords: number;
  readonly layer: number;
  readonly images: number;
  readonly xFirst: number;
  readonly xStride: number;
  readonly xCandidate: number;
  readonly yFirst: number;
  readonly yStride: number;
  readonly yCandidate: number;
}

export function layerParams(params: LayerParams): Uint32Array {
  return Uint32Array.of(
    ...[params.firstCandidate, params.recordWords, params.layer, params.images],
    ...[params.xFirst, params.xStride, params.xCandidate],
    ...[params.yFirst, params.yStride, params.yCandidate],
  );
}

/** Constants that the shader text is expanded with. */
export function tileConstants({ images, outputs }: Tiling): Constants {
  return { pack: images === 1 ? 'f32' : `vec${images}f`, images, quads: outputs / 4 };
}

/** Weights per output in one tile: a multiple of `group`, at least one group, at most all `positions`. */
function tilePositions(positions: number, group: number, { outputs }: Tiling): number {
  return Math.min(positions, Math.max(group, Math.floor(TILE_WEIGHTS / (outputs * group)) * group));
}

/**
 * Overrides of shaders/shared/weights_tile.wgsl.
 *
 * @param outputs or output channels
 * @param positions weights per output
 * @param group weights that the inner loop takes together
 */
export function tileOverrides(outputs: number, positions: number, group: number, tiling: Tiling) {
  return {
    outputs,
    positions,
    mask_words: Math.ceil((outputs * positions) / 32),
    tile_positions: tilePositions(positions, group, tiling),
  };
}
