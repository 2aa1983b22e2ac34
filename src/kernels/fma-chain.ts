import type { KernelSpec } from './spec.ts';

/** Chains of four lanes per invocation. Eight hide the latency of one multiply-add behind the others. */
export const FMA_CHAINS = 8;

/** Multiply-adds of every chain per step, so that the loop itself takes no noticeable time. */
export const FMA_UNROLL = 4;

export interface FmaChainShape {
  readonly invocations: number;
  /** Iterations of the loop, of `FMA_UNROLL` multiply-adds each. */
  readonly steps: number;
}

/** Measures arithmetic throughput: fused multiply-adds in registers. Uniform: `[steps]` u32, `[factor, term]` f32. */
export const fmaChain: KernelSpec<FmaChainShape> = {
  name: 'fma_chain',
  bindings: [
    { name: 'params', type: 'uniform', perDispatch: true },
    { name: 'y', type: 'storage' },
  ],
  constants: () => ({ chains: FMA_CHAINS, unroll: FMA_UNROLL }),
  overrides: () => ({}),
  grid: ({ invocations }, _, { workgroupSize }) => [Math.ceil(invocations / workgroupSize), 1, 1],
  cost: ({ invocations, steps }) => ({
    macs: invocations * steps * FMA_UNROLL * FMA_CHAINS * 4,
    bytes: 4 * invocations,
  }),
};
