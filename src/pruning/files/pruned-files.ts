/** The pruned model and its masks as files, in the format that the model came in. */
import { MasksearchError } from '../../core/error.ts';
import { maskFromBytes, weightsOf, type Masks } from '../../core/mask.ts';
import { masksToSafetensors } from '../../formats/safetensors/masks.ts';
import { repairMetadata, type RepairRecord } from '../../formats/safetensors/repair-record.ts';
import { modelToSafetensors } from '../../formats/safetensors/model.ts';
import { applyMasks } from '../../network/apply-masks.ts';
import type { Container, ContainerFiles } from '../../network/container.ts';
import type { Model } from '../../network/model.ts';
import { layersInFile, problemOf } from '../../network/problem.ts';
import { exportedFiles, type ExportFormat } from './exported-files.ts';
import type { Files } from './run-files.ts';

/**
 * Masks have the names and shapes that the weights have in the file that the model came from.
 *
 * @param exportFormat one in which the model is written too
 * @param record how the weights of `model` were repaired, if they were
 */
export function prunedFiles(
  model: Model,
  masks: Masks,
  exportFormat?: ExportFormat,
  record?: RepairRecord,
): Files<string> {
  const pruned = applyMasks(model, masks);
  return {
    'masks.safetensors': masksToSafetensors(masks, layersInFile(model), record && repairMetadata(record)),
    ...modelFiles(pruned),
    ...exportedFiles(pruned, exportFormat),
  };
}

function modelFiles(pruned: Model): Files<string> {
  const { container } = pruned;
  if (!container) return { 'pruned.safetensors': modelToSafetensors(pruned) };
  const files = container.write(pruned.tensors);
  checkWritten(container, files, pruned);
  return { ...Object.fromEntries(files.beside), [`pruned.${container.extension}`]: files.main };
}

/**
 * Throws 'bad-input' if pruning the model would change other numbers in its file too: a file may compute with weights, or use a part of them
 * elsewhere. Before a search, since after it would be too late.
 */
export function checkPrunable(model: Model): void {
  const { container, network } = model;
  if (!container) return;
  const none = problemOf(network).layers.map(({ shape }) => maskFromBytes(new Uint8Array(weightsOf(shape))));
  const pruned = applyMasks(model, none);
  if (differenceIn(container, container.write(pruned.tensors), pruned) === undefined) return;
  throw new MasksearchError(
    'bad-input',
    'the file of the model computes other numbers from its weights, which pruning would change too',
    'export the model so that its weights are used as weights alone',
  );
}

/** What is evaluated are the numbers here: those that the file holds must be the same. */
function checkWritten(container: Container, files: ContainerFiles, pruned: Model): void {
  const difference = differenceIn(container, files, pruned);
  if (difference !== undefined) throw new Error(`the file that was written holds ${difference}`);
}

/** The first number that the file holds in place of another. */
function differenceIn(container: Container, files: ContainerFiles, { tensors }: Model): string | undefined {
  const read = container.read(files);
  for (const [name, values] of tensors) {
    const found = read.get(name);
    const at = values.findIndex((value, i) => !Object.is(value, found?.[i]));
    if (at >= 0) return `${found?.[at]} in ${name} at ${at} instead of ${values[at]}`;
  }
  return undefined;
}
