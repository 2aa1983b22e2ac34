/**
 * Ways for an evaluator to save work. None of them changes a result. Each can be disabled, to measure what it saves.
 */
export interface Optimizations {
  /** Keep the activations that enter the layer being searched. */
  readonly prefixCache: boolean;
  /** Reuse the loss of masks that were evaluated over all images a moment ago. */
  readonly reuse: boolean;
  /** Reject a candidate without a forward pass if its loss limit is below zero. */
  readonly zeroForward: boolean;
  /** Stop a candidate's evaluation as soon as the images seen so far prove that its loss is above the limit. */
  readonly earlyRejection: boolean;
  /** Visit the highest-loss images first, so that early rejection needs fewer images. */
  readonly highestLossFirst: boolean;
  /** Skip pruned weights on devices where that saves time. */
  readonly skipPruned: boolean;
}

export const ALL_OPTIMIZATIONS: Optimizations = {
  prefixCache: true,
  reuse: true,
  zeroForward: true,
  earlyRejection: true,
  highestLossFirst: true,
  skipPruned: true,
};
