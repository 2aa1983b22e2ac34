/**
 * The sums of a convolution or a dense layer: every output's bias plus its kept weights times their inputs, added in
 * ascending input order. A row of a tile is two places of 12 images: two neighbouring pixels, or one pixel or feature of
 * both parts of a block.
 *
 * Six vectors of sums at a time: with their inputs, more would not fit into the registers of x86, and spilling them
 * costs more than half of the speed.
 */
export const VECTOR = 16;
/** Bytes of one pixel or feature of a part: 12 images. */
export const PIXEL = 3 * VECTOR;

/**
 * @param tile address in the input that the entries' offsets count from
 * @param step bytes from the input of the first place to that of the second
 * @param rows rows of the tile
 * @param rowStep bytes from the input of one row to that of the next
 * @param starts [output + 1] u32 addresses of entries, see list_kept
 * @param bias [output] f32
 * @param inputs entries of an output without pruned weights
 * @param outputs number of outputs
 * @param y [output, row, place, 12] f32
 * @param yStep bytes from the first place of y to the second
 * @param yRowBytes bytes from one row of y to the next; an output has `rows` of them
 */
export function sumTile(
  tile: usize,
  step: i32,
  rows: i32,
  rowStep: i32,
  starts: usize,
  bias: usize,
  inputs: i32,
  outputs: i32,
  y: usize,
  yStep: i32,
  yRowBytes: i32,
): void {
  const all = inputs << 3;
  const outputBytes = rows * yRowBytes;
  let sums = y;
  for (let output = 0; output < outputs; output++) {
    const first = <usize>load<u32>(starts + (output << 2));
    const end = <usize>load<u32>(starts + (output << 2), 4);
    const b = v128.load32_splat(bias + (output << 2));
    const next = output + 1;
    if (next < outputs && readSameInputs(first, end, <usize>load<u32>(starts + (next << 2), 4), all)) {
      const nextB = v128.load32_splat(bias + (next << 2));
      let x = tile;
      for (let row = 0; row < rows; row++) {
        sumPair(x, step, first, end, b, nextB, sums, yStep, outputBytes);
        x += rowStep;
        sums += yRowBytes;
      }
      sums += outputBytes;
      output = next;
    } else {
      let x = tile;
      for (let row = 0; row < rows; row++) {
        // Two places that are neighbours in memory need one address: that is faster.
        if (step == PIXEL) sumNeighbours(x, first, end, b, sums, sums + yStep);
        else sumApart(x, x + step, first, end, b, sums, sums + yStep);
        x += rowStep;
        sums += yRowBytes;
      }
    }
  }
}

/**
 * Whether two consecutive outputs, with entries from `first` to `end` and from there to `nextEnd`, have no pruned weights and are in
 * the same group.
 */
function readSameInputs(first: usize, end: usize, nextEnd: usize, all: i32): bool {
  return end - first == all && nextEnd - end == all && load<u32>(first) == load<u32>(end);
}

/**
 * Sums of one row of one output, over entries from `first` to before `end`. This and the two functions below are called once, so
 * that the compiler inlines them: else they are several percent slower.
 */
function sumNeighbours(tile: usize, first: usize, end: usize, bias: v128, y: usize, y2: usize): void {
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
  v128.store(y2, sum3);
  v128.store(y2, sum4, VECTOR);
  v128.store(y2, sum5, 2 * VECTOR);
}

/** The same of places that are not neighbours, the second at `second`. */
function sumApart(
  tile: usize,
  second: usize,
  first: usize,
  end: usize,
  bias: v128,
  y: usize,
  y2: usize,
): void {
  let sum0 = bias;
  let sum1 = bias;
  let sum2 = bias;
  let sum3 = bias;
  let sum4 = bias;
  let sum5 = bias;
  for (let entry = first; entry < end; entry += 8) {
    const w = v128.load32_splat(entry, 4);
    const offset = <usize>load<u32>(entry);
    const x = tile + offset;
    const x2 = second + offset;
    sum0 = f32x4.add(sum0, f32x4.mul(w, v128.load(x)));
    sum1 = f32x4.add(sum1, f32x4.mul(w, v128.load(x, VECTOR)));
    sum2 = f32x4.add(sum2, f32x4.mul(w, v128.load(x, 2 * VECTOR)));
    sum3 = f32x4.add(sum3, f32x4.mul(w, v128.load(x2)));
    sum4 = f32x4.add(sum4, f32x4.mul(w, v128.load(x2, VECTOR)));
    sum5 = f32x4.add(sum5, f32x4.mul(w, v128.load(x2, 2 * VECTOR)));
  }
  v128.store(y, sum0);
  v128.store(y, sum1, VECTOR);
  v128.store(y, sum2, 2 * VECTOR);
  v128.store(y2, sum3);
  v128.store(y2, sum4, VECTOR);
  v128.store(y2, sum5, 2 * VECTOR);
}

/**
 * Sums of one row of two consecutive outputs without pruned weights. Their entries have the same inputs in the same
 * order, so each input is loaded once for both. The entries of the second output start at `end`.
 */
function sumPair(
  tile: usize,
  step: i32,
  first: usize,
  end: usize,
  bias: v128,
  nextBias: v128,
  y: usize,
  yStep: i32,
  outputBytes: i32,
): void {
  let place = tile;
  let out = y;
  for (let half = 0; half < 2; half++) {
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
      const x = place + load<u32>(entry);
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
    v128.store(out, sum0);
    v128.store(out, sum1, VECTOR);
    v128.store(out, sum2, 2 * VECTOR);
    const nextOut = out + outputBytes;
    v128.store(nextOut, next0);
    v128.store(nextOut, next1, VECTOR);
    v128.store(nextOut, next2, 2 * VECTOR);
    place += step;
    out += yStep;
  }
}
