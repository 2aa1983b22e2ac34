/** `--without`: work optimizations by name, to see what each is worth. */
import { ALL_OPTIMIZATIONS, type Optimizations } from '../../engine/optimizations.ts';
import { badOption } from '../../core/options.ts';
import { hyphenated, list } from './option.ts';

const NAMES = [...Object.keys(ALL_OPTIMIZATIONS), 'lossLimits', 'speculation'];

/** What `--without` can leave out, as the command line spells it. */
export const OPTIMIZATION_NAMES: readonly string[] = NAMES.map(hyphenated);

export const disableOption = list('NAMES', 'ways to save work that are left out, see above (default: none)');

export const OPTIMIZATIONS_HELP =
  'Ways to save work, which change no result and which --without can leave out to see their worth:\n' +
  `${OPTIMIZATION_NAMES.join(', ')}.`;

/** What is left out, for the evaluator, the search and the loop between them. Throws 'bad-input' for an unknown name, or for none. */
export function parseDisabled(given?: readonly string[]): {
  readonly optimizations: Partial<Optimizations>;
  readonly lossLimits: boolean;
  readonly speculation: boolean;
} {
  const known = new Map(NAMES.map((name) => [hyphenated(name), name]));
  const names = given ?? [];
  for (const name of given?.length === 0 ? ['empty'] : names) {
    if (!known.has(name)) {
      throw badOption('without', name, `among ${[...known.keys()].join(', ')}`, 'name one or more of these');
    }
  }
  const off = new Set(names.map((name) => known.get(name)!));
  const optimizations = Object.keys(ALL_OPTIMIZATIONS).map((name) => [name, !off.has(name)]);
  return {
    optimizations: Object.fromEntries(optimizations) as Optimizations,
    lossLimits: !off.has('lossLimits'),
    speculation: !off.has('speculation'),
  };
}
