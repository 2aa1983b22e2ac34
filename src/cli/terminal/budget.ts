import { hyphenated } from '../../pruning/options/option.ts';
import { plain } from '../../report/text/numbers.ts';
import type { ResultBudget } from '../../report/run/result.ts';
import { count } from './format.ts';

type Size = Pick<ResultBudget, 'images' | 'evaluations' | 'estimatedSeconds'>;

const sizeText = ({ images, evaluations, estimatedSeconds }: Size) =>
  `${count(evaluations)} evaluations on ${count(images)} images, about ${plain.duration(estimatedSeconds, 'rough')}`;

/** What was chosen, and why. */
export function budgetText(budget: ResultBudget): string {
  return (
    `A candidate of this network takes long on this device, so the search gets ${sizeText(budget)}, ` +
    `instead of ${sizeText(budget.instead)}${repairText(budget)}; --evaluations or --images decide otherwise.`
  );
}

function repairText({ calibration, repair }: ResultBudget): string {
  if (repair === 'none')
    return ', and weights stay as they are, since repairing them would take longer still';
  return calibration === undefined ? '' : `, and weights are fitted on ${count(calibration)} images`;
}

/** The command line with these arguments and the options that were chosen. */
export function repeatingCommand(
  command: string,
  args: readonly string[],
  chosen: Pick<ResultBudget, 'images' | 'evaluations' | 'calibration' | 'repair'>,
): string {
  const options = (['evaluations', 'images', 'calibration', 'repair'] as const).flatMap((name) =>
    chosen[name] === undefined ? [] : [`--${hyphenated(name)}`, String(chosen[name])],
  );
  return ['masksearch', command, ...args, ...options].map(quoted).join(' ');
}

/** For a POSIX shell. */
const quoted = (word: string) =>
  /^[\w.,:/@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
