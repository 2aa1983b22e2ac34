/**
 * Twin of shaders/masked_dense.wgsl: dense layer over kept weights, with bias and activation. Every sum starts at its
 * bias and adds its products in ascending input order.
 *
 * @param x [input, 24] f32
 * @param starts [output + 1] u32 addresses of entries, see list_kept
 * @param bias [output] f32
 * @param y [output, 24] f32
 */
import { activate } from './shared/activation';

const VECTOR = 16;
const ROW = 6 * VECTOR;

export function masked_dense(
  x: usize,
  starts: usize,
  bias: usize,
  outputs: i32,
  activation: i32,
  y: usize,
): void {
  for (let output = 0; output < outputs; output++) {
    const first = <usize>load<u32>(starts + (output << 2));
    const end = <usize>load<u32>(starts + (output << 2), 4);
    let sum0 = v128.load32_splat(bias + (output << 2));
    let sum1 = sum0;
    let sum2 = sum0;
    let sum3 = sum0;
    let sum4 = sum0;
    let sum5 = sum0;
    for (let entry = first; entry < end; entry += 8) {
      const w = v128.load32_splat(entry, 4);
      const input = x + load<u32>(entry);
      sum0 = f32x4.add(sum0, f32x4.mul(w, v128.load(input)));
      sum1 = f32x4.add(sum1, f32x4.mul(w, v128.load(input, VECTOR)));
      sum2 = f32x4.add(sum2, f32x4.mul(w, v128.load(input, 2 * VECTOR)));
      sum3 = f32x4.add(sum3, f32x4.mul(w, v128.load(input, 3 * VECTOR)));
      sum4 = f32x4.add(sum4, f32x4.mul(w, v128.load(input, 4 * VECTOR)));
      sum5 = f32x4.add(sum5, f32x4.mul(w, v128.load(input, 5 * VECTOR)));
    }
    const out = y + output * ROW;
    v128.store(out, activate(sum0, activation));
    v128.store(out, activate(sum1, activation), VECTOR);
    v128.store(out, activate(sum2, activation), 2 * VECTOR);
    v128.store(out, activate(sum3, activation), 3 * VECTOR);
    v128.store(out, activate(sum4, activation), 4 * VECTOR);
    v128.store(out, activate(sum5, activation), 5 * VECTOR);
  }
}
