/** A file of torch.save whose pickle was read. */
import type { PickleValue } from './pickle/values.ts';

/** Where the elements of a storage lie in the file. */
export interface StoragePlace {
  readonly begin: number;
  readonly bytes: number;
}

export interface OpenedTorch {
  readonly root: PickleValue;
  readonly bigEndian: boolean;
  /** Throws 'bad-input' for a storage that is missing or damaged. */
  storage(key: string): StoragePlace;
  /** Corrects the checksum of the storage that byte `at` lies in, in a changed copy of the file. */
  seal(file: Uint8Array, at: number): void;
}
