/** The files of a run of `prune`. */
import { MasksearchError } from '../../core/error.ts';
import type { Model } from '../../network/model.ts';

/** In the order in which they are written, after files of weights; not every run has all of them. */
export const RUN_FILES = [
  'history.csv',
  'result.json',
  'masks.safetensors',
  'pruned.safetensors',
  'pruned.onnx',
  'front.csv',
  'front.safetensors',
  'front-weights.safetensors',
  'report.html',
] as const;

/** Contents of files by name. */
export type Files<Name extends string> = Readonly<Partial<Record<Name, string | Uint8Array>>>;
/** Beside these, files of weights that the model keeps beside itself, under their own names. */
export type RunFiles = Files<(typeof RUN_FILES)[number]> & Files<string>;

/**
 * The names of the files that may be written for `model`: `names`, that of the file that it came as, and before them the files of weights that it keeps beside itself.
 * Throws 'bad-input' if one of these would be overwritten.
 */
export function withWeightFiles(names: readonly string[], { container }: Model): readonly string[] {
  if (!container) return names;
  const { beside } = container;
  const own = `pruned.${container.extension}`;
  const all = names.includes(own) ? names : [own, ...names];
  const taken = beside.find((name) => all.includes(name));
  if (taken === undefined) return [...beside, ...all];
  throw new MasksearchError(
    'bad-input',
    `the model keeps weights in a file called ${taken}, which is also written here`,
    'export it with its weights in another file',
  );
}
