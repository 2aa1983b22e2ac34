/** What a format of model files must bring. */
import type { Model } from '../network/model.ts';
import type { ModelOptions } from './model-options.ts';

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Files beside a model, by name. */
export type FilesBeside = ReadonlyMap<string, Uint8Array>;

export interface ModelFormat {
  /** For messages. */
  readonly name: string;
  /** Whether the bytes of a file are of this format. */
  matches(bytes: Uint8Array): boolean;
  /** What the name of a file of this format ends with, which decides where its bytes are of none. */
  readonly named: RegExp;
  /** Names of the files that must be read beside it. Throws 'bad-input'. */
  filesBeside?(bytes: Uint8Array): readonly string[];
  /** The model, which remembers its file (`Model.container`). Throws 'bad-input' for a damaged file, and for what no network here can do. */
  read(file: NamedFile, options: ModelOptions | undefined, beside: FilesBeside | undefined): Model;
}
