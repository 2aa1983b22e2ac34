import seedrandom from 'seedrandom';

/** Uniform in [0, 1), with 32 bits. */
export interface RandomStream {
  (): number;
  /** Uniform in [0, 1), with 53 bits. */
  double(): number;
}

/**
 * A stream of random numbers of its own for every purpose and position, such as `('1', 'annealing', layer, step)`:
 * what one step draws never depends on how much another drew, or on whether it was evaluated at all.
 */
export function randomStream(seed: string, ...key: readonly (string | number)[]): RandomStream {
  return seedrandom.alea(JSON.stringify(['masksearch', seed, ...key]));
}
