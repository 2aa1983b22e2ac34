import type { Masks } from 'masksearch';

/** A runtime that runs a network as a whole. */
export type WholeRuntime<Activations> = Omit<Runtime<Activations>, 'runPrefix' | 'logProbabilities'> & {
  logProbabilities(depth: 0, images: Activations): Promise<Float32Array>;
};

/**
 * A runtime under comparison: one network in its memory, run layer by layer over batches of images. It knows nothing
 * of limits, orders or caches. `Activations` is what it keeps of a batch, [image, …] f32 in its own layout: at depth 0
 * the images, at depth d what enters layer d. One call at a time.
 */
export interface Runtime<Activations> {
  /** Threads that it computes with. */
  readonly threads: number;
  /** @param pixels normalised, [image, row, column]; not to be written to while the activations are in use */
  upload(pixels: Float32Array, images: number): Activations;
  /** Sets the weights of every layer to the trained ones times its mask. Only changed masks cost anything. */
  setMasks(masks: Masks): void;
  /** What enters layer `depth`, at least 1, for images at depth 0. */
  runPrefix(depth: number, images: Activations): Promise<Activations>;
  /** Log-softmax of the class scores, [image, class], for activations at `depth`. */
  logProbabilities(depth: number, activations: Activations): Promise<Float32Array>;
  free(activations: Activations): void;
  close(): Promise<void>;
}
