export interface ClosenessOptions {
  /** What is compared, for the message. */
  readonly label: string;
  /** An element may be off by `atol + rtol * |expected| + bound[index]`; each is 0 where it is not given. */
  readonly atol?: number;
  readonly rtol?: number;
  readonly bound?: ArrayLike<number>;
  /** Compares with a reference whose elements are all the same, which many a wrong kernel would match too. */
  readonly allowConstant?: boolean;
}

const shown = 10;

/**
 * Throws unless every element of `actual` is within its bound of `expected`. The message counts the mismatches, lists
 * the first ten, and gives the largest absolute and relative error of all elements. NaN never matches, nor does an
 * infinity.
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  options: ClosenessOptions,
): void {
  const { label, atol = 0, rtol = 0, bound, allowConstant = false } = options;
  const { length } = expected;
  if (actual.length !== length) throw new Error(`${label}: ${actual.length} elements, expected ${length}`);
  if (bound && bound.length !== length) {
    throw new Error(`${label}: ${bound.length} bounds for ${length} elements`);
  }
  if (!allowConstant && isConstant(expected)) {
    throw new Error(
      `${label}: the reference is constant (${length} times ${expected[0]}) and proves nothing`,
    );
  }

  const mismatches: string[] = [];
  let count = 0;
  const absolute = { error: 0, index: 0 };
  const relative = { error: 0, index: 0 };
  for (let index = 0; index < length; index++) {
    const found = actual[index] as number;
    const wanted = expected[index] as number;
    const error = Math.abs(found - wanted);
    const allowed = atol + rtol * Math.abs(wanted) + (bound ? (bound[index] as number) : 0);
    if (error > absolute.error) Object.assign(absolute, { error, index });
    if (wanted !== 0 && error / Math.abs(wanted) > relative.error) {
      Object.assign(relative, { error: error / Math.abs(wanted), index });
    }
    // Not `error > allowed`, which NaN would pass.
    if (error <= allowed && error < Infinity) continue;
    count++;
    if (count <= shown) mismatches.push(`  [${index}] ${found}, expected ${wanted} within ${allowed}`);
  }
  if (count === 0) return;
  throw new Error(
    [
      `${label}: ${count} of ${length} elements are off`,
      ...mismatches,
      ...(count > shown ? [`  and ${count - shown} more`] : []),
      `  largest absolute error ${absolute.error} at [${absolute.index}]`,
      `  largest relative error ${relative.error} at [${relative.index}]`,
    ].join('\n'),
  );
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let index = 1; index < values.length; index++) {
    if (values[index] !== values[0]) return false;
  }
  return true;
}
