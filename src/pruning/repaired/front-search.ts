/**
 * The whole front of sparsity and loss. Rounds of equal ratio span it. Then states are chosen and survive as in NSGA-II (Deb, Pratap, Agarwal, Meyarivan
 * 2002), by rank and by distance to their neighbours; from the chosen one comes another by exchanges or, towards the next sparser one, by a round.
 */
import { countPruned } from '../../core/mask.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import { referenceLossOf } from '../../search/population/pareto/hypervolume.ts';
import { survivors } from '../../search/population/pareto/survivors.ts';
import type { Judged } from './judged.ts';
import type { States } from './states.ts';

/** Share of the kept weights that stays in the first round, and in later ones. */
const FIRST_SHARE = 0.4;
const LATER_SHARE = 0.75;
/** Share of the evaluations after which no further round spans the front. */
const SPAN_SHARE = 0.5;

/** States that survive. */
const SURVIVORS = 24;
/** States that are drawn for a parent. */
const TOURNAMENT = 2;
/** Share of the states that come by a round. */
const ROUND_SHARE = 0.25;
/** Least difference of two states, as a share of the kept weights of the sparser one, that another one is put between. */
const MIN_GAP = 0.04;

/** Evaluations of exchanges from a state: a share of all, within limits. */
const EXCHANGE_SHARE = 1 / 100;
const MIN_EXCHANGES = 200;
const MAX_EXCHANGES = 1000;

/** @param exchanges whether weights may be exchanged, which needs repair by least squares */
export async function searchForFront(states: States, seed: string, exchanges: boolean): Promise<void> {
  let population = await span(states);
  const total = states.left() + states.record.progress.proposals;
  const most = Math.min(Math.max(MIN_EXCHANGES, Math.floor(total * EXCHANGE_SHARE)), MAX_EXCHANGES);
  for (let generation = 0; !states.isOver(); generation++) {
    const random = randomStream(seed, 'front', generation);
    const parent = parentIn(population, random);
    const zeros = betweenZeros(states, population, parent);
    const isRound = zeros !== undefined && (!exchanges || random() < ROUND_SHARE);
    if (!isRound && !exchanges) return;
    const child = isRound
      ? await states.round(parent.solution, zeros)
      : await states.exchanged(parent, Math.min(most, states.left() - 2));
    if (!child) return;
    population = surviving([...population, child]);
  }
}

/** The unpruned network, and sparser ones until the loss is that of the reference point. */
async function span(states: States): Promise<readonly Judged[]> {
  const found = [await states.start()];
  const { weights, goal, record } = states;
  const most = referenceLossOf(record.unpruned!);
  const least = states.left() * (1 - SPAN_SHARE);
  while (!states.isOver() && states.left() > least) {
    const { solution } = found.at(-1)!;
    const before = countPruned(solution.masks);
    const share = found.length === 1 ? FIRST_SHARE : LATER_SHARE;
    const zeros = Math.min(weights - Math.round((weights - before) * share), goal.zeros ?? Infinity);
    if (zeros <= before || solution.loss > most) break;
    found.push(await states.round(solution, zeros));
  }
  return surviving(found);
}

/** One of the better of `population`, whose best are first; never the unpruned network, if there is another. */
function parentIn(population: readonly Judged[], random: RandomStream): Judged {
  const pruned = population.filter(({ solution }) => solution.sparsity.global > 0);
  const draws = Array.from({ length: TOURNAMENT }, () => Math.floor(random() * pruned.length));
  return pruned[Math.min(...draws)] ?? population[0]!;
}

/** Half way to the next sparser state; undefined if there is none, or it is too near. */
function betweenZeros(states: States, population: readonly Judged[], parent: Judged): number | undefined {
  const own = countPruned(parent.solution.masks);
  const sparser = population
    .map(({ solution }) => countPruned(solution.masks))
    .filter((zeros) => zeros > own);
  if (sparser.length === 0) return undefined;
  const next = Math.min(...sparser);
  return next - own > MIN_GAP * (states.weights - next) ? Math.round((own + next) / 2) : undefined;
}

function surviving(population: readonly Judged[]): readonly Judged[] {
  const points = population.map(({ solution }) => [solution.loss, 1 - solution.sparsity.global] as const);
  return survivors(points, SURVIVORS).map((index) => population[index]!);
}
