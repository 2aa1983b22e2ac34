/** Writes images and parameters to the memory of a workspace. */
import { pixelsPerImage, type ImageSet } from '../../data/dataset.ts';
import type { LayerParameters } from '../../network/layer-parameters.ts';
import type { Model } from '../../network/model.ts';
import { normalizedBytes, normalizer } from '../images.ts';
import type { Workspace } from './threads/workspace.ts';

/** Writes numbers to all memories, or to one of them. */
export function writeWords(
  workspace: Workspace,
  offset: number,
  { buffer, byteOffset, byteLength }: Float32Array | Uint32Array,
  memory?: number,
): void {
  workspace.write(offset, new Uint8Array(buffer, byteOffset, byteLength), memory);
}

export function writeImages(workspace: Workspace, model: Model, images: ImageSet): void {
  const { layout } = workspace;
  const size = pixelsPerImage(images);
  const pixels = images.pixels.subarray(0, images.count * size);
  if (pixels instanceof Uint8Array) {
    workspace.write(layout.pixels, pixels);
    writeWords(workspace, layout.table, normalizedBytes(model));
  } else {
    const normalized = normalizer(model, images);
    const inputs = pixels.map((pixel, i) => normalized(pixel, i % size));
    writeWords(workspace, layout.pixels, inputs);
  }
}

/** The parameters of layer `s`. */
export function writeParameters(workspace: Workspace, s: number, { weight, bias }: LayerParameters): void {
  const layer = workspace.layout.layers[s]!;
  writeWords(workspace, layer.weight, weight);
  writeWords(workspace, layer.bias, bias);
}
