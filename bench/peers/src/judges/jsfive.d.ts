declare module 'jsfive' {
  export class Group {
    readonly keys: readonly string[];
    readonly attrs: Readonly<Record<string, unknown>>;
    get(path: string): Group & Dataset;
  }
  export class Dataset {
    readonly shape: readonly number[];
    readonly value: readonly number[];
  }
  export class File extends Group {
    constructor(buffer: ArrayBuffer, name?: string);
  }
}
