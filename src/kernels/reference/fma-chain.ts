/** The chains of one invocation. */
export interface FmaChains {
  readonly chains: number;
  /** The four lanes of chain c start at `start` + c, plus 0, 1/4, 2/4 and 3/4. */
  readonly start: number;
  /** Multiply-adds per chain: value * factor + term. */
  readonly steps: number;
  readonly factor: number;
  readonly term: number;
}

/** Float64 twin of shaders/fma_chain.wgsl: the sum of all lanes of all chains. */
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
