/**
 * Random orders and choices by Fisher and Yates: if `below` is uniform, every order and every choice is equally likely.
 * The caller passes `below`: it decides how many random bits a draw takes, and results for a seed depend on that.
 */

/** Draws a whole number from 0 to `bound` - 1. */
export type DrawBelow = (bound: number) => number;

/** The numbers from 0 to `count` - 1 in random order. Draws `count` - 1 times, from the last place to the second. */
export function shuffledIndices(count: number, below: DrawBelow): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) swap(order, i, below(i + 1));
  return order;
}

/** `count` different whole numbers below `end`, in random order. Draws `count` times, from the first place on. */
export function drawWithoutReplacement(count: number, end: number, below: DrawBelow): readonly number[] {
  const numbers = Array.from({ length: end }, (_, i) => i);
  for (let i = 0; i < count; i++) swap(numbers, i, i + below(end - i));
  return numbers.slice(0, count);
}

function swap(numbers: number[] | Uint32Array, i: number, j: number): void {
  const moved = numbers[i]!;
  numbers[i] = numbers[j]!;
  numbers[j] = moved;
}
