import { maskFromBytes, type Masks } from 'masksearch';
import { fakeProblem } from './fake-runtime.ts';

/** The first `kept` weights of each layer, as new objects every time. */
export function keeping(...kept: readonly number[]): Masks {
  return fakeProblem.layers.map(({ shape: [weights] }, layer) =>
    maskFromBytes(Array.from({ length: weights! }, (_, i) => (i < kept[layer]! ? 1 : 0))),
  );
}
