/** One layer's parameters or their gradients, as in PyTorch: weight [out, in, ky, kx] or [out, in]; bias [out]. */
export interface LayerValues {
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** What a layer shares with its neighbours: the buffers are allocated once, for as many images as fit. */
export interface LayerWiring {
  /** Most images in a batch. */
  readonly capacity: number;
  /** [image, element]: the output of the layer before. */
  readonly input: Float64Array;
  /** [image, element]: the layer before's `outputGradient`. The first has none: nobody asks for a pixel's gradient. */
  readonly inputGradient: Float64Array | undefined;
  readonly parameters: LayerValues;
  readonly gradients: LayerValues;
}

/** One layer of a network with its buffers. */
export interface TrainingLayer {
  /** [image, element], after activation and pooling. */
  readonly output: Float64Array;
  /** [image, element]: of the loss by `output`; whoever reads the output writes it. */
  readonly outputGradient: Float64Array;
  /** From the first `count` images of the input to those of the output. */
  forward(count: number): void;
  /** After `forward` of the same images: adds to `gradients`, overwrites `inputGradient`, uses up `outputGradient`. */
  backward(count: number): void;
}
