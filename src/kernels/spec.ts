/**
 * A kernel as data: all that a backend or a benchmark needs to run it and to count its work. It must not know a device.
 */
import type { Constants } from './expand.ts';
import type { SHADERS } from './generated/shaders.ts';

export type KernelName = keyof typeof SHADERS;

export interface Binding {
  readonly name: string;
  readonly type: 'uniform' | 'read-only-storage' | 'storage';
  /** The buffer holds one block per dispatch; a dynamic offset selects the block. */
  readonly perDispatch?: true;
}

export interface Cost {
  /** Multiply-accumulates, counting pruned weights and padding as if kept. */
  readonly macs: number;
  /** Bytes that must move at least once: inputs, parameters, mask bits and outputs. */
  readonly bytes: number;
}

/** How a kernel divides its work. It never changes the result: all tilings agree bit for bit. */
export interface Tiling {
  /** Invocations per workgroup. */
  readonly workgroupSize: number;
  /** Images per invocation, neighbours in memory. */
  readonly images: 1 | 2 | 4;
  /**
   * Outputs, output channels, or neighbouring elements or pixels per invocation, a multiple of 4. Ignored by kernels that compute one
   * at a time.
   */
  readonly outputs: number;
}

/** Workgroups in x, y and z. */
export type Grid = readonly [number, number, number];

export interface KernelSpec<Shape> {
  readonly name: KernelName;
  /** In the order of their `@binding` numbers, group 0. */
  readonly bindings: readonly Binding[];
  /** Constants that the shader text is expanded with; see expand.ts. */
  constants(shape: Shape, tiling: Tiling): Constants;
  /** Values of the shader's `override` constants, except the workgroup size. */
  overrides(shape: Shape, tiling: Tiling): Readonly<Record<string, number>>;
  /** Bytes of workgroup memory; none if undefined. */
  workgroupBytes?(shape: Shape, tiling: Tiling): number;
  grid(shape: Shape, images: number, tiling: Tiling, candidates: number): Grid;
  /** The cost of one candidate. */
  cost(shape: Shape, images: number): Cost;
}

/** The same kernel with its shape filled in, for code that runs kernels of any shape. */
export function withShape<Shape>(spec: KernelSpec<Shape>, shape: Shape): KernelSpec<void> {
  return {
    name: spec.name,
    bindings: spec.bindings,
    constants: (_, tiling) => spec.constants(shape, tiling),
    overrides: (_, tiling) => spec.overrides(shape, tiling),
    workgroupBytes: (_, tiling) => spec.workgroupBytes?.(shape, tiling) ?? 0,
    grid: (_, images, tiling, candidates) => spec.grid(shape, images, tiling, candidates),
    cost: (_, images) => spec.cost(shape, images),
  };
}

/** Rows of images are padded to multiples of this. */
export const QUAD = 4;

export function quadsOf(images: number): number {
  return Math.ceil(images / QUAD);
}

/**
 * Activations are clamped to this magnitude, and larger weights and biases are refused, so that no float32 sum
 * overflows.
 */
export const ACTIVATION_LIMIT = 1e15;
