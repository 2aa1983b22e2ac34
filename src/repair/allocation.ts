/** Which weights go, over all layers: those whose loss costs least, with what an error of each output is worth. */
import { maskFromBytes, maskToBytes, type Masks } from '../core/mask.ts';
import type { RowTrace } from './obs.ts';

/** For each layer and output: its trace, and what a mean squared error of 1 of the output costs. */
export interface PricedRow {
  readonly layer: number;
  readonly output: number;
  readonly trace: RowTrace;
  readonly price: number;
}

/**
 * How many weights of each row go, in the order of its trace, so that `count` go in all. A weight goes after those before it in its trace, so it counts as at
 * least as dear.
 *
 * @param mayGo by layer, the most that go; undefined for any number
 */
export function cheapest(
  rows: readonly PricedRow[],
  count: number,
  mayGo?: readonly number[],
): readonly number[] {
  const entries: { readonly cost: number; readonly row: number; readonly step: number }[] = [];
  rows.forEach(({ trace, price }, row) => {
    let cost = 0;
    trace.costs.forEach((own, step) => {
      cost = Math.max(cost, own * price);
      entries.push({ cost, row, step });
    });
  });
  entries.sort((a, b) => a.cost - b.cost || a.row - b.row || a.step - b.step);
  const gone = rows.map(() => 0);
  const left = mayGo && [...mayGo];
  let taken = 0;
  for (const { row } of entries) {
    if (taken >= count) break;
    const { layer } = rows[row]!;
    if (left && left[layer]!-- <= 0) continue;
    gone[row]!++;
    taken++;
  }
  return gone;
}

/**
 * `masks` without the first weights of each trace, as many as `gone` says.
 *
 * @param inputs of an output, for each layer
 */
export function without(
  masks: Masks,
  rows: readonly PricedRow[],
  gone: readonly number[],
  inputs: readonly number[],
): Masks {
  const kept = masks.map(maskToBytes);
  rows.forEach(({ layer, output, trace }, row) => {
    for (const input of trace.order.subarray(0, gone[row])) kept[layer]![output * inputs[layer]! + input] = 0;
  });
  return kept.map(maskFromBytes);
}
