/** Files of torch.save, byte by byte, as PyTorch writes them: the zip of 1.6 and later, and the format before. */
import { crc32 } from 'node:zlib';
import { encodeFloats, type FloatType } from '../../../src/formats/arrays/encode-floats.ts';
import { ELEMENT_BYTES } from '../../../src/formats/arrays/numbers.ts';
import { swapped } from '../data/npy.ts';
import { Call, Global, Persistent, pickle, Raw, Tuple, type Value } from './pickle.ts';

type TestType = FloatType | 'int64' | 'quantised';

const CLASSES: Readonly<Record<TestType, string>> = {
  float32: 'FloatStorage',
  float64: 'DoubleStorage',
  float16: 'HalfStorage',
  bfloat16: 'BFloat16Storage',
  int64: 'LongStorage',
  quantised: 'QInt8Storage',
};

/** Numbers in a file of their own. */
export class Storage {
  readonly numbers: Float32Array;
  readonly type: TestType;

  constructor(numbers: ArrayLike<number>, type: TestType = 'float32') {
    this.numbers = Float32Array.from(numbers);
    this.type = type;
  }

  get bytes(): Uint8Array {
    if (this.type === 'quantised') return Uint8Array.from(this.numbers);
    if (this.type === 'int64')
      return new Uint8Array(BigInt64Array.from(Array.from(this.numbers, (number) => BigInt(number))).buffer);
    return encodeFloats(this.numbers, this.type);
  }

  get elementBytes(): number {
    return this.type === 'quantised' ? 1 : ELEMENT_BYTES[this.type];
  }
}

/** Stands for a tensor until the storages have their keys. */
export class TestTensor {
  readonly storage: Storage;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;

  constructor(
    storage: Storage,
    shape: readonly number[],
    { strides, offset = 0 }: { readonly strides?: readonly number[]; readonly offset?: number } = {},
  ) {
    this.storage = storage;
    this.shape = shape;
    this.strides = strides ?? shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
    this.offset = offset;
  }
}

export const tensor = (shape: readonly number[], numbers: ArrayLike<number>, type: TestType = 'float32') =>
  new TestTensor(new Storage(numbers, type), shape);

/** torch.nn.Parameter of a tensor. */
export class Parameter {
  readonly data: TestTensor;

  constructor(data: TestTensor) {
    this.data = data;
  }
}

/** What a test writes: values of a pickle in which tensors stand for themselves. */
export type TorchValue =
  | TestTensor
  | Parameter
  | null
  | boolean
  | number
  | string
  | readonly TorchValue[]
  | TorchDict
  | TorchObject
  | Global
  | Call
  | Raw;

export interface TorchDict {
  readonly dict: Readonly<Record<string, TorchValue>>;
  readonly ordered?: boolean;
}

/** An object of a class with attributes, as pickle writes it. */
export interface TorchObject {
  readonly of: Global;
  readonly attributes: Readonly<Record<string, TorchValue>>;
}

export const dict = (members: Readonly<Record<string, TorchValue>>): TorchDict => ({ dict: members });
export const ordered = (members: Readonly<Record<string, TorchValue>>): TorchDict => ({
  dict: members,
  ordered: true,
});

const ORDERED = new Global('collections', 'OrderedDict');

/** The pickle of a value, and its storages by key. */
function pickled(
  root: TorchValue,
  isLegacy: boolean,
): { readonly data: Uint8Array; readonly storages: ReadonlyMap<string, Storage> } {
  const keys = new Map<Storage, string>();
  const mapOf = (members: Readonly<Record<string, TorchValue>>) =>
    new Map<Value, Value>(Object.entries(members).map(([name, value]) => [name, valueOf(value)]));
  // The old format holds the source of a module's class.
  const classOf = (of: Global): Value =>
    isLegacy ? new Persistent(new Tuple('module', of, 'nets.py', 'class Net(nn.Module):')) : of;
  const valueOf = (value: TorchValue): Value => {
    if (value instanceof TestTensor) {
      const { storage, shape, strides, offset } = value;
      if (!keys.has(storage))
        keys.set(storage, isLegacy ? String(94020243121552 + keys.size) : String(keys.size));
      const id = new Tuple(
        ...[
          'storage',
          new Global('torch', CLASSES[storage.type]),
          keys.get(storage)!,
          'cpu',
          storage.numbers.length,
        ],
        ...(isLegacy ? [null] : []),
      );
      const sizes = (numbers: readonly number[]) => new Tuple(...numbers);
      return new Call(new Global('torch._utils', '_rebuild_tensor_v2'), [
        ...[new Persistent(id), offset, sizes(shape), sizes(strides), false, new Call(ORDERED, [])],
      ]);
    }
    if (value instanceof Parameter)
      return new Call(new Global('torch._utils', '_rebuild_parameter'), [
        valueOf(value.data),
        true,
        new Call(ORDERED, []),
      ]);
    if (Array.isArray(value)) return (value as readonly TorchValue[]).map(valueOf);
    if (value !== null && typeof value === 'object' && 'dict' in value) {
      const items = mapOf(value.dict);
      return value.ordered ? new Call(ORDERED, [], { items }) : items;
    }
    if (value !== null && typeof value === 'object' && 'attributes' in value)
      return new Call(classOf(value.of), [], { isObject: true, state: mapOf(value.attributes) });
    return value as Value;
  };
  const data = pickle(valueOf(root));
  return { data, storages: new Map([...keys].map(([storage, key]) => [key, storage])) };
}

export interface ZipOptions {
  readonly folder?: string;
  readonly bigEndian?: boolean;
  /** Names of files to leave out. */
  readonly without?: readonly string[];
  /** Whether checksums follow the data, as PyTorch writes them. */
  readonly descriptors?: boolean;
}

export function torchZip(
  root: TorchValue,
  { folder = 'archive', bigEndian = false, without = [], descriptors = true }: ZipOptions = {},
): Uint8Array {
  const { data, storages } = pickled(root, false);
  const files = new Map<string, Uint8Array>([
    ['data.pkl', data],
    ...(bigEndian ? [['byteorder', Buffer.from('big')] as const] : []),
    ...[...storages].map(
      ([key, { bytes, elementBytes }]) =>
        [`data/${key}`, bigEndian ? swapped(bytes, elementBytes) : bytes] as const,
    ),
    ['version', Buffer.from('3\n')],
  ]);
  for (const name of without) files.delete(name);
  return zipOf(new Map([...files].map(([name, bytes]) => [`${folder}/${name}`, bytes])), descriptors);
}

/** Stored files, each starting at a multiple of 64 bytes. */
export function zipOf(files: ReadonlyMap<string, Uint8Array>, descriptors: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const add = (bytes: Uint8Array) => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const [name, bytes] of files) {
    const crc = crc32(bytes);
    const begin = at;
    const padding = Buffer.alloc(4 + ((64 - ((begin + 34 + name.length) % 64)) % 64), 'Z');
    padding.write('FB');
    padding.writeUInt16LE(padding.length - 4, 2);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(descriptors ? 0x808 : 0x800, 6);
    if (!descriptors) {
      local.writeUInt32LE(crc, 14);
      local.writeUInt32LE(bytes.length, 18);
      local.writeUInt32LE(bytes.length, 22);
    }
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(padding.length, 28);
    add(Buffer.concat([local, Buffer.from(name), padding, bytes]));
    if (descriptors) {
      const descriptor = Buffer.alloc(16);
      [0x08074b50, crc, bytes.length, bytes.length].forEach((word, i) =>
        descriptor.writeUInt32LE(word, 4 * i),
      );
      add(descriptor);
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(descriptors ? 0x808 : 0x800, 8);
    [crc, bytes.length, bytes.length].forEach((word, i) => central.writeUInt32LE(word, 16 + 4 * i));
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(begin, 42);
    directory.push(Buffer.concat([central, Buffer.from(name)]));
  }
  const start = at;
  for (const record of directory) add(record);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(at - start, 12);
  end.writeUInt32LE(start, 16);
  add(end);
  return new Uint8Array(Buffer.concat(parts));
}

/** 0x1950a86a20f9469cfc6c */
const MAGIC = new Raw(Uint8Array.of(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19));

export function torchLegacy(
  root: TorchValue,
  { bigEndian = false }: { readonly bigEndian?: boolean } = {},
): Uint8Array {
  const { data, storages } = pickled(root, true);
  const system = new Map<Value, Value>([
    ['protocol_version', 1001],
    ['little_endian', !bigEndian],
  ]);
  const sorted = [...storages].sort(([a], [b]) => (a < b ? 1 : -1));
  return new Uint8Array(
    Buffer.concat([
      ...[pickle(MAGIC), pickle(1001), pickle(system), data, pickle(sorted.map(([key]) => key))],
      ...sorted.flatMap(([, { numbers, bytes, elementBytes }]) => {
        const count = Buffer.alloc(8);
        if (bigEndian) count.writeBigInt64BE(BigInt(numbers.length));
        else count.writeBigInt64LE(BigInt(numbers.length));
        return [count, bigEndian ? swapped(bytes, elementBytes) : bytes];
      }),
    ]),
  );
}
