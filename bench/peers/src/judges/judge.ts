/** Programs by others that read a model's file, to be compared with what is read here. */
import type { ContainerFiles } from 'masksearch';

/** Images as [image, row, column, channel], as files with channels last take them. */
export interface Images {
  readonly count: number;
  /** [channels, rows, columns] */
  readonly shape: readonly [number, number, number];
  /** [image, channel, row, column] */
  readonly pixels: Float32Array;
}

/** What a judge gives: scores, or what softmax makes of them. */
export interface Verdict {
  /** [image, output] */
  readonly outputs: Float32Array;
  readonly ending?: 'softmax';
}

export interface Judge {
  readonly name: string;
  /** What keeps it from running here; undefined if nothing does. */
  readonly lack?: () => string | undefined;
  readonly judge: (files: ContainerFiles, images: Images) => Promise<Verdict>;
}

/** [image, row, column, channel] */
export function channelsLast({ count, shape: [channels, rows, columns], pixels }: Images): Float32Array {
  const area = rows * columns;
  const moved = new Float32Array(pixels.length);
  for (let image = 0; image < count; image++)
    for (let pixel = 0; pixel < area; pixel++)
      for (let channel = 0; channel < channels; channel++)
        moved[(image * area + pixel) * channels + channel] =
          pixels[(image * channels + channel) * area + pixel]!;
  return moved;
}
