/** Safetensors as arrays of numbers, of all the element types that models may not have. */
import { parseHeader, shown } from '../safetensors/header.ts';
import { checkArrayBytes, damagedFile, type ArrayFile } from './array.ts';
import { decodeNumbers, ELEMENT_BYTES, type ElementType } from './numbers.ts';

/** The element type of each dtype. */
export const SAFETENSORS_TYPES = {
  ...{ BOOL: 'bool', U8: 'uint8', I8: 'int8', U16: 'uint16', I16: 'int16', U32: 'uint32', I32: 'int32' },
  ...{ U64: 'uint64', I64: 'int64', F16: 'float16', BF16: 'bfloat16', F32: 'float32', F64: 'float64' },
} as const satisfies Record<string, ElementType>;

type Dtype = keyof typeof SAFETENSORS_TYPES;

/** Bytes per element of every type. */
export const SAFETENSORS_BYTES = Object.fromEntries(
  Object.entries(SAFETENSORS_TYPES).map(([dtype, type]) => [dtype, ELEMENT_BYTES[type]]),
) as Record<Dtype, number>;

/** True if `bytes` start as safetensors do: the length of a header of less than 16 MiB, then the header. */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes.subarray(3, 8).every((byte) => byte === 0);
}

/** The tensors of a safetensors file. Throws 'bad-input' for anything that the format does not allow. */
export function openSafetensors(file: Uint8Array): ArrayFile {
  const { entries, dataStart } = parseHeader(file, SAFETENSORS_BYTES);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    names: [...byName.keys()],
    read: (name) =>
      Promise.resolve().then(() => {
        const entry = byName.get(name);
        if (!entry) throw damagedFile(`the safetensors file has no tensor ${shown(name)}`);
        const { dtype, shape, begin, end } = entry;
        checkArrayBytes(`tensor ${shown(name)}`, end - begin);
        const data = file.subarray(dataStart + begin, dataStart + end);
        return { shape, numbers: decodeNumbers(data, SAFETENSORS_TYPES[dtype]) };
      }),
  };
}
