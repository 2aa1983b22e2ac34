/**
 * A kernel as data: everything a backend or a benchmark needs to run it and to know what it cost, except the device.
 */
import type { SHADERS } from './generated/shaders.ts';

export type KernelName = keyof typeof SHADERS;

export interface Binding {
  readonly name: string;
  readonly type: 'uniform' | 'read-only-storage' | 'storage';
  /** The buffer holds one block per candidate, chosen by a dynamic offset. */
  readonly perCandidate?: true;
}

export interface Cost {
  /** Multiply-accumulates; pruned weights and padding count like any other. */
  readonly macs: number;
  /** Bytes that must move at least once: inputs, parameters, mask bits and outputs. */
  readonly bytes: number;
}

export interface KernelSpec<Shape> {
  readonly name: KernelName;
  /** In the order of their `@binding` numbers, group 0. */
  readonly bindings: readonly Binding[];
  /** Values of the shader's `override` constants, the workgroup size excepted. */
  overrides(shape: Shape): Readonly<Record<string, number>>;
  /** Workgroups in x, y, z. */
  grid(shape: Shape, images: number, workgroupSize: number): readonly [number, number, number];
  cost(shape: Shape, images: number): Cost;
}

/** Images are processed in quads, one per lane of a vec4f; the last quad may be padded. */
export const QUAD = 4;

export function quadsOf(images: number): number {
  return Math.ceil(images / QUAD);
}

/** Largest magnitude of an activation; weights and biases beyond it are refused, so that no float32 sum overflows. */
export const ACTIVATION_LIMIT = 1e15;
