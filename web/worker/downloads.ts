/** The files of a run as a visitor takes them. */
import { applyMasks, type Masks, type Model, type RunFiles } from 'masksearch/browser';
import type { DownloadFiles } from '../src/protocol.ts';

/** The pruned model in the format that it came in; undefined if that is safetensors, which every run writes. */
export function prunedFiles(model: Model, masks: Masks): DownloadFiles | undefined {
  const { container } = model;
  if (!container) return undefined;
  const { main, beside } = container.write(applyMasks(model, masks).tensors);
  return { [`pruned.${container.extension}`]: main, ...Object.fromEntries(beside) };
}

/** The files of a run, with `pruned` in place of the model as safetensors. */
export function downloads(files: RunFiles, pruned: DownloadFiles | undefined): DownloadFiles {
  const { 'pruned.safetensors': own, ...others } = files;
  return { ...others, ...(pruned ?? (own !== undefined && { 'pruned.safetensors': own })) };
}
