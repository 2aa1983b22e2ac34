/** Chooses the cuts whose tensors are cached when the memory does not suffice for all. */
import type { FusedLayer, TensorIndex } from '../../network/fused-layer.ts';
import { aliveAt } from '../../network/liveness.ts';

/** Tensors to cache, the images not among them, and the cuts at which a candidate can start then. */
export interface CachePlan {
  /** Ascending. */
  readonly tensors: readonly TensorIndex[];
  /** Ascending; the cut of 0, at the images, is always possible and not listed. */
  readonly cuts: readonly number[];
}

/**
 * All cuts if their tensors have at most `budget` elements per image together. Else cuts are added one by one, always the one that
 * saves most multiply-accumulates per element, if every mask is changed equally often; so less memory means more
 * recomputing, and never another result.
 *
 * @param sizes elements per image of every tensor, by number
 */
export function planCache(
  layers: readonly FusedLayer[],
  sizes: readonly number[],
  budget = Infinity,
): CachePlan {
  const alive = layers.map((_, cut) => aliveAt(layers, cut).filter((tensor) => tensor > 0));
  const elements = (tensors: Iterable<TensorIndex>) =>
    [...tensors].reduce((sum, tensor) => sum + sizes[tensor]!, 0);
  const chosen = new Set<number>();
  const cached = new Set<TensorIndex>();
  const open = new Set(layers.keys());
  open.delete(0);
  while (open.size > 0) {
    let best: { cut: number; gain: number } | undefined;
    const left = budget - elements(cached);
    for (const cut of open) {
      const added = elements(alive[cut]!.filter((tensor) => !cached.has(tensor)));
      if (added > left) continue;
      const gain = savedMacs(layers, new Set([...chosen, cut])) - savedMacs(layers, chosen);
      const rate = added === 0 ? Infinity : gain / added;
      if (!best || rate > best.gain) best = { cut, gain: rate };
    }
    if (!best) break;
    chosen.add(best.cut);
    open.delete(best.cut);
    for (const tensor of alive[best.cut]!) cached.add(tensor);
  }
  const ascending = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);
  return { tensors: ascending(cached), cuts: ascending(chosen) };
}

/** Multiply-accumulates that the cuts save, summed over candidates that each change one mask. */
function savedMacs(layers: readonly FusedLayer[], cuts: ReadonlySet<number>): number {
  let saved = 0;
  let before = 0;
  let atCut = 0;
  layers.forEach(({ macs, mask }, s) => {
    if (cuts.has(s)) atCut = before;
    if (mask !== undefined) saved += atCut;
    before += macs;
  });
  return saved;
}
