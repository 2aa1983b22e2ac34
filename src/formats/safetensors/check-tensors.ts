import { MasksearchError } from '../../core/error.ts';
import { shown } from './header.ts';

/** A tensor that a file must have. */
export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether it may be missing, if another one is there. */
  readonly mayLack?: boolean;
}

/** Names in a message. */
const MAX_LISTED = 12;

/** Throws 'bad-input' unless the file has exactly these tensors, of any type. */
export function checkTensors(
  tensors: ReadonlyMap<string, { readonly dtype: string; readonly shape: readonly number[] }>,
  expected: readonly ExpectedTensor[],
  fix = 'use a file for this network',
): void {
  const names = new Set(expected.map(({ name }) => name));
  const named = `${listed([...names])} ${names.size === 1 ? 'is' : 'are'}`;
  const refuse = (message: string) => new MasksearchError('bad-input', message, fix);
  for (const name of tensors.keys()) {
    if (!names.has(name)) {
      throw refuse(`the file has a tensor ${shown(name)}, ${names.size > 0 ? 'only ' : ''}${named} allowed`);
    }
  }
  for (const { name, shape, mayLack = false } of expected) {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      if (mayLack && tensors.size > 0) continue;
      throw refuse(`the file has no tensor ${shown(name)}, ${named} needed`);
    }
    if (tensor.shape.length !== shape.length || !shape.every((size, i) => size === tensor.shape[i])) {
      throw refuse(
        `tensor ${shown(name)} is ${tensor.dtype} ${shown(tensor.shape)}, only ${shown(shape)} is allowed`,
      );
    }
  }
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'no tensors';
  const more = names.length - MAX_LISTED;
  const first = names.slice(0, MAX_LISTED).join(', ');
  return more > 0 ? `${first} and ${more} more` : first;
}
