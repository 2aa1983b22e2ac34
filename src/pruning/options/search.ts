/** The searches as the command line and the page offer them: their options, and what follows from them. */
import { IMPORTANCES, type ImportanceName } from '../../baselines/importance.ts';
import type { Method, Preset } from '../../report/run/result.ts';
import type { Problem, Progress, Search } from '../../search/contract.ts';
import { MasksearchError } from '../../core/error.ts';
import { geneticAlgorithm } from '../../search/article/genetic-algorithm.ts';
import {
  GENETIC_ALGORITHM_PAPER,
  MAX_POPULATION,
  type GeneticAlgorithmOptions,
} from '../../search/article/genetic-options.ts';
import { MAX_STEPS } from '../../search/article/layerwise.ts';
import { badOption, checkPositive } from '../../core/options.ts';
import {
  simulatedAnnealing,
  SIMULATED_ANNEALING_PAPER,
  type SimulatedAnnealingOptions,
} from '../../search/article/simulated-annealing.ts';
import { tunedAnnealing, type TunedSearch } from '../../search/tuned/annealing.ts';
import { DEFAULT_ACCURACY_DROP } from '../../search/tuned/goal.ts';
import {
  MAX_EVALUATIONS,
  TUNED_DEFAULTS,
  type Importance,
  type TunedAnnealingOptions,
} from '../../search/tuned/options.ts';
import { choice, count, list, number, type OptionValues } from './option.ts';

const layerOptions = {
  layers: list('NAMES', 'layers to prune, separated by commas (default: all)'),
};
/** Those of the article's two searches. */
const paperOptions = {
  mutationRate: number(
    'P',
    'sa: probability that the first step drops a weight; ga: that a gene is redrawn (default 0.15)',
    0.15,
  ),
  lossToWarmup: number(
    'L',
    'largest loss, in nats, in the last layer; earlier ones get a share (default 1)',
    1,
  ),
  maxLossPenalty: number('C', 'what a loss over the cap costs (default 1e8)', 1e8),
};
const annealingOptions = {
  iterations: count('N', 'sa: proposals per layer (default 200)', { most: MAX_STEPS, example: 200 }),
  initialTemperature: number('T', 'sa: temperature of the first step of a layer (default 1)', 1),
};
const geneticOptions = {
  generations: count('N', 'ga: generations per layer (default 20)', { most: MAX_STEPS, example: 20 }),
  populationSize: count('N', 'ga: individuals in a generation (default 12)', {
    most: MAX_POPULATION,
    example: 12,
  }),
  eliteSize: number('N', 'ga: individuals that go on unchanged (default 2)', 2),
  tournamentSize: count('N', 'ga: individuals drawn to choose a parent from (default 5)', { example: 5 }),
  crossoverRate: number('P', 'ga: probability that parents exchange genes (default 0.9)', 0.9),
};
const goalOptions = {
  maxAccuracyDrop: number(
    'P',
    `tuned: accuracy that may be lost, in percentage points (default ${DEFAULT_ACCURACY_DROP})`,
    1,
  ),
  maxLoss: number('L', 'tuned: instead of it, the largest loss, in nats', 0.15),
  targetSparsity: number('S', 'tuned: instead of it, the share of all weights to prune, met exactly', 0.8),
  evaluations: count('N', `tuned: candidates to evaluate (default ${TUNED_DEFAULTS.evaluations})`, {
    most: MAX_EVALUATIONS,
    example: TUNED_DEFAULTS.evaluations,
  }),
};
const importanceOption = {
  importance: choice(
    IMPORTANCES,
    "tuned: what picks weights: nothing, what the search learns, |w| (default) or Wanda's score",
  ),
};
const tunedOptions = {
  ...goalOptions,
  seconds: number('T', 'tuned: instead of it, the time to take; such a run cannot be repeated exactly', 30),
  patience: count('N', 'tuned: end after so many evaluations without a better choice (default: never)', {
    most: MAX_EVALUATIONS,
    example: 2000,
  }),
  ...importanceOption,
};

/** What `compare` takes: of the tuned search what can be repeated and gives every run the same budget. */
export const compareSearchOptions = {
  preset: choice(
    ['paper', 'tuned'],
    "paper, the article's experiment (default), or tuned, that search on one or more splits",
  ),
  ...layerOptions,
  ...goalOptions,
  ...importanceOption,
  ...paperOptions,
  ...annealingOptions,
  ...geneticOptions,
};

/** What `prune` takes. */
export const searchOptions = {
  preset: choice(
    ['tuned', 'paper'],
    "tuned (default of sa): the sparsest network within a goal; paper (of ga): the article's way",
  ),
  ...layerOptions,
  ...tunedOptions,
  ...paperOptions,
  ...annealingOptions,
  ...geneticOptions,
};

export type SearchValues = OptionValues<typeof searchOptions>;

/** The options of a tuned search that the command line has words for. */
export interface TunedParameters extends Omit<TunedAnnealingOptions, 'importance' | 'spent'> {
  readonly importance: ImportanceName;
  /** Time to take, instead of a number of evaluations. */
  readonly seconds?: number;
}

/** A search with all its parameters. */
export type PaperSpec =
  | { readonly method: 'sa'; readonly preset: 'paper'; readonly parameters: SimulatedAnnealingOptions }
  | { readonly method: 'ga'; readonly preset: 'paper'; readonly parameters: GeneticAlgorithmOptions };
export type SearchSpec =
  PaperSpec | { readonly method: 'sa'; readonly preset: 'tuned'; readonly parameters: TunedParameters };

const DEFAULT_PRESET: Readonly<Record<Method, Preset>> = { sa: 'tuned', ga: 'paper' };

const names = (options: object) => Object.keys(options) as readonly (keyof SearchValues)[];

/** Of all options but `preset` and `layers`, those that a search has. */
function ownOptions(method: Method, preset: Preset): readonly (keyof SearchValues)[] {
  if (preset === 'tuned') return names(tunedOptions);
  return [...names(paperOptions), ...names(method === 'sa' ? annealingOptions : geneticOptions)];
}

/** The first option of a search that is given and is not among its own. */
function foreignOption(values: SearchValues, own: readonly (keyof SearchValues)[]) {
  return names(values).find(
    (name) => name in searchOptions && !['preset', 'layers'].includes(name) && !own.includes(name),
  );
}

/** Throws 'bad-input' for a preset that the method does not have, and for an option that only another search has. */
export function checkMethodOptions(method: Method, values: SearchValues): Preset {
  const preset = values.preset ?? DEFAULT_PRESET[method];
  if (method === 'ga' && preset === 'tuned') {
    throw badOption('preset', preset, 'paper with method ga', 'leave it out, or use method sa', ['method']);
  }
  const useless = foreignOption(values, ownOptions(method, preset));
  if (useless === undefined) return preset;
  const asArticle = ownOptions(method, 'paper').includes(useless);
  const search =
    useless in tunedOptions || (asArticle && preset === 'tuned') ? `preset ${preset}` : `method ${method}`;
  throw new MasksearchError(
    'bad-input',
    `${useless} has no effect on ${search}`,
    asArticle ? 'leave it out, or add --preset paper' : 'leave it out',
    { option: useless },
  );
}

/** Throws 'bad-input' for an option that only a comparison with another preset has. */
export function checkCompareOptions(preset: Preset, values: OptionValues<typeof compareSearchOptions>): void {
  const own =
    preset === 'tuned' ? names(tunedOptions) : [...ownOptions('sa', 'paper'), ...ownOptions('ga', 'paper')];
  const useless = foreignOption(values, own);
  if (useless !== undefined) throw uselessOption(useless, preset);
}

/** An option of `compare` that has no effect on `preset`, but on the other. */
export function uselessOption(option: string, preset: Preset): MasksearchError {
  const other = preset === 'tuned' ? 'paper' : 'tuned';
  return new MasksearchError(
    'bad-input',
    `${option} has no effect on preset ${preset}`,
    `leave it out, or use --preset ${other}`,
    { option },
  );
}

/** The search with the options that were given. */
export function searchSpec(
  method: Method,
  preset: Preset,
  values: SearchValues,
  seed: string | undefined,
  lossLimits: boolean,
): SearchSpec {
  if (preset === 'paper') return paperSpec(method, values, seed, lossLimits);
  const given = givenParameters(method, preset, values, seed);
  return { method: 'sa', preset, parameters: { ...tunedParameters(values, given), lossLimits } };
}

/** The article's search with the options that were given. */
export function paperSpec(
  method: Method,
  values: SearchValues,
  seed: string | undefined,
  lossLimits: boolean,
): PaperSpec {
  const given = { ...givenParameters(method, 'paper', values, seed), lossLimits };
  return method === 'sa'
    ? { method, preset: 'paper', parameters: { ...SIMULATED_ANNEALING_PAPER, ...given } }
    : { method, preset: 'paper', parameters: { ...GENETIC_ALGORITHM_PAPER, ...given } };
}

function givenParameters(method: Method, preset: Preset, values: SearchValues, seed: string | undefined) {
  const given = (['layers', ...ownOptions(method, preset)] as const).flatMap((name) =>
    values[name] === undefined ? [] : [[name, values[name]] as const],
  );
  return { ...(seed !== undefined && { seed }), ...Object.fromEntries(given) };
}

function tunedParameters({ evaluations, seconds }: SearchValues, given: object): TunedParameters {
  if (seconds !== undefined) {
    checkPositive('seconds', seconds, 30);
    if (evaluations !== undefined) {
      throw new MasksearchError(
        'bad-input',
        'evaluations and seconds are both given, but a search has one budget',
        'leave one of them out',
        { option: 'evaluations', related: ['seconds'] },
      );
    }
  }
  return {
    ...TUNED_DEFAULTS,
    importance: 'magnitude',
    ...given,
    ...(seconds !== undefined && { evaluations: Infinity }),
  };
}

/** What a tuned search needs that is no option. */
export interface TunedInput {
  readonly importance: Importance;
  /** Seconds since the start. */
  readonly clock: () => number;
}

/** Without `input`, a search of the right kind whose parameters were checked, but not to be run. */
export function makeSearch(problem: Problem, spec: SearchSpec, input?: TunedInput): Search | TunedSearch {
  if (spec.method === 'ga') return geneticAlgorithm(problem, spec.parameters);
  if (spec.preset === 'paper') return simulatedAnnealing(problem, spec.parameters);
  const { seconds, ...parameters } = spec.parameters;
  const { importance = 'learned', clock = () => 0 } = input ?? {};
  return tunedAnnealing(problem, {
    ...parameters,
    importance,
    ...(seconds !== undefined && { spent: () => clock() / seconds }),
  });
}

export function isTuned(search: Search | TunedSearch): search is TunedSearch {
  return 'front' in search;
}

/** The parameters as results report them, `layers` as all names searched. */
export function reportedParameters(
  { parameters, preset }: SearchSpec,
  layers: readonly { readonly name: string }[],
): Readonly<Record<string, number | string>> {
  const plain = Object.entries(parameters).filter(
    ([name, value]) => (typeof value === 'number' && Number.isFinite(value)) || name === 'importance',
  );
  const searched = layers.map(({ name }) => name).filter((name) => parameters.layers?.includes(name) ?? true);
  const goal = preset === 'tuned' && !plain.some(([name]) => GOALS.includes(name));
  return {
    ...(goal && { maxAccuracyDrop: DEFAULT_ACCURACY_DROP }),
    ...(Object.fromEntries(plain) as Record<string, number | string>),
    layers: searched.join(','),
  };
}

const GOALS = ['maxAccuracyDrop', 'maxLoss', 'targetSparsity'];

/** Number of images that a search optimises on, and of those it has set aside to choose by. */
interface ImageCounts {
  readonly tuning: number;
  readonly validation: number;
}

/**
 * Images that the plain schedule sees for what was told so far: of annealing all for each proposal, layer entered and the unmasked
 * network, of the genetic algorithm for each individual drawn or bred; of a tuned search those that each candidate was evaluated on.
 */
export function plainImages(
  { method, preset }: SearchSpec,
  { proposals, steps, validations = 0 }: Progress,
  { tuning, validation }: ImageCounts,
): number {
  if (preset === 'tuned') return tuning * (proposals - validations) + validation * validations;
  if (method === 'ga') return tuning * proposals;
  return tuning * (proposals + Math.ceil(Math.max(proposals, 1) / steps) + 1);
}
