/** The channels of one image, then those of another. */
export interface ConcatShape {
  /** Channels, or features, of the two inputs. */
  readonly channels: readonly [first: number, second: number];
  /** Pixels per channel. */
  readonly area: number;
}
