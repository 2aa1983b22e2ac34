/**
 * Twin of shaders/fma_chain.wgsl. Measures arithmetic throughput: chains of multiply-adds in registers. As in the other
 * kernels a multiply-add is a product and then a sum. There are twelve chains of four lanes. Every chain starts with
 * another value: a compiler may compute equal chains only once.
 *
 * @param steps multiply-adds per chain
 * @returns the sum of all lanes
 */
export function fma_chain(steps: i32, factor: f32, term: f32): f32 {
  const f = f32x4.splat(factor);
  const t = f32x4.splat(term);
  const start = f32x4(0, 0.25, 0.5, 0.75);
  let chain0 = start;
  let chain1 = f32x4.add(start, f32x4.splat(1));
  let chain2 = f32x4.add(start, f32x4.splat(2));
  let chain3 = f32x4.add(start, f32x4.splat(3));
  let chain4 = f32x4.add(start, f32x4.splat(4));
  let chain5 = f32x4.add(start, f32x4.splat(5));
  let chain6 = f32x4.add(start, f32x4.splat(6));
  let chain7 = f32x4.add(start, f32x4.splat(7));
  let chain8 = f32x4.add(start, f32x4.splat(8));
  let chain9 = f32x4.add(start, f32x4.splat(9));
  let chain10 = f32x4.add(start, f32x4.splat(10));
  let chain11 = f32x4.add(start, f32x4.splat(11));
  for (let step = 0; step < steps; step++) {
    chain0 = f32x4.add(t, f32x4.mul(f, chain0));
    chain1 = f32x4.add(t, f32x4.mul(f, chain1));
    chain2 = f32x4.add(t, f32x4.mul(f, chain2));
    chain3 = f32x4.add(t, f32x4.mul(f, chain3));
    chain4 = f32x4.add(t, f32x4.mul(f, chain4));
    chain5 = f32x4.add(t, f32x4.mul(f, chain5));
    chain6 = f32x4.add(t, f32x4.mul(f, chain6));
    chain7 = f32x4.add(t, f32x4.mul(f, chain7));
    chain8 = f32x4.add(t, f32x4.mul(f, chain8));
    chain9 = f32x4.add(t, f32x4.mul(f, chain9));
    chain10 = f32x4.add(t, f32x4.mul(f, chain10));
    chain11 = f32x4.add(t, f32x4.mul(f, chain11));
  }
  const sum = f32x4.add(
    f32x4.add(
      f32x4.add(f32x4.add(chain0, chain1), f32x4.add(chain2, chain3)),
      f32x4.add(f32x4.add(chain4, chain5), f32x4.add(chain6, chain7)),
    ),
    f32x4.add(f32x4.add(chain8, chain9), f32x4.add(chain10, chain11)),
  );
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}
