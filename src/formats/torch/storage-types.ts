/** Types of elements by the names that PyTorch pickles them under. */
import type { StorageType } from './tensor-ref.ts';
import { ELEMENT_BYTES, type ElementType } from '../arrays/numbers.ts';

const read = (type: ElementType): StorageType => ({ type, name: type, bytes: ELEMENT_BYTES[type] });
const unread = (name: string, bytes: number): StorageType => ({ type: undefined, name, bytes });

/** By the name of the storage's class. */
const STORAGES: Readonly<Record<string, StorageType>> = {
  FloatStorage: read('float32'),
  DoubleStorage: read('float64'),
  HalfStorage: read('float16'),
  BFloat16Storage: read('bfloat16'),
  LongStorage: read('int64'),
  IntStorage: read('int32'),
  ShortStorage: read('int16'),
  CharStorage: read('int8'),
  ByteStorage: read('uint8'),
  BoolStorage: read('bool'),
  UntypedStorage: read('uint8'),
  ComplexFloatStorage: unread('complex64', 8),
  ComplexDoubleStorage: unread('complex128', 16),
  QInt8Storage: unread('a quantised tensor', 1),
  QUInt8Storage: unread('a quantised tensor', 1),
  QUInt4x2Storage: unread('a quantised tensor', 1),
  QUInt2x4Storage: unread('a quantised tensor', 1),
  QInt32Storage: unread('a quantised tensor', 4),
};

/** By the name of the dtype, where a tensor says it and not its storage. */
const DTYPES: Readonly<Record<string, StorageType>> = {
  ...Object.fromEntries(
    Object.values(STORAGES).flatMap(({ type }) => (type === undefined ? [] : [[type, read(type)]])),
  ),
  uint16: read('uint16'),
  uint32: read('uint32'),
  uint64: read('uint64'),
};

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** Undefined for a class that is no storage. Old files name those of a GPU: `torch.cuda.FloatStorage`. */
export function storageType(module: string, name: string): StorageType | undefined {
  return module === 'torch' || module.startsWith('torch.') ? own(STORAGES, name) : undefined;
}

export const dtypeOf = (name: string): StorageType => own(DTYPES, name) ?? unread(`torch.${name}`, 1);
