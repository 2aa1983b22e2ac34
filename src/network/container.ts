/** Parameters by name; as `Tensors` of a model, which names this file. */
type Tensors = ReadonlyMap<string, Float32Array>;

/** How a parameter lies in the file that it came from. */
export interface TensorLayout {
  readonly shape: readonly number[];
  /** The index in the file of each of its numbers; undefined if they are in the same order. */
  readonly order: Uint32Array | undefined;
}

/** The file that a model came from, which its pruned version is written as. Formats implement it. */
export interface Container {
  /** What the names of such files end with. */
  readonly extension: string;
  /** Of the parameters that lie otherwise in the file than here, by name. */
  readonly layouts: ReadonlyMap<string, TensorLayout>;
  /**
   * The file with these parameters in it, rounded to its types, and with everything else as it came. Throws 'bad-input' if one that the
   * file has no place for has changed.
   */
  write(tensors: Tensors): ContainerFiles;
}

export interface ContainerFiles {
  readonly main: Uint8Array;
  /** Files that must lie beside it, by name. */
  readonly beside: ReadonlyMap<string, Uint8Array>;
}
