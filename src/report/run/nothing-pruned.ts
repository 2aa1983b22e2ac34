import { optionName, phrase, type Phrase } from '../../core/phrase.ts';
import type { PruneResult } from './result.ts';

/** Parameters that allow more steps, and those that allow a worse network; a search has at most one of each. */
const BUDGETS = ['seconds', 'evaluations', 'iterations', 'generations'];
const GOALS = ['maxAccuracyDrop', 'maxLossRise', 'maxLoss', 'lossToWarmup'];

/** What to do where the search pruned no weight that was not 0 before; undefined if it did. */
export function nothingPruned({
  layers,
  alreadyPruned,
  parameters,
}: Pick<PruneResult, 'layers' | 'alreadyPruned' | 'parameters'>): Phrase | undefined {
  const zeros = layers.reduce((sum, { weights, kept }) => sum + weights - kept, 0);
  if (zeros > (alreadyPruned?.zeros ?? 0)) return undefined;
  const found = phrase`No ${alreadyPruned ? 'further ' : ''}weight was pruned`;
  const has = (name: string) => Object.hasOwn(parameters, name);
  if (has('targetSparsity')) return phrase`${found}: a larger ${optionName('targetSparsity')} asks for some.`;
  const larger = [BUDGETS, GOALS].flatMap((names) => names.filter(has).slice(0, 1)).map(optionName);
  const [first, second] = larger;
  if (!first) return phrase`${found}.`;
  const both = second ? phrase`${first} or ${second}` : [first];
  return phrase`${found}: none that the search tried was allowed. A larger ${both} may help.`;
}
