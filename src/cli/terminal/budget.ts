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
    `instead of ${sizeText(budget.instead)}; --evaluations or --images decide otherwise.`
  );
}

/** The command line with these arguments and the options that were chosen. */
export function repeatingCommand(
  command: string,
  args: readonly string[],
  chosen: Pick<ResultBudget, 'images' | 'evaluations'>,
): string {
  const options = (['evaluations', 'images'] as const).flatMap((name) => [
    `--${hyphenated(name)}`,
    String(chosen[name]),
  ]);
  return ['masksearch', command, ...args, ...options].map(quoted).join(' ');
}

/** For a POSIX shell. */
const quoted = (word: string) =>
  /^[\w.,:/@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
