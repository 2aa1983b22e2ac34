/** Inputs of a network on canvases: images as they are, signals and vectors as curves. */
import { cssColor } from '../dom.ts';
import type { Pictures } from '../protocol.ts';

/** Of the canvas of a curve, in its own pixels, and how far lines stay from its edges. */
const CURVE_SIZE = { width: 288, height: 96 };
const MARGIN = 4;

/** Of curves, one channel after the other. */
const COLORS = ['--series-1', '--series-2', '--series-3', '--muted'];

/** The size that a canvas must have. */
export const sizeOf = ({ form, width, height }: Pick<Pictures, 'form' | 'width' | 'height'>) =>
  form === 'curves' ? CURVE_SIZE : { width, height };

/** Draws one of the pictures on a canvas of its size. */
export function drawPicture(canvas: HTMLCanvasElement, pictures: Pictures, index: number): void {
  const { form, channels, height, width } = pictures;
  const size = channels * height * width;
  const pixels = pictures.pixels.subarray(index * size, (index + 1) * size);
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (form === 'colour') context.putImageData(colourImage(pixels, width, height), 0, 0);
  else if (form === 'grey') drawInk(context, pixels, width);
  else {
    for (let channel = 0; channel < channels; channel++) {
      context.strokeStyle = cssColor(COLORS[channel % COLORS.length]!);
      drawCurve(context, pixels.subarray(channel * width, (channel + 1) * width));
    }
  }
}

/** In the colour of text, the stronger the larger the byte. */
function drawInk(context: CanvasRenderingContext2D, pixels: Uint8Array, width: number): void {
  context.fillStyle = cssColor('--text');
  pixels.forEach((byte, i) => {
    if (byte === 0) return;
    context.globalAlpha = byte / 255;
    context.fillRect(i % width, Math.floor(i / width), 1, 1);
  });
  context.globalAlpha = 1;
}

function colourImage(pixels: Uint8Array, width: number, height: number): ImageData {
  const image = new ImageData(width, height);
  const area = width * height;
  for (let i = 0; i < area; i++) {
    image.data.set([pixels[i]!, pixels[area + i]!, pixels[2 * area + i]!, 255], 4 * i);
  }
  return image;
}

/** The largest byte is on top. */
function drawCurve(context: CanvasRenderingContext2D, line: Uint8Array): void {
  const { width, height } = CURVE_SIZE;
  const step = (width - 2 * MARGIN) / Math.max(1, line.length - 1);
  context.lineWidth = 3;
  context.lineJoin = 'round';
  context.beginPath();
  line.forEach((byte, i) => {
    context.lineTo(MARGIN + i * step, height - MARGIN - (byte / 255) * (height - 2 * MARGIN));
  });
  context.stroke();
}
