import type { FusedLayer } from '../../network/fused-layer.ts';
import type { MemoryLayout } from './layout.ts';
import { elementwiseTensors, layerTable } from './tables.ts';
import { elementOffsets } from './tensor-layout.ts';

/** Writes all tables of a memory. */
export function placeTables(
  layers: readonly FusedLayer[],
  { tensors, offsets, layers: addresses }: Pick<MemoryLayout, 'tensors' | 'offsets' | 'layers'>,
  write: (address: number, words: Uint32Array) => void,
): void {
  for (const tensor of elementwiseTensors(layers)) write(offsets[tensor]!, elementOffsets(tensors[tensor]!));
  layers.forEach((layer, s) => {
    const table = layerTable(layer, tensors[layer.reads[0]!]!, tensors[s + 1]!);
    if (table.length > 0) write(addresses[s]!.table, table);
  });
}
