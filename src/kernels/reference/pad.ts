import { paddedSizes, type PadShape } from '../pad.ts';
import { QUAD } from '../spec.ts';

/** Float64 twin of shaders/pad.wgsl: from [channel, row, column, quad, 4] to the same of the padded sizes. */
export function pad(shape: PadShape, quads: number, x: Float64Array): Float64Array {
  const { channels, inHeight, inWidth, padding, before } = shape;
  const { outChannels, outHeight, outWidth } = paddedSizes(shape);
  const rowLength = inWidth * quads * QUAD;
  const y = new Float64Array(outChannels * outHeight * outWidth * quads * QUAD);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < inHeight; row++) {
      const from = (channel * inHeight + row) * rowLength;
      const pixel = ((before + channel) * outHeight + padding[0] + row) * outWidth + padding[1];
      y.set(x.subarray(from, from + rowLength), pixel * quads * QUAD);
    }
  }
  return y;
}
