/** The files of a run of `prune`. */
import { MasksearchError } from '../../core/error.ts';
import type { Model } from '../../network/model.ts';

/** Those of a run of preset tuned on a model in our own container, in the order in which they are written. */
export const RUN_FILES = [
  'history.csv',
  'result.json',
  'masks.safetensors',
  'pruned.safetensors',
  'front.csv',
  'front.safetensors',
  'report.html',
] as const;

/** Contents of files by name; not every run has all of them. */
export type Files<Name extends string> = Readonly<Partial<Record<Name, string | Uint8Array>>>;
/** Beside these, the pruned model in the format that it came in, with its files of weights under their own names. */
export type RunFiles = Files<(typeof RUN_FILES)[number]> & Files<string>;

/** The names of the files that pruning `model` may write, the pruned model first. Throws 'bad-input' if weights would lie in one of them. */
export function runFileNames(model: Model): readonly string[] {
  return [...prunedFileNames(model, RUN_FILES), ...RUN_FILES.filter((name) => name !== PRUNED)];
}

const PRUNED = 'pruned.safetensors';

/** The names that the pruned model may have: in our container, and in the one that the model came in. */
export function prunedFileNames({ container }: Model, others: readonly string[]): readonly string[] {
  if (!container) return [PRUNED];
  const names = [PRUNED, prunedName(container.extension)];
  const taken = container.beside.find((name) => names.includes(name) || others.includes(name));
  if (taken === undefined) return [...names, ...container.beside];
  throw new MasksearchError(
    'bad-input',
    `the model keeps weights in a file called ${taken}, which a run writes itself`,
    'export it with its weights in another file',
  );
}

export const prunedName = (extension: string): string => `pruned.${extension}`;
