import { MasksearchError } from '../../core/error.ts';
import { shown } from './header.ts';
import type { Tensor } from './tensors.ts';

/** A tensor that a file must have. */
export interface ExpectedTensor {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[];
}

/** Throws 'bad-input' unless the file has exactly these tensors. */
export function checkTensors(
  tensors: ReadonlyMap<string, Tensor>,
  expected: readonly ExpectedTensor[],
  fix = 'use a file for this network',
): void {
  const names = expected.map(({ name }) => name);
  const named = `${names.join(', ') || 'no tensors'} ${names.length === 1 ? 'is' : 'are'}`;
  const refuse = (message: string) => new MasksearchError('bad-input', message, fix);
  for (const name of tensors.keys()) {
    if (!names.includes(name)) {
      throw refuse(
        `the file has a tensor ${shown(name)}, ${names.length > 0 ? 'only ' : ''}${named} allowed`,
      );
    }
  }
  for (const { name, dtype, shape } of expected) {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw refuse(`the file has no tensor ${shown(name)}, ${named} needed`);
    const fits = tensor.dtype === dtype && tensor.shape.length === shape.length;
    if (!fits || !shape.every((size, i) => size === tensor.shape[i])) {
      throw refuse(
        `tensor ${shown(name)} is ${tensor.dtype} ${shown(tensor.shape)}, only ${dtype} ${shown(shape)} is allowed`,
      );
    }
  }
}
