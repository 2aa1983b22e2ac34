import { EXPORT_FORMATS } from '../../pruning/files/exported-files.ts';
import { choice } from '../../pruning/options/kinds.ts';

/**
 * @param file that is written beside the safetensors
 * @param note on its effect
 */
export const exportOption = (file: string, note = '') => ({
  export: choice(
    EXPORT_FORMATS,
    `writes ${file} too, for other runtimes: from the normalised image to scores${note}`,
  ),
});
