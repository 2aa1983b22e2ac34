/** Drawings as the networks see them: 28 x 28 bytes, row by row, 0 where nothing is drawn. */

export const SIDE = 28;

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
