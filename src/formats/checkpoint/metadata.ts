/** What the metadata of a file of weights says of the model. */
import { MasksearchError } from '../../core/error.ts';
import { NORMALIZATION_LIMIT, type Normalization } from '../../network/model.ts';
import { TASKS, type Task } from '../../network/task.ts';
import type { ModelOptions } from '../model-options.ts';
import { shown } from '../safetensors/header.ts';
import { ARCHITECTURE, type Metadata } from './which-network.ts';

/** Metadata key of the task, beside the network; a file without it is for classes. */
export const TASK = 'task';

/** The task that a file with its network names. Throws 'bad-input'. */
export function storedTask(metadata: Metadata): Task | undefined {
  const stored = metadata[TASK];
  if (stored === undefined || metadata[ARCHITECTURE] === undefined) return undefined;
  const task = TASKS.find((name) => name === stored);
  if (task !== undefined) return task;
  throw new MasksearchError(
    'bad-input',
    `the task is ${shown(stored)}, only ${TASKS.join(', ')} are allowed`,
    'name one of these in the metadata of the file, as docs/networks.md shows',
  );
}

/** What the metadata says and the caller does not. Throws 'bad-input' for what is out of range. */
export function storedNormalization(metadata: Metadata, overrides: ModelOptions): Partial<Normalization> {
  const read = (name: 'mean' | 'std' | 'scale', least: number) => {
    const text = metadata[name];
    return overrides[name] === undefined && text !== undefined
      ? { [name]: numbersOf(name, text, least) }
      : {};
  };
  const least = 1 / NORMALIZATION_LIMIT;
  return { ...read('mean', -NORMALIZATION_LIMIT), ...read('std', least), ...read('scale', least) };
}

/** Metadata holds text: a number in plain or scientific notation, or several with commas between them. */
function numbersOf(name: string, text: string, least: number): number | readonly number[] {
  const numbers = text.split(',').map((part) => (/^\s*[-+\d.e]+\s*$/i.test(part) ? Number(part) : NaN));
  if (
    numbers.every((value) => value >= least && value <= NORMALIZATION_LIMIT) &&
    (name !== 'scale' || numbers.length === 1)
  )
    return numbers.length === 1 ? numbers[0]! : numbers;
  throw new MasksearchError(
    'bad-input',
    `the ${name} of the input is ${shown(text)}, ${least} to ${NORMALIZATION_LIMIT} are allowed`,
    'give the one that the model was trained with',
  );
}
