/** What a caller says about a model beside its file. */
import { MasksearchError } from '../core/error.ts';
import { optionName, phrase, type Phrase } from '../core/phrase.ts';
import type { Activation } from '../kernels/activation.ts';
import type { PoolOperation } from '../kernels/pool2d.ts';
import type { Flatten } from './checkpoint/flatten-order.ts';
import type { Network } from '../network/network.ts';
import { checkNormalization, type Normalization } from '../network/model.ts';
import type { Task } from '../network/task.ts';

/** What a checkpoint may leave open; see `Normalization`. */
export interface ModelOptions {
  /** The network of a file that holds weights alone, or its text as JSON; see docs/torch.md. */
  readonly architecture?: Network | string | undefined;
  /** Of a LeNet-5 whose file does not hold its architecture. */
  readonly activation?: Activation | undefined;
  /** Likewise. Weights of a LeNet-5 with max pooling have exactly the shapes of one with average pooling. */
  readonly pooling?: PoolOperation | undefined;
  /** How a file that does not hold its architecture flattens images before a dense layer. Default: as PyTorch, `channels-rows-columns`. */
  readonly flatten?: Flatten | undefined;
  readonly mean?: number | readonly number[] | undefined;
  readonly std?: number | readonly number[] | undefined;
  readonly scale?: number | undefined;
  /** What the network is for, where the file does not say it or says something else. */
  readonly task?: Task | undefined;
}

/** How a model was read, as runs write it down. */
export interface ReadingRecord extends Omit<ModelOptions, 'architecture'> {
  /** Path of the file with the network. */
  readonly architecture?: string | undefined;
}

const NAMES = [
  'architecture',
  'activation',
  'pooling',
  'flatten',
  'mean',
  'std',
  'scale',
  'task',
] as const satisfies readonly (keyof ModelOptions)[];

/** Those options that are given, without others that an object may hold beside them. */
export function givenModelOptions<Options extends ModelOptions>(
  options: Options,
): Pick<Options, keyof ModelOptions & keyof Options> {
  return Object.fromEntries(
    NAMES.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  ) as Pick<Options, keyof ModelOptions & keyof Options>;
}

/** Options that say which network a file of weights is of. */
export const NETWORK_OPTIONS = ['activation', 'pooling', 'flatten', 'architecture'] as const;

/**
 * Throws 'bad-input' if one of them is given for a file that holds its network.
 *
 * @param what such as "an ONNX file"
 */
export function checkHoldsNetwork(what: string, options: ModelOptions): void {
  refuseUseless(
    `${what}, which holds its network`,
    NETWORK_OPTIONS.map((name) => [name, options[name]]),
  );
}

/** Throws 'bad-input' for options with a value, which would have no effect on it. */
export function refuseUseless(
  on: string | Phrase,
  options: readonly (readonly [name: string, value: unknown])[],
): void {
  const [option, value] = options.find(([, given]) => given !== undefined) ?? [];
  if (option === undefined) return;
  throw new MasksearchError(
    'bad-input',
    phrase`${optionName(option)} has no effect on ${on}`,
    'leave it out',
    { option, value },
  );
}

/** What a model has where neither the file nor the caller says otherwise. */
export const MODEL_DEFAULTS = { activation: 'sigmoid', mean: 0, std: 1 } as const;

/** The normalisation that the caller asks for, the defaults where it does not. Throws 'bad-input' for one that is out of range. */
export function normalizationFrom({ mean, std, scale }: ModelOptions): Normalization {
  const normalization: Normalization = {
    mean: mean ?? MODEL_DEFAULTS.mean,
    std: std ?? MODEL_DEFAULTS.std,
    ...(scale !== undefined && { scale }),
  };
  checkNormalization(normalization);
  return normalization;
}
