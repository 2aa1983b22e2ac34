/** The tensors of a file of masks, of any element type. */
import { MasksearchError } from '../../core/error.ts';
import type { Numbers } from '../arrays/array.ts';
import { decodeNumbers } from '../arrays/numbers.ts';
import { isSafetensors, SAFETENSORS_BYTES, SAFETENSORS_TYPES } from '../arrays/safetensors.ts';
import { parseHeader } from './header.ts';
import { checkDigest } from './tensors.ts';

export interface MaskTensor {
  readonly name: string;
  /** As the file calls its type. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major; those of a BOOL are its bytes. */
  readonly numbers: Numbers;
}

/** By name, in the order of the file. Throws 'bad-input' for anything that the format does not allow, and for damaged data. */
export function maskTensorsIn(file: Uint8Array): ReadonlyMap<string, MaskTensor> {
  if (file.length > 8 && !isSafetensors(file))
    throw new MasksearchError(
      'bad-input',
      'the file of masks is not in safetensors',
      'name a file of masks such as masks.safetensors of a run',
    );
  const { entries, metadata, dataStart } = parseHeader(file, SAFETENSORS_BYTES);
  checkDigest(file, dataStart, metadata);
  return new Map(
    entries.map(({ name, dtype, shape, begin, end }) => {
      const bytes = file.subarray(dataStart + begin, dataStart + end);
      const type = dtype === 'BOOL' ? 'uint8' : SAFETENSORS_TYPES[dtype];
      return [name, { name, dtype, shape, numbers: decodeNumbers(bytes, type) }] as const;
    }),
  );
}
