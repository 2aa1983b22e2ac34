/**
 * A kernel as data: everything a backend or a benchmark needs to run it and to know what it cost, except the device.
 */
import type { Constants } from './expand.ts';
import type { SHADERS } from './generated/shaders.ts';

export type KernelName = keyof typeof SHADERS;

export interface Binding {
  readonly name: string;
  readonly type: 'uniform' | 'read-only-storage' | 'storage';
  /** The buffer holds a block for every dispatch, chosen by a dynamic offset. */
  readonly perDispatch?: true;
}

export interface Cost {
  /** Multiply-accumulates; pruned weights and padding count like any other. */
  readonly macs: number;
  /** Bytes that must move at least once: inputs, parameters, mask bits and outputs. */
  readonly bytes: number;
}

/** How a kernel divides its work; never what it computes: all tilings agree bit for bit. */
export interface Tiling {
  /** Invocations per workgroup. */
  readonly workgroupSize: number;
  /** Images per invocation, neighbours in memory. */
  readonly images: 1 | 2 | 4;
  /** Outputs, or output channels, per invocation: a multiple of 4. */
  readonly outputs: number;
}

export interface KernelSpec<Shape> {
  readonly name: KernelName;
  /** In the order of their `@binding` numbers, group 0. */
  readonly bindings: readonly Binding[];
  /** What the shader's text is expanded with. */
  constants(shape: Shape, tiling: Tiling): Constants;
  /** Values of the shader's `override` constants, the workgroup size excepted. */
  overrides(shape: Shape, tiling: Tiling): Readonly<Record<string, number>>;
  /** Workgroups in x, y, z. */
  grid(shape: Shape, images: number, tiling: Tiling, candidates: number): readonly [number, number, number];
  /** Of one candidate. */
  cost(shape: Shape, images: number): Cost;
}

/** Rows of images are padded to quads. */
export const QUAD = 4;

export function quadsOf(images: number): number {
  return Math.ceil(images / QUAD);
}

/** Largest magnitude of an activation; weights and biases beyond it are refused, so that no float32 sum overflows. */
export const ACTIVATION_LIMIT = 1e15;
