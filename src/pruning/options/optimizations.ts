/** `--without`: work avoidance by name, to see what each is worth. */
import { FULL_AVOIDANCE, type Avoidance } from '../../engine/optimizations.ts';
import { badOption } from '../../core/options.ts';
import { hyphenated, list } from './option.ts';

const TECHNIQUES = [...Object.keys(FULL_AVOIDANCE), 'lossLimits', 'speculation'];

/** What `--without` can leave out, as the command line spells it. */
export const AVOIDANCE_NAMES: readonly string[] = TECHNIQUES.map(hyphenated);

export const avoidanceOption = list(
  'NAMES',
  'ways to save work that are left out, see above (default: none)',
);

export const AVOIDANCE_HELP =
  'Ways to save work, which change no result and which --without can leave out to see their worth:\n' +
  `${AVOIDANCE_NAMES.join(', ')}.`;

/** What is left out, for the evaluator, the search and the loop between them. Throws 'bad-input' for an unknown name, or for none. */
export function parseWithout(given?: readonly string[]): {
  readonly avoid: Partial<Avoidance>;
  readonly lossLimits: boolean;
  readonly speculation: boolean;
} {
  const known = new Map(TECHNIQUES.map((name) => [hyphenated(name), name]));
  const names = given ?? [];
  for (const name of given?.length === 0 ? ['empty'] : names) {
    if (!known.has(name)) {
      throw badOption('without', name, `among ${[...known.keys()].join(', ')}`, 'name one or more of these');
    }
  }
  const off = new Set(names.map((name) => known.get(name)!));
  const avoid = Object.keys(FULL_AVOIDANCE).map((name) => [name, !off.has(name)]);
  return {
    avoid: Object.fromEntries(avoid) as Avoidance,
    lossLimits: !off.has('lossLimits'),
    speculation: !off.has('speculation'),
  };
}
