import seedrandom from 'seedrandom';

/** Uniform in [0, 1), with 32 bits. */
export interface RandomStream {
  (): number;
  /** Uniform in [0, 1), with 53 bits. */
  double(): number;
}

/**
 * A stream of random numbers for one purpose and position, such as `('1', 'annealing', layer, step)`. Every key has its own
 * stream, so what one step draws depends neither on how much another drew nor on whether that was evaluated at all.
 */
export function randomStream(seed: string, ...key: readonly (string | number)[]): RandomStream {
  return seedrandom.alea(JSON.stringify(['masksearch', seed, ...key]));
}
