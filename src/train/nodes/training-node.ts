/** What the nodes of a network share in training. */

/** A tensor of a batch with the gradient of the loss by it: [image, element]. */
export interface Signal {
  /** Elements per image. */
  readonly size: number;
  readonly values: Float64Array;
  /** Every node that reads the tensor adds to it. Empty if nobody needs it: that of the pixels. */
  readonly gradient: Float64Array;
}

/** A parameter with its gradient. */
export interface Parameter {
  readonly values: Float64Array;
  readonly gradient: Float64Array;
}

/** In training, normalisations use the statistics of the batch, and keep track of them. */
export type Mode = 'train' | 'batch statistics' | 'evaluate';

/** One node with its buffers, which are allocated once for the largest batch. */
export interface TrainingNode {
  /** Computes the output of the first `count` images. */
  forward(count: number, mode: Mode): void;
  /** After `forward` of the same images: adds to the gradients of its parameters and inputs. */
  backward(count: number): void;
}

/** The values or gradients of one image. */
export function imageOf(data: Float64Array, size: number, image: number): Float64Array {
  return data.subarray(image * size, (image + 1) * size);
}
