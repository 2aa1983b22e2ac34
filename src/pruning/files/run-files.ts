/** The files of a run of `prune`, in the order in which they are written. */
export const RUN_FILES = [
  'history.csv',
  'result.json',
  'masks.safetensors',
  'pruned.safetensors',
  'pruned.onnx',
  'front.csv',
  'front.safetensors',
  'report.html',
] as const;

/** Contents of files by name; not every run has all of them. */
export type Files<Name extends string> = Readonly<Partial<Record<Name, string | Uint8Array>>>;
export type RunFiles = Files<(typeof RUN_FILES)[number]>;
