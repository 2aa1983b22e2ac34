/** Images as the networks see them, and drawings as such images: 28 x 28 bytes, row by row, 0 where nothing is drawn. */
import { cssColor } from '../dom.ts';
import type { Samples } from '../protocol.ts';

export const SIDE = 28;

/** Draws an image on a canvas of its size: one channel as ink in the colour of text, three as red, green and blue. */
export function drawImage(
  canvas: HTMLCanvasElement,
  pixels: Uint8Array,
  { channels, width, height }: Pick<Samples, 'channels' | 'width' | 'height'>,
): void {
  const context = canvas.getContext('2d')!;
  if (channels === 3) {
    context.putImageData(colourImage(pixels, width, height), 0, 0);
    return;
  }
  context.clearRect(0, 0, width, height);
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

/** Side of the square that a digit is scaled into, as MNIST's were. */
const DIGIT_SIDE = 20;

/** What is opaque on a canvas, scaled and with its centre of mass in the middle, as MNIST's digits are; undefined if nothing is. */
export function toImage(canvas: HTMLCanvasElement): Uint8Array | undefined {
  const box = boundsOf(canvas);
  if (!box) return undefined;
  const { left, top, width, height } = box;
  const scale = DIGIT_SIDE / Math.max(width, height);
  const scaled = new OffscreenCanvas(SIDE, SIDE).getContext('2d')!;
  scaled.imageSmoothingQuality = 'high';
  scaled.drawImage(canvas, left, top, width, height, 4, 4, width * scale, height * scale);
  const ink = opacityOf(scaled.getImageData(0, 0, SIDE, SIDE));
  return centred(ink);
}

function boundsOf(canvas: HTMLCanvasElement) {
  const { width, height } = canvas;
  const ink = opacityOf(canvas.getContext('2d')!.getImageData(0, 0, width, height));
  let [left, top, right, bottom] = [width, height, -1, -1];
  ink.forEach((byte, i) => {
    if (byte === 0) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  });
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function opacityOf({ data }: ImageData): Uint8Array {
  return Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3]!);
}

function centred(ink: Uint8Array): Uint8Array {
  let [mass, x, y] = [0, 0, 0];
  ink.forEach((byte, i) => {
    mass += byte;
    x += byte * (i % SIDE);
    y += byte * Math.floor(i / SIDE);
  });
  const [right, down] = [x, y].map((moment) => Math.round((SIDE - 1) / 2 - moment / mass));
  const moved = new Uint8Array(SIDE * SIDE);
  ink.forEach((byte, i) => {
    const [column, row] = [(i % SIDE) + right!, Math.floor(i / SIDE) + down!];
    if (column >= 0 && column < SIDE && row >= 0 && row < SIDE) moved[row * SIDE + column] = byte;
  });
  return moved;
}
