/** What torch.save wrote before 1.6: pickles of a magic number, of the protocol, of the system, of the object and of the keys of its storages; then these. */
import { shown } from '../safetensors/header.ts';
import { damagedTorch } from './errors.ts';
import { TorchInterpreter } from './interpreter.ts';
import type { OpenedTorch, StoragePlace } from './opened.ts';
import { unpickle } from './pickle/unpickle.ts';
import { PickleDict, PickleList, type PickleValue } from './pickle/values.ts';

/** 0x1950a86a20f9469cfc6c as a pickle writes it: the opcode, its length, the lowest byte first. */
const MAGIC = Uint8Array.of(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);
/** Protocol 4 has a frame before it. */
const MAGIC_STARTS = [2, 11];
const PROTOCOL = 1001;

/** Whether a file is such a file. */
export function isLegacyTorch(file: Uint8Array): boolean {
  return file[0] === 0x80 && MAGIC_STARTS.some((start) => MAGIC.every((byte, i) => file[start + i] === byte));
}

/** Throws 'bad-input' for damage. */
export function openLegacyTorch(file: Uint8Array): OpenedTorch {
  const interpreter = new TorchInterpreter();
  let at = 0;
  const next = (): PickleValue => {
    const { value, end } = unpickle(file, interpreter, at);
    at = end;
    return value;
  };
  next();
  const protocol = next();
  if (protocol !== PROTOCOL)
    throw damagedTorch('the file has another protocol than 1001, the only one that PyTorch wrote');
  const system = next();
  const bigEndian = system instanceof PickleDict && system.entries.get('little_endian') === false;
  const root = next();
  const keys = next();
  const places = storagesFrom(file, at, keys, interpreter, bigEndian);
  return {
    ...{ root, bigEndian },
    storage(key) {
      const place = places.get(key);
      if (!place) throw damagedTorch(`the file has no storage ${shown(key)}`);
      return place;
    },
    // It has no checksums.
    seal: () => undefined,
  };
}

/** Each storage starts with the number of its elements. */
function storagesFrom(
  file: Uint8Array,
  begin: number,
  keys: PickleValue,
  { storages }: TorchInterpreter,
  bigEndian: boolean,
): ReadonlyMap<string, StoragePlace> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const places = new Map<string, StoragePlace>();
  let at = begin;
  for (const key of keys instanceof PickleList ? keys.items : []) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || at + 8 > file.length)
      throw damagedTorch(`the file breaks off before storage ${shown(key)}, or says nothing of it`);
    const count = Number(view.getBigUint64(at, !bigEndian));
    const bytes = count * storage.type.bytes;
    at += 8;
    if (count !== storage.count || bytes > file.length - at)
      throw damagedTorch(
        `storage ${shown(key)} announces ${count} elements, its tensors need ${storage.count}, and ${file.length - at} bytes follow`,
      );
    places.set(storage.key, { begin: at, bytes });
    at += bytes;
  }
  return places;
}
