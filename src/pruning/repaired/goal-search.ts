/**
 * The sparsest network that meets the goal. Rounds first, until the goal is used up. Then exchanges of single weights, the loss deciding, and, where those
 * make room, further rounds.
 */
import { countPruned } from '../../core/mask.ts';
import { isBetter, type Judged } from './judged.ts';
import { RoundSchedule } from './schedule.ts';
import type { States } from './states.ts';

/** Evaluations of exchanges between two validations: a share of those left. */
const EXCHANGE_SHARE = 1 / 6;
const MIN_EXCHANGES = 200;
const MAX_EXCHANGES = 4000;
/** Share of the kept weights that stays in a round after exchanges. */
const NEXT_SHARE = 0.96;
/** Validations in a row that a state may miss the goal at, before the search goes back to the best one. */
const MISSES = 2;

/** @param exchanges whether weights may be exchanged, which needs repair by least squares */
export async function searchForGoal(states: States, exchanges: boolean): Promise<void> {
  const { within, beyond } = await rounds(states);
  if (exchanges) await exchange(states, within, beyond);
}

/** The sparsest state within the goal, and the first one beyond it; undefined if there is none. */
async function rounds(states: States) {
  const schedule = new RoundSchedule();
  let within = await states.start();
  let beyond: Judged | undefined;
  while (!states.isOver()) {
    const before = countPruned(within.solution.masks);
    const zeros = schedule.next(states.weights, before, states.goal.zeros);
    if (zeros <= before) break;
    const judged = await states.round(within.solution, zeros);
    if (countPruned(judged.solution.masks) <= before) break;
    if (judged.isWithin) {
      within = judged;
      schedule.succeeded();
    } else {
      beyond = judged;
      if (!schedule.failed()) break;
    }
  }
  return { within, beyond };
}

/** Exchanges with what is left of the evaluations. */
async function exchange(states: States, within: Judged, beyond: Judged | undefined): Promise<void> {
  let best = within;
  let current = beyond ?? within;
  let misses = 0;
  // Sparser states are tried as long as exchanges bring them within the goal.
  let isSettled = states.goal.zeros !== undefined;
  while (!states.isOver()) {
    const count = Math.ceil(states.left() * EXCHANGE_SHARE);
    const wanted = Math.min(Math.max(MIN_EXCHANGES, count), MAX_EXCHANGES, states.left() - 2);
    const exchanged = wanted < 1 ? undefined : await states.exchanged(current, wanted);
    if (!exchanged) return;
    current = exchanged;
    if (current.isWithin && isBetter(current, best)) best = current;
    if (isSettled) continue;
    if (current.isWithin) {
      misses = 0;
      if (states.isOver()) return;
      const before = countPruned(current.solution.masks);
      const zeros = states.weights - Math.round((states.weights - before) * NEXT_SHARE);
      if (zeros > before) current = await states.round(current.solution, zeros);
      if (current.isWithin && isBetter(current, best)) best = current;
    } else if (++misses >= MISSES) {
      current = best;
      isSettled = true;
    }
  }
}
