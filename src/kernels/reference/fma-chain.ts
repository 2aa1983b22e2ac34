/** What a `fma_chain` kernel of any device runs at a time. */
export interface FmaChains {
  readonly chains: number;
  /** Chain c starts at this + c, with 0, 1/4, 2/4 and 3/4 more in its four lanes. */
  readonly start: number;
  /** Multiply-adds of every chain. */
  readonly steps: number;
  readonly factor: number;
  readonly term: number;
}

/** Twin of shaders/fma_chain.wgsl in float64: the sum of all lanes of all chains. */
export function fmaChain({ chains, start, steps, factor, term }: FmaChains): number {
  let sum = 0;
  for (let chain = 0; chain < chains; chain++) {
    for (let lane = 0; lane < 4; lane++) {
      let value = start + chain + lane / 4;
      for (let step = 0; step < steps; step++) value = value * factor + term;
      sum += value;
    }
  }
  return sum;
}
