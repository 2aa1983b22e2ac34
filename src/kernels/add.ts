import type { Activated } from './activation.ts';

/** activation(a + b), element by element. */
export interface AddShape extends Activated {
  readonly channels: number;
  /** Pixels per channel. */
  readonly area: number;
}
