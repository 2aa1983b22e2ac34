/** Inputs of a layer in an unpruned and in a pruned network, and their second moments in plain loops. */
import type { Moments } from '../../../src/engine/backend.ts';
import { generator } from './numbers.ts';

export interface Samples {
  /** [group][sample][input] */
  readonly x: readonly (readonly Float64Array[])[];
  readonly x0: readonly (readonly Float64Array[])[];
}

export function samplesOf(groups: number, inputs: number, count: number, seed: string): Samples {
  const random = generator(seed);
  const draw = () => Array.from({ length: count }, () => Float64Array.from(random.floats(inputs, 1)));
  const x = Array.from({ length: groups }, draw);
  const noise = Array.from({ length: groups }, draw);
  const x0 = x.map((rows, g) => rows.map((row, s) => row.map((value, i) => value + 0.3 * noise[g]![s]![i]!)));
  return { x, x0 };
}

export function momentsOf({ x, x0 }: Samples): Moments {
  const groups = x.length;
  const samples = x[0]!.length;
  const size = x[0]![0]!.length + 1;
  const gram = new Float64Array(groups * size * size);
  const cross = new Float64Array(groups * size * size);
  for (let g = 0; g < groups; g++)
    for (let s = 0; s < samples; s++) {
      const [a, b] = [
        [...x[g]![s]!, 1],
        [...x0[g]![s]!, 1],
      ];
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          gram[(g * size + i) * size + j]! += a[i]! * a[j]!;
          cross[(g * size + i) * size + j]! += a[i]! * b[j]!;
        }
    }
  return { groups, size, samples, gram, cross };
}
