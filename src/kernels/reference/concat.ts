/** Float64 twin of shaders/concat.wgsl: [element, quad, 4] of both inputs, one after the other. */
export function concat(a: Float64Array, b: Float64Array): Float64Array {
  const y = new Float64Array(a.length + b.length);
  y.set(a);
  y.set(b, a.length);
  return y;
}
