import type { FusedLayer } from '../../network/fused-layer.ts';
import { lastReaders } from '../../network/liveness.ts';
import type { TensorLayout } from './tensor-layout.ts';

export interface ScratchTensors {
  /** Bytes of each region. */
  readonly regions: readonly number[];
  /** For each tensor, by number, the index of its region. */
  readonly regionOf: readonly number[];
}

/**
 * Regions for the tensors of one block. A tensor takes the region of one that no later layer reads, if their layouts are equal: else
 * the zeros around its images would be overwritten.
 */
export function scratchTensors(
  layers: readonly FusedLayer[],
  tensors: readonly TensorLayout[],
): ScratchTensors {
  const last = lastReaders(layers);
  const regions: number[] = [];
  const regionOf: number[] = [];
  const free = new Map<string, number[]>();
  const keys = tensors.map((layout) => JSON.stringify(layout));
  tensors.forEach(({ blockBytes }, tensor) => {
    regionOf[tensor] = free.get(keys[tensor]!)?.pop() ?? regions.push(blockBytes) - 1;
    if (tensor === 0) return;
    const layer = tensor - 1;
    for (const read of new Set(layers[layer]!.reads)) {
      if (last[read] !== layer) continue;
      const key = keys[read]!;
      free.set(key, [...(free.get(key) ?? []), regionOf[read]!]);
    }
  });
  return { regions, regionOf };
}
