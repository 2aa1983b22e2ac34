/**
 * Twin of shaders/second_moments.wgsl: adds to a matrix the products of every input of x with every input of y, over samples that `im2col` has
 * laid out. The products of a call are added in float32, four sums of every fourth sample each; their sum is added to the matrix in float64.
 *
 * Two inputs of x meet three of y: six vectors of sums stay in registers beside the five that are loaded (docs/webassembly.md). Inputs of y are
 * taken in panels that the first-level cache holds together with the inputs of x.
 *
 * @param x [input, sample] f32; has one row more than `endRow`, of any numbers
 * @param y [input, sample] f32; has two rows more than `columns`
 * @param rowBytes bytes from one input to the next, in x and y
 * @param bytes bytes of the samples of one input, a multiple of 48
 * @param firstRow the first input of x
 * @param endRow the input of x before which to end
 * @param columns inputs of y
 * @param symmetric 1 if x and y are the same: then only columns from the number of the row on are computed; of the others, some
 * @param sums [input of x from firstRow on, input of y] f64
 */
import { VECTOR } from './shared/sum_tile';

const ROWS = 2;
const COLUMNS = 3;
const STEP = 3 * VECTOR;
/** Inputs of y in a panel, a multiple of `COLUMNS`. */
const PANEL = 48;
/** Bytes of an element of the matrix. */
const DOUBLE = 8;

export function second_moments(
  x: usize,
  y: usize,
  rowBytes: i32,
  bytes: i32,
  firstRow: i32,
  endRow: i32,
  columns: i32,
  symmetric: i32,
  sums: usize,
): void {
  for (let panel = 0; panel < columns; panel += PANEL) {
    const end = min(panel + PANEL, columns);
    let rowSums = sums;
    for (let row = firstRow; row < endRow; row += ROWS) {
      for (
        let column = symmetric ? max(panel, row - (row % COLUMNS)) : panel;
        column < end;
        column += COLUMNS
      ) {
        const at = rowSums + column * DOUBLE;
        const rows = min(endRow - row, ROWS);
        const left = x + row * rowBytes;
        addTile(left, y + column * rowBytes, rowBytes, bytes, at, columns * DOUBLE, rows, columns - column);
      }
      rowSums += ROWS * columns * DOUBLE;
    }
  }
}

/**
 * Adds the products of two inputs of x with three of y to the first `rows` rows of sums and the first `columns` columns, at most.
 *
 * @param sumsBytes bytes from one row of sums to the next
 */
function addTile(
  x: usize,
  y: usize,
  rowBytes: i32,
  bytes: i32,
  sums: usize,
  sumsBytes: i32,
  rows: i32,
  columns: i32,
): void {
  let x0 = x;
  let x1 = x + rowBytes;
  let y0 = y;
  let y1 = y + rowBytes;
  let y2 = y1 + rowBytes;
  let sum00 = f32x4.splat(0);
  let sum01 = f32x4.splat(0);
  let sum02 = f32x4.splat(0);
  let sum10 = f32x4.splat(0);
  let sum11 = f32x4.splat(0);
  let sum12 = f32x4.splat(0);
  const end = x + bytes;
  while (x0 < end) {
    for (let vector = 0; vector < STEP; vector += VECTOR) {
      const a0 = v128.load(x0 + vector);
      const a1 = v128.load(x1 + vector);
      const b0 = v128.load(y0 + vector);
      sum00 = f32x4.add(sum00, f32x4.mul(a0, b0));
      sum10 = f32x4.add(sum10, f32x4.mul(a1, b0));
      const b1 = v128.load(y1 + vector);
      sum01 = f32x4.add(sum01, f32x4.mul(a0, b1));
      sum11 = f32x4.add(sum11, f32x4.mul(a1, b1));
      const b2 = v128.load(y2 + vector);
      sum02 = f32x4.add(sum02, f32x4.mul(a0, b2));
      sum12 = f32x4.add(sum12, f32x4.mul(a1, b2));
    }
    x0 += STEP;
    x1 += STEP;
    y0 += STEP;
    y1 += STEP;
    y2 += STEP;
  }
  addLanes(sums, sum00);
  if (columns > 1) addLanes(sums + DOUBLE, sum01);
  if (columns > 2) addLanes(sums + 2 * DOUBLE, sum02);
  if (rows == 1) return;
  const next = sums + sumsBytes;
  addLanes(next, sum10);
  if (columns > 1) addLanes(next + DOUBLE, sum11);
  if (columns > 2) addLanes(next + 2 * DOUBLE, sum12);
}

/** Adds the four lanes of a vector to a float64. */
function addLanes(sum: usize, lanes: v128): void {
  const upper = i8x16.shuffle(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  const pair = f64x2.add(f64x2.promote_low_f32x4(lanes), f64x2.promote_low_f32x4(upper));
  store<f64>(sum, load<f64>(sum) + (f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1)));
}
