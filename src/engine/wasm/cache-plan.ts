import type { FusedLayer } from '../../network/fused-layer.ts';
import { planCache, type CachePlan } from '../plan/cuts.ts';
import { BLOCK, MAX_MEMORY, memoryLayout, PAGE, type LayoutOptions } from './layout.ts';
import { FLOAT } from './tensor-layout.ts';

/**
 * The tensors to cache in `bytes` of all memories together, and in what each leaves free of its 32-bit addresses. Padding counts, and
 * so do the empty places of the last block.
 *
 * @param options of the memory with the most blocks
 */
export function wasmCachePlan(
  layers: readonly FusedLayer[],
  options: LayoutOptions,
  bytes: number,
): CachePlan {
  const { pages, blocks, tensors } = memoryLayout(layers, { ...options, cached: [] });
  const places = Math.ceil(options.images / BLOCK) * BLOCK;
  const room = (MAX_MEMORY - pages * PAGE) / (blocks * BLOCK);
  return planCache(
    layers,
    tensors.map(({ blockBytes }) => blockBytes / BLOCK / FLOAT),
    Math.min(bytes / places, room) / FLOAT,
  );
}
