/** What a pickle describes, as plain data: nothing of it is imported, called or executed. */
import type { StorageRef, TensorRef } from '../tensor-ref.ts';

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleObject
  | StorageRef
  | TensorRef;

/** Lists and sets. */
export class PickleList {
  readonly items: PickleValue[] = [];
}

export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** A dict, or an OrderedDict. Keys are compared as numbers and strings are; any other key is one of its own. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** A class or function, by name. */
export class PickleGlobal {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What a class or function that is not known here would have made of its arguments. */
export class PickleObject {
  readonly of: PickleGlobal;
  readonly args: readonly PickleValue[];
  /** What would be passed to `__setstate__`. */
  state: PickleValue = null;
  /** Items that are set on it, if it is a kind of dict. */
  readonly dict = new PickleDict();

  constructor(of: PickleGlobal, args: readonly PickleValue[]) {
    this.of = of;
    this.args = args;
  }
}
