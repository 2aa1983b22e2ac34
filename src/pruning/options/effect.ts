/** Which options have an effect on which search. An option that has none is an error, not ignored. */
import { MasksearchError } from '../../core/error.ts';
import { badOption } from '../../core/options.ts';
import { optionName, phrase, type Phrase } from '../../core/phrase.ts';
import type { Task } from '../../network/task.ts';
import type { Repair } from '../../repair/repair.ts';
import type { Method, Preset } from '../../report/run/result.ts';
import { annealingOptions } from './groups/annealing.ts';
import { articleOptions } from './groups/article.ts';
import { budgetOptions } from './groups/budget.ts';
import { DEFAULTS } from './defaults.ts';
import { geneticOptions } from './groups/genetic.ts';
import { goalOptions } from './groups/goal.ts';
import { importanceOptions } from './groups/importance.ts';
import { populationOptions } from './groups/population.ts';
import { limitOptions } from './groups/limits.ts';
import type { TargetsName } from '../images.ts';
import type { RunValues, SearchValues } from './run.ts';

const TUNED = { ...goalOptions, ...limitOptions, ...budgetOptions, ...importanceOptions };
const ARTICLE = {
  sa: { ...articleOptions, ...annealingOptions },
  ga: { ...articleOptions, ...geneticOptions },
};
/** Of preset tuned, by method. */
const GOAL_SEARCHES = { sa: TUNED, ga: { ...TUNED, ...populationOptions } };
const ALL = { ...GOAL_SEARCHES.ga, ...ARTICLE.sa, ...ARTICLE.ga };

/** An option that not every search has. */
export type SpecificOption = keyof typeof ALL;

const names = (options: object) => Object.keys(options) as readonly SpecificOption[];

/** The options of a search, but for those that every search has. */
export function optionsOf(method: Method, preset: Preset): readonly SpecificOption[] {
  return names((preset === 'tuned' ? GOAL_SEARCHES : ARTICLE)[method]);
}

/** The first given option that another search has, but none of these options' searches. */
function uselessIn(values: object, own: readonly SpecificOption[]): SpecificOption | undefined {
  return names(values).find((name) => Object.hasOwn(ALL, name) && !own.includes(name));
}

/** The preset. Throws 'bad-input' for an option that only another search has. */
export function checkMethodOptions(method: Method, values: SearchValues): Preset {
  const preset = values.preset ?? DEFAULTS.preset[method];
  const useless = uselessIn(values, optionsOf(method, preset));
  if (useless === undefined) return preset;
  const isOfArticle = Object.hasOwn(ARTICLE[method], useless);
  const isOtherPreset = Object.hasOwn(GOAL_SEARCHES[method], useless) || (isOfArticle && preset === 'tuned');
  throw new MasksearchError(
    'bad-input',
    phrase`${optionName(useless)} has no effect on ${isOtherPreset ? `preset ${preset}` : `method ${method}`}`,
    fixOf(useless, isOfArticle),
    { option: useless, value: values[useless] },
  );
}

function fixOf(useless: SpecificOption, isOfArticle: boolean): Phrase | string {
  if (useless === 'pareto') return phrase`use ${optionName('method')} ga with ${optionName('preset')} tuned`;
  return isOfArticle ? phrase`leave it out, or add ${optionName('preset')} paper` : 'leave it out';
}

/** Throws 'bad-input' for an option that needs an accuracy, which a regression does not have, and for a teacher without classes. */
export function checkTaskOptions(task: Task, values: object): void {
  const { targets } = values as { readonly targets?: TargetsName };
  if (targets === 'teacher' && task !== 'classes') {
    throw badOption('targets', targets, `labels where the task of the network is ${task}`, 'leave it out');
  }
  if (task !== 'regression') return;
  for (const option of ['maxAccuracyDrop', 'expectAccuracy'] as const) {
    const value = (values as Readonly<Record<string, unknown>>)[option];
    if (value === undefined) continue;
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName(option)} has no effect on a network for regression, which has no accuracy`,
      option === 'maxAccuracyDrop' ? phrase`use ${optionName('maxLossRise')}` : 'leave it out',
      { option, value: value as number },
    );
  }
}

/** Throws 'bad-input' for an option that repair of this kind does not have: a ridge holds weights, and only what is repaired takes images. */
export function checkRepairOptions(repair: Repair | 'none', values: object): void {
  const useless = { none: ['ridge', 'calibration'], bias: ['ridge'], affine: ['ridge'], 'least-squares': [] }[
    repair
  ];
  const given = useless.find((option) => (values as Readonly<Record<string, unknown>>)[option] !== undefined);
  if (given === undefined) return;
  throw new MasksearchError(
    'bad-input',
    phrase`${optionName(given)} has no effect with ${optionName('repair')} ${repair}`,
    phrase`leave it out, or use ${optionName('repair')} least-squares`,
    { option: given },
  );
}

/** Throws 'bad-input' for options of repair that the search, or the way of repair, does not have. Of `values`, `repair` is what is done. */
export function checkRepair(
  { preset }: { readonly preset: Preset },
  values: RunValues & { readonly repair: Repair | 'none' },
): void {
  const { repair } = values;
  if (repair !== 'none' && preset !== 'tuned')
    throw badOption(
      'repair',
      repair,
      `none with preset ${preset}`,
      'leave it out, and repair its masks with `masksearch repair`',
    );
  checkRepairOptions(repair, values);
  checkImportance(repair, values);
}

/** Throws 'bad-input' for an importance where weights are repaired: which go follows from the loss and the second moments. */
export function checkImportance(repair: Repair | 'none', values: Pick<RunValues, 'importance'>): void {
  if (repair === 'none' || values.importance === undefined) return;
  throw new MasksearchError(
    'bad-input',
    phrase`${optionName('importance')} has no effect where weights are repaired`,
    phrase`leave it out, or add ${optionName('repair')} none`,
    { option: 'importance' },
  );
}

/** Throws 'bad-input' for an option that only a comparison with another preset has. */
export function checkCompareOptions(preset: Preset, values: object): void {
  const own = preset === 'tuned' ? names(TUNED) : names({ ...ARTICLE.sa, ...ARTICLE.ga });
  const useless = uselessIn(values, own);
  if (useless !== undefined) throw uselessOption(useless, preset);
}

/** The error for an option of `compare` that has an effect with the other preset only. */
export function uselessOption(option: string, preset: Preset): MasksearchError {
  const other = preset === 'tuned' ? 'paper' : 'tuned';
  return new MasksearchError(
    'bad-input',
    phrase`${optionName(option)} has no effect on preset ${preset}`,
    phrase`leave it out, or use ${optionName('preset')} ${other}`,
    { option },
  );
}
