/** One layer's parameters or their gradients, as in PyTorch: weight [out, in, ky, kx] or [out, in]; bias [out]. */
export interface LayerValues {
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** The buffers that a layer shares with its neighbours, allocated once for the largest batch. */
export interface LayerWiring {
  /** Largest number of images in a batch. */
  readonly capacity: number;
  /** [image, element]: the output of the layer before. */
  readonly input: Float64Array;
  /** [image, element]: the layer before's `outputGradient`. Undefined for the first layer: the gradient of the pixels is not needed. */
  readonly inputGradient: Float64Array | undefined;
  readonly parameters: LayerValues;
  readonly gradients: LayerValues;
}

/** One layer of a network with its buffers. */
export interface TrainingLayer {
  /** [image, element], after activation and pooling. */
  readonly output: Float64Array;
  /** [image, element]: the gradient of the loss by `output`; written by the layer that reads `output`. */
  readonly outputGradient: Float64Array;
  /** Computes `output` of the first `count` images of the input. */
  forward(count: number): void;
  /** After `forward` of the same images: adds to `gradients`, overwrites `inputGradient`, and overwrites `outputGradient` with intermediate values. */
  backward(count: number): void;
}
