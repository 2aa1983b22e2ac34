/** Shared by the kernels of all layers: the uniform of a dispatch, and how the grid divides the work. */
import type { Activated } from './activation.ts';
import type { Constants } from './expand.ts';
import { QUAD, quadsOf, type Binding, type Grid, type Tiling } from './spec.ts';

/** Where a tensor lies in a buffer. Positions count images, multiples of 4. */
export interface TensorPlace {
  /** The first image. */
  readonly first: number;
  /** From one pixel or feature to the next. */
  readonly stride: number;
  /** From one candidate to the next; 0 if all share the tensor. */
  readonly candidate: number;
}

/** The uniform of a layer's dispatch; see shaders/shared/layer_params.wgsl. */
export interface LayerParams {
  readonly firstCandidate: number;
  readonly recordWords: number;
  /** Index of the layer's mask among the slots of a record; any for a layer without a mask. */
  readonly mask: number;
  /** To compute, padded to quads. */
  readonly images: number;
  readonly x: TensorPlace;
  /** The second input of a layer that has two. */
  readonly second?: TensorPlace | undefined;
  readonly y: TensorPlace;
}

export function layerParams(params: LayerParams): Uint32Array {
  const { firstCandidate, recordWords, mask, images, x, second = x, y } = params;
  const places = [x, second, y].flatMap(({ first, stride, candidate }) => [first, stride, candidate]);
  return Uint32Array.of(firstCandidate, recordWords, mask, images, ...places);
}

/** Bindings of a kernel without a mask, whose operands between the states and the output are `operands`. */
export function unmaskedBindings(...operands: readonly string[]): readonly Binding[] {
  return [
    { name: 'params', type: 'uniform', perDispatch: true },
    { name: 'states', type: 'read-only-storage' },
    ...operands.map((name) => ({ name, type: 'read-only-storage' }) as const),
    { name: 'y', type: 'storage' },
  ];
}

/** Workgroups per dimension that every device allows. Rows of workgroups beyond them follow in x. */
const MAX_GRID_ROWS = 65_535;

/**
 * The grid of a kernel whose work is `rows` times all images, in `depth` parts: rows of workgroups over the images in y, and if
 * there are more than a grid has, further ones in x.
 */
export function layerGrid(
  rows: number,
  images: number,
  { workgroupSize, images: pack }: Tiling,
  depth: number,
): Grid {
  const groups = Math.ceil((quadsOf(images) * QUAD) / pack / workgroupSize);
  return [groups * Math.ceil(rows / MAX_GRID_ROWS), Math.min(rows, MAX_GRID_ROWS), depth];
}

/** Overrides of shaders/shared/layer_params.wgsl. `rows`: as for `layerGrid`. */
export function rowOverrides(rows: number) {
  return { rows, grid_rows: Math.min(rows, MAX_GRID_ROWS) };
}

/** Constants that shaders/shared/layer_params.wgsl is expanded with. */
export function packConstants({ images }: Tiling): Constants {
  return { pack: images === 1 ? 'f32' : `vec${images}f`, images };
}

/** Constants that shaders/shared/activation.wgsl is expanded with. */
export function activationConstants({ activation, alpha }: Activated): Constants {
  return { activation: activation.replaceAll('-', '_'), alpha };
}
