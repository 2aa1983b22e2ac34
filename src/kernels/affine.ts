import type { Activated } from './activation.ts';

/** activation(scale[channel] * x + shift[channel]) for every pixel: batch normalisation, or an activation on its own. */
export interface AffineShape extends Activated {
  readonly channels: number;
  /** Pixels per channel. */
  readonly area: number;
}
