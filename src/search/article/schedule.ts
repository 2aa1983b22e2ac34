import { log } from '../../core/math.ts';

/** The share of weights to change at `step` of `steps`: falls linearly from `rate`. */
export function adaptiveMutationRate(rate: number, step: number, steps: number): number {
  return rate * (1 - step / steps);
}

/** Logarithmic annealing: the temperature at `step`, from `initial` on. */
export function temperatureAt(initial: number, step: number): number {
  return initial / (1 + log(1 + step));
}
