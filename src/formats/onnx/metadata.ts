/** What an ONNX graph has no place for, as metadata of the file: how pixels are normalised, and the task. */
import { bytesRange, fieldsIn, textIn, type ByteRange } from '../protobuf/reader.ts';
import type { Model } from '../../network/model.ts';
import { taskOf, TASKS, type Task } from '../../network/task.ts';
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';

/** By key, all with `PREFIX`. */
export type Metadata = Readonly<Record<string, string>>;

const PREFIX = 'masksearch.';
const KEYS = ['mean', 'std', 'scale', 'task'] as const;
/** Entries that `metadataOf` wrote, without the prefix of their keys. */
export type OwnMetadata = Readonly<Partial<Record<(typeof KEYS)[number], string>>>;

/** Bytes of a key and of a value at the most: the longest has a number for each channel. */
const MAX_KEY = 64;
const MAX_VALUE = 2 ** 20;

export function metadataOf(model: Model): Metadata {
  const { mean, std, scale } = model.normalization;
  return {
    [`${PREFIX}mean`]: String(mean),
    [`${PREFIX}std`]: String(std),
    ...(scale !== undefined && { [`${PREFIX}scale`]: String(scale) }),
    [`${PREFIX}task`]: taskOf(model),
  };
}

/** The entry in `range` without the prefix of its key; none for one that others wrote. Throws 'bad-input' for a damaged one. */
export function decodeMetadata(
  file: Uint8Array,
  range: ByteRange,
): readonly (readonly [keyof OwnMetadata, string])[] {
  const fields = [...fieldsIn(file, range)];
  const [keyField, valueField] = [1, 2].map((number) => fields.findLast((field) => field.number === number));
  if (!keyField || !valueField) return [];
  const { begin, end } = bytesRange(keyField);
  // Others may write any text, of any length.
  if (end - begin > MAX_KEY) return [];
  const key = new TextDecoder().decode(file.subarray(begin, end));
  const own = KEYS.find((name) => key === PREFIX + name);
  return own ? [[own, textIn(file, valueField, MAX_VALUE)]] : [];
}

/** Undefined if nothing says it. Throws 'bad-input' for one that does not exist. */
export function storedTask({ task: stored }: OwnMetadata): Task | undefined {
  if (stored === undefined) return undefined;
  const task = TASKS.find((name) => name === stored);
  if (task !== undefined) return task;
  throw new MasksearchError(
    'bad-input',
    `the task is ${shown(stored)}, only ${TASKS.join(', ')} are allowed`,
    'use a file that masksearch wrote',
  );
}
