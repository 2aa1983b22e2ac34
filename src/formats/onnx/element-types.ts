/** Types of a tensor's elements: TensorProto.DataType. */
import type { FloatType } from '../arrays/encode-floats.ts';
import type { ElementType } from '../arrays/numbers.ts';

const BY_CODE: ReadonlyMap<number, ElementType> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
  [12, 'uint32'],
  [13, 'uint64'],
  [16, 'bfloat16'],
]);

/** Undefined for text, complex numbers and types of 4 and 8 bits. */
export const elementTypeOf = (code: number): ElementType | undefined => BY_CODE.get(code);

export const READ_TYPES: readonly ElementType[] = [...BY_CODE.values()];

/** Whether a cast to this type cuts fractions off. Undefined for text, complex numbers and the like. */
export const isWholeType = (code: number): boolean => {
  const type = elementTypeOf(code);
  return type !== undefined && !isFloat(type);
};

/** Those that weights may have. */
const FLOATS = ['float32', 'float64', 'float16', 'bfloat16'] as const satisfies readonly FloatType[];
export const isFloat = (type: ElementType): type is FloatType => FLOATS.some((float) => float === type);

/** The field of a TensorProto that a tensor may have instead of raw bytes. */
export function typedField(type: ElementType): { readonly number: number; readonly isVarint: boolean } {
  switch (type) {
    case 'float32':
      return { number: 4, isVarint: false };
    case 'float64':
      return { number: 10, isVarint: false };
    case 'int64':
      return { number: 7, isVarint: true };
    case 'uint32':
    case 'uint64':
      return { number: 11, isVarint: true };
    case 'uint8':
    case 'int8':
    case 'uint16':
    case 'int16':
    case 'int32':
    case 'bool':
    case 'float16':
    case 'bfloat16':
      return { number: 5, isVarint: true };
  }
}
