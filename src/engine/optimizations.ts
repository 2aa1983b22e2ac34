/** Work that an evaluator need not do. None of it changes a result; each can be left out, to see what it is worth. */
export interface Optimizations {
  /** Keep the activations that enter the layer being searched. */
  readonly prefixCache: boolean;
  /** Reuse the evaluation of masks that were evaluated in full a moment ago. */
  readonly reuse: boolean;
  /** Reject a candidate without a forward pass where no loss is low enough. */
  readonly zeroForward: boolean;
  /** Stop evaluating a candidate once the images seen prove that its loss is above its limit. */
  readonly earlyRejection: boolean;
  /** Visit the highest-loss images first, so that the proof comes early. */
  readonly hardestFirst: boolean;
  /** Skip pruned weights, on devices where that pays. */
  readonly skipPruned: boolean;
}

export const ALL_OPTIMIZATIONS: Optimizations = {
  prefixCache: true,
  reuse: true,
  zeroForward: true,
  earlyRejection: true,
  hardestFirst: true,
  skipPruned: true,
};

export interface EvaluatorOptions {
  /** What is not named is on. */
  readonly optimizations?: Partial<Optimizations> | undefined;
  /**
   * Whether to look for the fastest way to divide the kernels' work, which takes some seconds: unless given, on a hardware
   * GPU. Changes no result.
   */
  readonly tune?: boolean | undefined;
}
