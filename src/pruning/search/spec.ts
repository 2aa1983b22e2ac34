/** What a search is: method, preset and all parameters. */
import type { ImportanceName } from '../../baselines/importance.ts';
import { MasksearchError } from '../../core/error.ts';
import { checkPositive } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { Method, Preset } from '../../report/run/result.ts';
import type { GeneticAlgorithmOptions } from '../../search/article/genetic-options.ts';
import type { SimulatedAnnealingOptions } from '../../search/article/simulated-annealing.ts';
import type { TunedAnnealingOptions } from '../../search/tuned/options.ts';
import { DEFAULTS } from '../options/defaults.ts';
import { optionsOf } from '../options/effect.ts';
import type { SearchValues } from '../options/run.ts';

/** Those of a tuned search that can be typed. */
export interface TunedParameters extends Omit<TunedAnnealingOptions, 'importance' | 'spent'> {
  readonly importance: ImportanceName;
  /** Time to take, instead of a number of evaluations. */
  readonly seconds?: number;
}

export type PaperSpec =
  | { readonly method: 'sa'; readonly preset: 'paper'; readonly parameters: SimulatedAnnealingOptions }
  | { readonly method: 'ga'; readonly preset: 'paper'; readonly parameters: GeneticAlgorithmOptions };
export type TunedSpec = {
  readonly method: 'sa';
  readonly preset: 'tuned';
  readonly parameters: TunedParameters;
};
/** Those of a population search that can be typed. */
export interface PopulationParameters extends TunedParameters {
  readonly populationSize: number;
  readonly pareto?: boolean | undefined;
}
export type PopulationSpec = {
  readonly method: 'ga';
  readonly preset: 'tuned';
  readonly parameters: PopulationParameters;
};
export type SearchSpec = PaperSpec | TunedSpec | PopulationSpec;

/** A tuned search with another number of evaluations; others as they are. */
export function withEvaluations<Spec extends SearchSpec>(spec: Spec, evaluations: number): Spec {
  return spec.preset === 'tuned' ? { ...spec, parameters: { ...spec.parameters, evaluations } } : spec;
}

/** The budget of a search that repairs, unless one was given. */
export function repairedSpec<Spec extends SearchSpec>(
  spec: Spec,
  { evaluations, seconds }: Pick<SearchValues, 'evaluations' | 'seconds'>,
): Spec {
  const isGiven = evaluations !== undefined || seconds !== undefined;
  return isGiven ? spec : withEvaluations(spec, DEFAULTS.repairedEvaluations);
}

/** The search with the given options; `preset` is one that the method has. */
export function searchSpec(method: Method, preset: Preset, values: SearchValues): SearchSpec {
  if (preset === 'paper') return paperSpec(method, values);
  return method === 'sa' ? tunedSpec(values) : populationSpec(values);
}

/** The article's search with the given options. */
export function paperSpec(method: Method, values: SearchValues): PaperSpec {
  const given = givenParameters(method, 'paper', values);
  return method === 'sa'
    ? { method, preset: 'paper', parameters: { ...DEFAULTS.annealing, ...given } }
    : { method, preset: 'paper', parameters: { ...DEFAULTS.genetic, ...given } };
}

/** Tuned annealing with the given options. */
export function tunedSpec(values: SearchValues): TunedSpec {
  const budget = budgetOf(values);
  const given = givenParameters('sa', 'tuned', values);
  return { method: 'sa', preset: 'tuned', parameters: { ...DEFAULTS.tuned, ...given, ...budget } };
}

/** The population search with the given options. */
export function populationSpec(values: SearchValues): PopulationSpec {
  const budget = budgetOf(values);
  const given = givenParameters('ga', 'tuned', values);
  return { method: 'ga', preset: 'tuned', parameters: { ...DEFAULTS.population, ...given, ...budget } };
}

/** No limit of evaluations if a time is given. Throws 'bad-input' if both are. */
function budgetOf({ evaluations, seconds }: SearchValues): { readonly evaluations?: number } {
  if (seconds === undefined) return {};
  checkPositive('seconds', seconds, 30);
  if (evaluations !== undefined) {
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName('evaluations')} and ${optionName('seconds')} are both given, but a search has one budget`,
      'leave one of them out',
      { option: 'evaluations', value: evaluations },
    );
  }
  return { evaluations: Infinity };
}

/** The options that were given, of those that the search has. An option has the name of the parameter that it sets. */
function givenParameters(method: Method, preset: Preset, values: SearchValues): object {
  const names = ['seed', 'layers', ...optionsOf(method, preset)] as const;
  const given = names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]] as const]));
  return Object.fromEntries(given);
}
