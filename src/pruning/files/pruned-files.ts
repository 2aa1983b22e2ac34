/** The pruned model and its masks as files, in the format that the model came in. */
import type { Masks } from '../../core/mask.ts';
import { masksToSafetensors } from '../../formats/safetensors/masks.ts';
import { modelToSafetensors } from '../../formats/safetensors/model.ts';
import { applyMasks } from '../../network/apply-masks.ts';
import type { Container, ContainerFiles } from '../../network/container.ts';
import type { Model } from '../../network/model.ts';
import { layersInFile } from '../../network/problem.ts';
import { prunedName, type Files } from './run-files.ts';

/** Masks have the names and shapes that the weights have in the file that the model came from. */
export function prunedFiles(model: Model, masks: Masks): Files<string> {
  const pruned = applyMasks(model, masks);
  return { 'masks.safetensors': masksToSafetensors(masks, layersInFile(model)), ...modelFiles(pruned) };
}

function modelFiles(pruned: Model): Files<string> {
  const { container } = pruned;
  if (!container) return { [prunedName('safetensors')]: modelToSafetensors(pruned) };
  const files = container.write(pruned.tensors);
  checkWritten(container, files, pruned);
  return { ...Object.fromEntries(files.beside), [prunedName(container.extension)]: files.main };
}

/** What is evaluated are the numbers here: those that the file holds must be the same. */
function checkWritten(container: Container, files: ContainerFiles, { tensors }: Model): void {
  const read = container.read(files);
  for (const [name, values] of tensors) {
    const found = read.get(name);
    const at = values.findIndex((value, i) => !Object.is(value, found?.[i]));
    if (at >= 0)
      throw new Error(
        `the file that was written holds ${found?.[at]} in ${name} at ${at} instead of ${values[at]}`,
      );
  }
}
