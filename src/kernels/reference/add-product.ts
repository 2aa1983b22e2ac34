/** sum[image] += w * x[first + image], for every image. */
export function addProduct(sum: Float64Array, w: number, x: Float64Array, first: number): void {
  for (let image = 0, i = first; image < sum.length; image++, i++) sum[image]! += w * x[i]!;
}
