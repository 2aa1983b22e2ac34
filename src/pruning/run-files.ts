/** The files that a run leaves, on a disk or for download. */

/** The files of a `prune` run. */
export const RUN_FILES = [
  'history.csv',
  'result.json',
  'masks.safetensors',
  'pruned.safetensors',
  'front.csv',
  'front.safetensors',
  'report.html',
] as const;

export type Files<Name extends string> = Readonly<Partial<Record<Name, string | Uint8Array>>>;
export type RunFiles = Files<(typeof RUN_FILES)[number]>;
