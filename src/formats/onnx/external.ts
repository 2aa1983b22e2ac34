import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';

/**
 * Throws 'bad-input' unless `location`, which `file` names, is the name of a file beside it, without a folder, on any system.
 */
export function checkLocation(location: string, file = 'the ONNX file'): void {
  const isBeside =
    location.length > 0 &&
    location.length <= 255 &&
    location !== '.' &&
    location !== '..' &&
    // eslint-disable-next-line no-control-regex -- names with control characters are what it refuses
    !/[\x00-\x1f\\/:]/.test(location);
  if (isBeside) return;
  throw new MasksearchError(
    'bad-input',
    `${file} keeps weights in ${shown(location)}, which is no file beside it`,
    'export the network again, with its weights in one file',
  );
}
