/** Limits of single layers: how sparse they may become. */
import { MasksearchError } from '../core/error.ts';
import { badOption } from '../core/options.ts';
import { optionName, phrase } from '../core/phrase.ts';
import { weightsOf } from '../core/mask.ts';
import type { Problem } from './contract.ts';
import { checkLayerNames } from './searched-layers.ts';

/** One number for every layer, or one for each of some layers, by name. */
export type PerLayer = number | Readonly<Record<string, number>>;

export interface LayerLimits {
  /** The largest fraction of a layer's weights that is pruned. */
  readonly maxSparsity?: PerLayer | undefined;
  /** The fewest weights that a layer keeps. */
  readonly minKept?: PerLayer | undefined;
}

/** The problem with these limits; itself if there are none. Throws 'bad-input' for unknown layers, and for a number that is out of range. */
export function withLimits(problem: Problem, { maxSparsity, minKept }: LayerLimits): Problem {
  if (maxSparsity === undefined && minKept === undefined) return problem;
  const sparsities = valuesOf(problem, 'maxSparsity', maxSparsity);
  const counts = valuesOf(problem, 'minKept', minKept);
  const leastKept = problem.layers.map(({ name, shape }, layer) => {
    const weights = weightsOf(shape);
    const [sparsity = 1, count = 0] = [sparsities[layer], counts[layer]];
    if (!(sparsity >= 0 && sparsity <= 1))
      throw badOption('maxSparsity', maxSparsity, 'from 0 to 1', 'pass a fraction such as 0.9', {
        shown: `${sparsity} for ${name}`,
      });
    if (!Number.isSafeInteger(count) || count < 0)
      throw badOption('minKept', minKept, 'a whole number', 'pass one such as 100', {
        shown: `${count} for ${name}`,
      });
    // A fraction of decimals may be a rounding error above a whole number.
    const byShare = Math.ceil((1 - sparsity) * weights - 1e-6 * weights);
    return Math.min(weights, Math.max(byShare, count, problem.leastKept?.[layer] ?? 0));
  });
  return { ...problem, leastKept };
}

/** By index of the layer. */
function valuesOf(
  { layers }: Problem,
  option: string,
  given: PerLayer | undefined,
): readonly (number | undefined)[] {
  if (given === undefined) return [];
  if (typeof given === 'number') return layers.map(() => given);
  const names = layers.map(({ name }) => name);
  checkLayerNames(option, Object.keys(given), names);
  return names.map((name) => (Object.hasOwn(given, name) ? given[name] : undefined));
}

/** The layers of `problem` but for these. Throws 'bad-input' for unknown names, for both kinds of lists, and if none is left. */
export function layersBut(
  { layers }: Problem,
  keepLayers: readonly string[] | undefined,
  given: readonly string[] | undefined,
): readonly string[] | undefined {
  if (keepLayers === undefined) return given;
  if (given !== undefined)
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName('layers')} and ${optionName('keepLayers')} are both given`,
      'leave one of them out',
      { option: 'keepLayers' },
    );
  const names = layers.map(({ name }) => name);
  checkLayerNames('keepLayers', keepLayers, names);
  const left = names.filter((name) => !keepLayers.includes(name));
  if (left.length > 0) return left;
  throw badOption('keepLayers', keepLayers.join(','), 'fewer than all layers', 'leave one out');
}
