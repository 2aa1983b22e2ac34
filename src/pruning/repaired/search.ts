/**
 * A search over masks whose every state is evaluated with the weights that it would ship. A round prunes where an error costs the loss little, and repairs the
 * weights that stay (src/repair/round.ts). Exchanges of single weights, their rows refitted, improve a state (exchanges/). States are chosen by the
 * validation images.
 */
import { MasksearchError } from '../../core/error.ts';
import type { RunResult } from '../../search/run.ts';
import type { RepairedSearchInput } from './contract.ts';
import { searchForFront } from './front-search.ts';
import { searchForGoal } from './goal-search.ts';
import type { SearchRecord } from './record.ts';
import { States } from './states.ts';

export class RepairedSearch {
  readonly #input: RepairedSearchInput;
  readonly #states: States;

  /** Throws 'bad-input' for an option out of range. */
  constructor(input: RepairedSearchInput) {
    this.#input = input;
    this.#states = new States(input);
  }

  /** What can be seen of it while it runs. */
  get view(): SearchRecord {
    return this.#states.record;
  }

  /** Rejects with 'infeasible' if the unpruned network does not meet the goal, and with the errors of evaluator and calibrator; resolves with what was found after an abort. */
  async run(): Promise<RunResult> {
    const { repair, signal, parameters, pareto } = this.#input;
    const exchanges = repair === 'least-squares';
    const { record } = this.#states;
    try {
      if (pareto) await searchForFront(this.#states, parameters.seed, exchanges);
      else await searchForGoal(this.#states, exchanges);
    } catch (error) {
      const isAbort =
        error === signal?.reason || (error instanceof MasksearchError && error.code === 'aborted');
      if (!signal?.aborted || !isAbort || !record.best) throw error;
      return record.result(false);
    }
    return record.result(true);
  }
}
