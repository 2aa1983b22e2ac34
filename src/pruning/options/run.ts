/**
 * All options of a run that do not depend on the platform: those of the command line and of the page.
 *
 * To add an option, add it to its group in groups/. With the name of a search's parameter it sets that parameter, and its default,
 * help, checks and the report follow.
 */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { annealingOptions } from './groups/annealing.ts';
import { articleOptions } from './groups/article.ts';
import { budgetOptions } from './groups/budget.ts';
import { geneticOptions } from './groups/genetic.ts';
import { goalOptions } from './groups/goal.ts';
import { imagesOption, splitOption } from './groups/images.ts';
import { importanceOptions } from './groups/importance.ts';
import { checkOption } from './groups/kernel-check.ts';
import { limitOptions } from './groups/limits.ts';
import { methodOptions } from './groups/method.ts';
import { optimizationOptions } from './groups/optimizations.ts';
import { populationOptions } from './groups/population.ts';
import { runRepairOptions } from './groups/repair.ts';
import { targetsOption } from './groups/targets.ts';
import type { OptionValues } from './option.ts';
import { renamedOption } from './renamed.ts';

/** Which search, and how it searches. */
export const searchOptions = {
  ...methodOptions,
  ...goalOptions,
  ...limitOptions,
  ...budgetOptions,
  ...importanceOptions,
  ...articleOptions,
  ...annealingOptions,
  ...geneticOptions,
  ...populationOptions,
};

export const runOptions = {
  ...searchOptions,
  ...splitOption,
  ...imagesOption,
  ...targetsOption,
  ...runRepairOptions,
  ...optimizationOptions,
  ...checkOption,
};

export type SearchValues = OptionValues<typeof searchOptions>;
export type RunValues = OptionValues<typeof runOptions>;

/** Values of options from texts, as an address has them, by name in camelCase. Throws 'bad-input' for an unknown name and a bad value. */
export function parseRunOptions(texts: Readonly<Record<string, string>>): RunValues {
  const values = Object.entries(texts).map(([name, given]) => {
    if (!Object.hasOwn(runOptions, name)) {
      throw renamedOption(name, runOptions) ?? unknownOption(name);
    }
    return [name, runOptions[name as keyof typeof runOptions].parse(given, name)] as const;
  });
  return Object.fromEntries(values);
}

function unknownOption(name: string): MasksearchError {
  return new MasksearchError('bad-input', phrase`there is no option ${optionName(name)}`, 'leave it out', {
    option: name,
  });
}
