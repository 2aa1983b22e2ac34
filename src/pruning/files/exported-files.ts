/** The pruned model for other runtimes. */
import { modelToOnnx } from '../../formats/onnx/export/export.ts';
import type { Model } from '../../network/model.ts';

export const EXPORT_FORMATS = ['onnx'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

type ExportedFiles = { readonly [Format in ExportFormat as `pruned.${Format}`]?: Uint8Array };

/** The file in a format that was asked for; none if the model came from a file of that format, which it is written into. */
export function exportedFiles(pruned: Model, format: ExportFormat | undefined): ExportedFiles {
  if (format === undefined || pruned.container?.extension === format) return {};
  return { 'pruned.onnx': modelToOnnx(pruned) };
}
