/** The window that a convolution or a pooling moves over an image. */

export type Size2d = readonly [height: number, width: number];

/** Pixels added at each side of an image. */
export type Padding = readonly [top: number, left: number, bottom: number, right: number];

export interface Window {
  readonly kernel: Size2d;
  readonly stride: Size2d;
  readonly padding: Padding;
  /** Pixels from one place of the kernel to the next; 1 for a kernel without holes. */
  readonly dilation: Size2d;
}

/** Rows and columns of pixels that the window covers, holes included. */
export function extentOf({ kernel, dilation }: Pick<Window, 'kernel' | 'dilation'>): Size2d {
  return [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1];
}

/** How often the window fits, down and across: below 1 if it does not fit at all. */
export function placesOf(inHeight: number, inWidth: number, window: Window): Size2d {
  const { stride, padding } = window;
  const [height, width] = extentOf(window);
  return [
    Math.floor((inHeight + padding[0] + padding[2] - height) / stride[0]) + 1,
    Math.floor((inWidth + padding[1] + padding[3] - width) / stride[1]) + 1,
  ];
}
