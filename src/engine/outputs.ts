/** Where the outputs of some images lie: [output, place], with so many places in a row. */
export interface OutputRows {
  /** Outputs per image. */
  readonly width: number;
  readonly stride: number;
  /** The image at each place. */
  readonly images: ArrayLike<number>;
}

/** Puts rows of outputs into `outputs`, [image][output]. */
export function putOutputs(
  outputs: Float32Array,
  rows: Float32Array | Float64Array,
  { width, stride, images }: OutputRows,
): void {
  for (let output = 0; output < width; output++) {
    for (let place = 0; place < images.length; place++) {
      outputs[images[place]! * width + output] = rows[output * stride + place]!;
    }
  }
}
