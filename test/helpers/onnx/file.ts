/** A network in an ONNX file, and how its images lie in it. */
export interface OnnxFile {
  readonly name: string;
  readonly bytes: () => Uint8Array;
  /** Axes of the input after the batch, each 'C', 'H' or 'W', and their sizes. */
  readonly axes: string;
  readonly sizes: readonly number[];
  /** [channels, height, width] or [features] of the network that is read. */
  readonly input: readonly number[];
  /** Images per run, if the file fixes them. */
  readonly batch?: number;
  /** What the file does to the scores, which the network leaves to the loss. */
  readonly ending?: 'softmax' | 'log-softmax' | 'sigmoid';
  /** Default: classes. */
  readonly task?: 'classes' | 'binary' | 'regression';
  /** Files that lie beside it. */
  readonly beside?: () => ReadonlyMap<string, Uint8Array>;
  /** Images to compare; fewer where one takes long. */
  readonly images: number;
}

/** The index among [channels, height, width] of each element of the file's image. */
export function placesInFile({ axes, sizes }: Pick<OnnxFile, 'axes' | 'sizes'>): Uint32Array {
  const size = (axis: string) => (axes.includes(axis) ? sizes[axes.indexOf(axis)]! : 1);
  const [height, width] = [size('H'), size('W')];
  const strides = { C: height * width, H: width, W: 1 } as Readonly<Record<string, number>>;
  const places = new Uint32Array(sizes.reduce((product, one) => product * one, 1));
  for (let i = 0; i < places.length; i++) {
    let rest = i;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      places[i]! += (rest % sizes[axis]!) * strides[axes[axis]!]!;
      rest = Math.floor(rest / sizes[axis]!);
    }
  }
  return places;
}
