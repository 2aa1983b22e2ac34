/** Parameters by name, each in row-major order; `parameterShapes` has their shapes. As PyTorch's state dict. */
export type Tensors = ReadonlyMap<string, Float32Array>;

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
  /** Names of the files that lie beside it. */
  readonly beside: readonly string[];
  /** Of a file that holds weights alone: names of the options that said which network they are of. Undefined if the file says it. */
  readonly options?: readonly string[] | undefined;
  /** How the parameters lie in the file, by name; those that have no place in it are missing. */
  readonly layouts: ReadonlyMap<string, TensorLayout>;
  /**
   * The file with these parameters in it, rounded to its types, and with everything else as it came. Throws 'bad-input' if one that the
   * file has no place for has changed.
   */
  write(tensors: Tensors): ContainerFiles;
  /** The parameters in files that `write` made. */
  read(files: ContainerFiles): Tensors;
}

export interface ContainerFiles {
  readonly main: Uint8Array;
  /** Files that must lie beside it, by name. */
  readonly beside: ReadonlyMap<string, Uint8Array>;
}
