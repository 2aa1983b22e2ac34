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
  const all = new Set(alive.slice(1).flat());
  if (elements(all) <= budget) return { tensors: ascending(all), cuts: [...layers.keys()].slice(1) };

  const macs = sumsBefore(layers.map((layer) => layer.macs));
  const masks = sumsBefore(layers.map(({ mask }) => (mask === undefined ? 0 : 1)));
  const chosen = new Set<number>();
  const cached = new Set<TensorIndex>();
  const open = new Set(layers.keys());
  open.delete(0);
  while (open.size > 0) {
    let best: { cut: number; gain: number } | undefined;
    const left = budget - elements(cached);
    const bounds = [0, ...ascending(chosen), layers.length];
    let section = 0;
    for (const cut of open) {
      while (bounds[section + 1]! < cut) section++;
      const [start, end] = [bounds[section]!, bounds[section + 1]!];
      const added = elements(alive[cut]!.filter((tensor) => !cached.has(tensor)));
      if (added > left) continue;
      // A change of one of these masks starts at the cut instead of at the one before.
      const gain = (macs[cut]! - macs[start]!) * (masks[end]! - masks[cut]!);
      const rate = added === 0 ? Infinity : gain / added;
      if (!best || rate > best.gain) best = { cut, gain: rate };
    }
    if (!best) break;
    chosen.add(best.cut);
    open.delete(best.cut);
    for (const tensor of alive[best.cut]!) cached.add(tensor);
  }
  return { tensors: ascending(cached), cuts: ascending(chosen) };
}

const ascending = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);

/** Of each number, the sum of those before it; at the end the sum of all. */
function sumsBefore(numbers: readonly number[]): readonly number[] {
  const sums = [0];
  for (const number of numbers) sums.push(sums.at(-1)! + number);
  return sums;
}
