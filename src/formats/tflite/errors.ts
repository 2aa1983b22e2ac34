import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';

export const FIX = 'convert the network without it; docs/tflite.md has what is supported';

/** The error of an operator that no network here can do. `why` continues a sentence that starts with it. */
export const refused = (operator: string, name: string, why: string, fix = FIX): MasksearchError =>
  new MasksearchError('bad-input', `${operator} ${shown(name)} ${why}`, fix);
