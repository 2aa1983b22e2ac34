import type { DeadOutputs } from '../core/dead-outputs.ts';
import { isKept, type Masks } from '../core/mask.ts';
import { fuse, type FusedLayer } from './fuse.ts';
import type { Network } from './network.ts';

/** The dead outputs of each layer, in network order. */
export function deadOutputs(network: Network, masks: Masks): readonly DeadOutputs[] {
  const layers = fuse(network);
  return layers.map(({ name, weightShape, weights }, s) => {
    const units = weightShape[0]!;
    const fanIn = weights / units;
    const withoutInputs = indicesWhere(units, (unit) => !keepsAny(masks[s]!, unit * fanIn, fanIn));
    const next = layers[s + 1];
    const unused = next ? indicesWhere(units, (unit) => !isUsed(unit, units, next, masks[s + 1]!)) : [];
    return { layer: name, units, withoutInputs, unused };
  });
}

/** Whether a weight of the next layer that reads output `unit` of `units` is kept. */
function isUsed(unit: number, units: number, next: FusedLayer, mask: Masks[number]): boolean {
  const nextUnits = next.weightShape[0]!;
  const nextFanIn = next.weights / nextUnits;
  // Weights of one next output that read this output: one per kernel position, or per pixel of a flattened channel.
  const share = nextFanIn / units;
  for (let nextUnit = 0; nextUnit < nextUnits; nextUnit++) {
    if (keepsAny(mask, nextUnit * nextFanIn + unit * share, share)) return true;
  }
  return false;
}

function keepsAny(mask: Masks[number], first: number, count: number): boolean {
  for (let i = first; i < first + count; i++) if (isKept(mask, i)) return true;
  return false;
}

function indicesWhere(count: number, is: (index: number) => boolean): readonly number[] {
  return Array.from({ length: count }, (_, i) => i).filter(is);
}
