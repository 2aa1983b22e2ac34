/** Tensors and storages as a pickle names them, before they are found in the file. */
import type { ElementType } from '../arrays/numbers.ts';

/** Elements of a storage; undefined for a type whose numbers are not read. */
export interface StorageType {
  readonly type: ElementType | undefined;
  /** For messages. */
  readonly name: string;
  readonly bytes: number;
}

export class StorageRef {
  readonly key: string;
  readonly type: StorageType;
  /** Elements that it has. */
  readonly count: number;
  /** Where it starts in the storage `key`, of which it may be a part. */
  readonly offset: number;

  constructor(key: string, type: StorageType, count: number, offset = 0) {
    this.key = key;
    this.type = type;
    this.count = count;
    this.offset = offset;
  }
}

export class TensorRef {
  readonly storage: StorageRef;
  /** Elements of the storage before the first. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly type: StorageType;

  constructor(
    storage: StorageRef,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
    type = storage.type,
  ) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    this.type = type;
  }
}
