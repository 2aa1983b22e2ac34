/**
 * The sums of a convolution or a dense layer: every output's bias plus its kept weights times their inputs, added in
 * ascending input order. A row is 24 consecutive values: a block of images, or half a block for two pixels.
 *
 * Six vectors of sums at a time: with their inputs, more would not fit into the registers of x86, and spilling them
 * costs more than half of the speed.
 *
 * @param tile address in the input that the entries' offsets count from
 * @param starts [output + 1] u32 addresses of entries, see list_kept
 * @param bias [output] f32
 * @param inputs entries of an output without pruned weights
 * @param outputs number of outputs
 * @param rows rows of the tile
 * @param rowBytes bytes from one row of the input to the next
 * @param sums [output, row, 24] f32
 */
const VECTOR = 16;
const HALF = 3 * VECTOR;
const ROW = 2 * HALF;

export function sumTile(
  tile: usize,
  starts: usize,
  bias: usize,
  inputs: i32,
  outputs: i32,
  rows: i32,
  rowBytes: i32,
  sums: usize,
): void {
  const all = inputs << 3;
  let y = sums;
  for (let output = 0; output < outputs; output++) {
    const first = <usize>load<u32>(starts + (output << 2));
    const end = <usize>load<u32>(starts + (output << 2), 4);
    const b = v128.load32_splat(bias + (output << 2));
    const next = output + 1;
    if (next < outputs && end - first == all && load<u32>(starts + (next << 2), 4) - <u32>end == all) {
      const nextB = v128.load32_splat(bias + (next << 2));
      let x = tile;
      for (let row = 0; row < rows; row++) {
        sumPair(x, first, end, b, nextB, y, y + rows * ROW);
        x += rowBytes;
        y += ROW;
      }
      y += rows * ROW;
      output = next;
    } else {
      let x = tile;
      for (let row = 0; row < rows; row++) {
        sumKept(x, first, end, b, y);
        x += rowBytes;
        y += ROW;
      }
    }
  }
}

/** Sums of one row of one output, over entries from `first` to before `end`. */
function sumKept(tile: usize, first: usize, end: usize, bias: v128, y: usize): void {
  let sum0 = bias;
  let sum1 = bias;
  let sum2 = bias;
  let sum3 = bias;
  let sum4 = bias;
  let sum5 = bias;
  for (let entry = first; entry < end; entry += 8) {
    const w = v128.load32_splat(entry, 4);
    const x = tile + load<u32>(entry);
    sum0 = f32x4.add(sum0, f32x4.mul(w, v128.load(x)));
    sum1 = f32x4.add(sum1, f32x4.mul(w, v128.load(x, VECTOR)));
    sum2 = f32x4.add(sum2, f32x4.mul(w, v128.load(x, 2 * VECTOR)));
    sum3 = f32x4.add(sum3, f32x4.mul(w, v128.load(x, 3 * VECTOR)));
    sum4 = f32x4.add(sum4, f32x4.mul(w, v128.load(x, 4 * VECTOR)));
    sum5 = f32x4.add(sum5, f32x4.mul(w, v128.load(x, 5 * VECTOR)));
  }
  v128.store(y, sum0);
  v128.store(y, sum1, VECTOR);
  v128.store(y, sum2, 2 * VECTOR);
  v128.store(y, sum3, 3 * VECTOR);
  v128.store(y, sum4, 4 * VECTOR);
  v128.store(y, sum5, 5 * VECTOR);
}

/**
 * Sums of one row of two consecutive outputs without pruned weights. Their entries have the same inputs in the same
 * order, so each input is loaded once for both. The entries of the second output start at `end`.
 */
function sumPair(
  tile: usize,
  first: usize,
  end: usize,
  bias: v128,
  nextBias: v128,
  y: usize,
  nextY: usize,
): void {
  for (let half = 0; half < ROW; half += HALF) {
    let sum0 = bias;
    let sum1 = bias;
    let sum2 = bias;
    let next0 = nextBias;
    let next1 = nextBias;
    let next2 = nextBias;
    let nextEntry = end;
    for (let entry = first; entry < end; entry += 8) {
      const w = v128.load32_splat(entry, 4);
      const nextW = v128.load32_splat(nextEntry, 4);
      nextEntry += 8;
      const x = tile + half + load<u32>(entry);
      const x0 = v128.load(x);
      const x1 = v128.load(x, VECTOR);
      const x2 = v128.load(x, 2 * VECTOR);
      sum0 = f32x4.add(sum0, f32x4.mul(w, x0));
      sum1 = f32x4.add(sum1, f32x4.mul(w, x1));
      sum2 = f32x4.add(sum2, f32x4.mul(w, x2));
      next0 = f32x4.add(next0, f32x4.mul(nextW, x0));
      next1 = f32x4.add(next1, f32x4.mul(nextW, x1));
      next2 = f32x4.add(next2, f32x4.mul(nextW, x2));
    }
    v128.store(y + half, sum0);
    v128.store(y + half, sum1, VECTOR);
    v128.store(y + half, sum2, 2 * VECTOR);
    v128.store(nextY + half, next0);
    v128.store(nextY + half, next1, VECTOR);
    v128.store(nextY + half, next2, 2 * VECTOR);
  }
}
