/** What a file is for, where people give a model and its data together. */
import { claimedFormat, formatOf } from './arrays/open.ts';
import { cifarFile, isTable } from './datasets/file-roles.ts';
import { imageTypeOf } from './images/size.ts';
import { roleOf } from './datasets/roles.ts';
import { modelFormatOf } from './model-file.ts';
import type { NamedFile } from './model-format.ts';
import { parseHeader } from './safetensors/header.ts';
import { isSafetensors, SAFETENSORS_BYTES } from './arrays/safetensors.ts';

export type FileKind = 'model' | 'data';

/** How the names of parameters end. */
const PARAMETER = /\b(weight|bias|kernel)$/;

/**
 * Whether a file is a model or data, by its content, and where that is damaged by its name; undefined for any other, such as weights
 * that lie beside a model. Safetensors are data if they hold an array of images, and neither a network nor weights.
 */
export function kindOfFile(file: NamedFile): FileKind | undefined {
  const { name, bytes } = file;
  if (isTable(name) || cifarFile(name) || imageTypeOf(bytes)) return 'data';
  const model = modelFormatOf(file);
  // Safetensors may hold either. Some models are zip files, as npz is.
  if (model !== undefined && !isSafetensors(bytes)) return 'model';
  const format = formatOf(bytes) ?? claimedFormat(name);
  if (format === 'safetensors') return holdsArrays(bytes) ? 'data' : 'model';
  return format === undefined ? undefined : 'data';
}

function holdsArrays(bytes: Uint8Array): boolean {
  try {
    const { entries, metadata } = parseHeader(bytes, SAFETENSORS_BYTES);
    const names = entries.map(({ name }) => name);
    const isModel = metadata['architecture'] !== undefined || names.some((name) => PARAMETER.test(name));
    return !isModel && names.some((name) => roleOf(name)?.kind === 'images');
  } catch {
    // Read as a model, it fails with a message on the damage.
    return false;
  }
}
