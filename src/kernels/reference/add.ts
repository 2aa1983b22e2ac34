import type { AddShape } from '../add.ts';
import { activate } from './activation.ts';

/** Float64 twin of shaders/add.wgsl: inputs and result are [element, quad, 4]. */
export function add(shape: AddShape, a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => activate(shape, value + b[i]!));
}
