import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';

export const FIX = 'docs/keras.md has what is supported';

/** The error of a layer that no network here can do. `why` continues a sentence that starts with the layer. */
export const unsupported = (className: string, name: string, why: string, fix = FIX): MasksearchError =>
  new MasksearchError('bad-input', `${plain(className)} ${shown(name)} ${why}`, fix);

/** The error of a file that Keras does not write. */
export const invalid = (message: string, fix = 'save the model again with Keras'): MasksearchError =>
  new MasksearchError('bad-input', message, fix);

/** The name of a class, without quotes. */
export const plain = (className: string): string => shown(className).slice(1, -1);
