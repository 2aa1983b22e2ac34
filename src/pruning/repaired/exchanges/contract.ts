/** A search for exchanges in one layer that lower the loss of the whole network. Like all searches it proposes, and is told. */
import type { Evaluation, Score } from '../../../search/contract.ts';
import type { RepairedNetwork } from '../../../repair/round.ts';

export interface LayerSearch {
  /** The best so far. */
  readonly network: RepairedNetwork;
  readonly loss: number;
  /** From which on the loss of what was proposed does not matter. */
  readonly lossLimit: number;
  /** At most `most` networks to evaluate; none if there is nothing to exchange. */
  propose(most: number): readonly RepairedNetwork[];
  /** Takes the evaluations of what was proposed last. */
  tell(evaluations: readonly Evaluation[]): Told;
}

export interface Told {
  /** How many of the evaluations count: one that was for nothing does not. */
  readonly counted: number;
  /** A better network, if there is one. */
  readonly accepted?: { readonly network: RepairedNetwork; readonly score: Score } | undefined;
}
