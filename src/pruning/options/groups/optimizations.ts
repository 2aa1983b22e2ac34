import { badChoice } from '../../../core/options.ts';
import { allBut, OPTIMIZATIONS, type RunOptimizations } from '../../search/optimizations.ts';
import { listItems } from '../kinds.ts';
import { hyphenated, type Option } from '../option.ts';
import { renamedValue } from '../renamed.ts';

/** Every optimization as the command line spells it. */
export const OPTIMIZATION_NAMES: readonly string[] = OPTIMIZATIONS.map(hyphenated);

export const OPTIMIZATIONS_HELP =
  'Optimizations, which save work and change no result; --disable turns them off, to measure what each saves:\n' +
  `${OPTIMIZATION_NAMES.join(', ')}.`;

const disable: Option<RunOptimizations> = {
  placeholder: 'NAMES',
  description: 'optimizations to turn off, separated by commas, see above (default: none)',
  /** All optimizations but those in the text. Throws 'bad-input' for an unknown name, or for none. */
  parse(value, option) {
    const names = listItems(value);
    const unknown = names.find((name) => !OPTIMIZATION_NAMES.includes(name));
    if (unknown !== undefined)
      throw renamedValue(option, unknown) ?? badChoice(option, unknown, 'among', OPTIMIZATION_NAMES);
    if (names.length === 0) throw badChoice(option, '', 'among', OPTIMIZATION_NAMES);
    return allBut(OPTIMIZATIONS.filter((_, i) => names.includes(OPTIMIZATION_NAMES[i]!)));
  },
};

export const optimizationOptions = { disable };
