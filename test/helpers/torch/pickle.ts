/** Pickles of protocol 2, byte by byte, as CPython writes them. */

/** A class or function: `torch.nn Linear`. */
export class Global {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }
}

/** A function or class that is called when the pickle is loaded, what is set on the result, and its attributes. */
export class Call {
  readonly of: Value;
  readonly args: readonly Value[];
  readonly items: ReadonlyMap<Value, Value>;
  readonly state: Value | undefined;
  readonly opcode: 'R' | '\x81';

  constructor(
    of: Value,
    args: readonly Value[],
    more: {
      readonly items?: ReadonlyMap<Value, Value>;
      readonly state?: Value;
      readonly isObject?: boolean;
    } = {},
  ) {
    this.of = of;
    this.args = args;
    this.items = more.items ?? new Map();
    this.state = more.state;
    this.opcode = more.isObject ? '\x81' : 'R';
  }
}

export class Tuple {
  readonly items: readonly Value[];

  constructor(...items: readonly Value[]) {
    this.items = items;
  }
}

export class Persistent {
  readonly id: Value;

  constructor(id: Value) {
    this.id = id;
  }
}

export class Raw {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | Global
  | Call
  | Tuple
  | Persistent
  | Raw;

export function pickle(value: Value): Uint8Array {
  return Buffer.concat([Buffer.from([0x80, 2]), encoded(value), Buffer.from('.')]);
}

const ascii = (text: string) => Buffer.from(text, 'latin1');

function encoded(value: Value): Uint8Array {
  if (value === null) return ascii('N');
  if (typeof value === 'boolean') return Buffer.from([value ? 0x88 : 0x89]);
  if (typeof value === 'number') return numberOf(value);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    const head = Buffer.alloc(5, 'X');
    head.writeUInt32LE(text.length, 1);
    return Buffer.concat([head, text]);
  }
  if (value instanceof Raw) return value.bytes;
  if (value instanceof Global) return ascii(`c${value.module}\n${value.name}\n`);
  if (value instanceof Tuple) return Buffer.concat([ascii('('), ...value.items.map(encoded), ascii('t')]);
  if (value instanceof Persistent) return Buffer.concat([encoded(value.id), ascii('Q')]);
  if (value instanceof Call) {
    const { of, args, items, state, opcode } = value;
    return Buffer.concat([
      ...[encoded(of), encoded(new Tuple(...args)), ascii(opcode), itemsOf(items)],
      ...(state === undefined ? [] : [encoded(state), ascii('b')]),
    ]);
  }
  if (value instanceof Map) return Buffer.concat([ascii('}'), itemsOf(value as ReadonlyMap<Value, Value>)]);
  return Buffer.concat([ascii(']('), ...(value as readonly Value[]).map(encoded), ascii('e')]);
}

const itemsOf = (items: ReadonlyMap<Value, Value>) =>
  items.size === 0 ? ascii('') : Buffer.concat([ascii('('), ...[...items].flat().map(encoded), ascii('u')]);

function numberOf(value: number): Uint8Array {
  if (!Number.isInteger(value)) {
    const float = Buffer.alloc(9, 'G');
    float.writeDoubleBE(value, 1);
    return float;
  }
  if (value >= 0 && value < 256) return Buffer.from([0x4b, value]);
  if (Math.abs(value) < 2 ** 31) {
    const whole = Buffer.alloc(5, 'J');
    whole.writeInt32LE(value, 1);
    return whole;
  }
  const long = Buffer.alloc(10);
  long.set([0x8a, 8]);
  long.writeBigInt64LE(BigInt(value), 2);
  return long;
}
