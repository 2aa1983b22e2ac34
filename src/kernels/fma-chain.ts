import type { KernelSpec } from './spec.ts';

/** Chains of four lanes that an invocation works on at a time: enough to hide the latency of one by the others. */
export const FMA_CHAINS = 8;

/** Multiply-adds of every chain in a turn of the loop, so that the loop itself does not count. */
export const FMA_UNROLL = 4;

export interface FmaChainShape {
  readonly invocations: number;
  /** Turns of the loop. */
  readonly steps: number;
}

/** Fused multiply-adds in registers. Its uniform: steps as u32, factor and term as f32. */
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
