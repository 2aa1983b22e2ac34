import { fuse } from '../../network/fuse.ts';
import type { Network } from '../../network/network.ts';
import type { EvaluatorWork, Progress } from '../../search/contract.ts';
import { qualityText } from '../../report/text/measures.ts';
import { duration, fixed, nats, percent, shortened } from './format.ts';
import type { SearchSpec, TunedParameters } from '../../pruning/search/spec.ts';

/** Characters of a layer's name: the figures after it must fit into a line of 80. */
const MAX_NAME = 20;

/** Makes the function that describes the progress of a search in one line. */
export function progressDescriber(
  network: Network,
  spec: SearchSpec,
): (progress: Progress, work: EvaluatorWork, seconds: number) => string {
  if (spec.preset === 'tuned') return tunedDescriber(spec.parameters);
  const { method, parameters } = spec;
  const remaining = remainingCost(network, parameters.layers);
  // A genetic algorithm does not accept proposals: it counts feasible individuals.
  const counted = method === 'ga' ? 'feasible' : 'accepted';
  let first: { readonly seconds: number; readonly cost: number } | undefined;
  return (progress, { candidates }, now) => {
    const cost = remaining(progress);
    // The first evaluation compiles the kernels: it is not counted.
    first ??= { seconds: now, cost };
    const done = first.cost - cost;
    const left = done > 0 ? duration(((now - first.seconds) / done) * cost) : '…';
    const { layer, step, steps, accepted, current } = progress;
    return [
      `${shortened(layer, MAX_NAME)} step ${step}/${steps}`,
      `${counted} ${accepted}`,
      ...(current
        ? [
            `loss ${nats(current.loss)}`,
            qualityText(current, percent),
            `sparsity ${percent(current.sparsity.meanLayer, 1)}`,
          ]
        : []),
      `${fixed(candidates / now, 1)} evaluations/s`,
      `${left} left`,
    ].join('  ');
  };
}

/** For a tuned search, whose budget is a number of evaluations, a time, or neither. */
function tunedDescriber({
  evaluations,
  seconds: time,
}: Pick<TunedParameters, 'evaluations' | 'seconds'>): (
  progress: Progress,
  work: EvaluatorWork,
  now: number,
) => string {
  return ({ layer, proposals, accepted, current }, _work, now) => {
    const open = !Number.isFinite(evaluations);
    const left = open ? (time ?? NaN) - now : ((evaluations - proposals) / proposals) * now;
    return [
      shortened(layer, MAX_NAME),
      `${proposals}${open ? '' : `/${evaluations}`} evaluations`,
      `accepted ${accepted}`,
      ...(current
        ? [
            `loss ${nats(current.loss)}`,
            qualityText(current, percent),
            `${percent(current.sparsity.global, 1)} pruned`,
          ]
        : []),
      `${fixed(proposals / now, 0)}/s`,
      ...(left >= 0 ? [`${duration(left)} left`] : []),
    ].join('  ');
  };
}

/**
 * Cost of the remaining proposals, in multiply-accumulates per image. Proposals in later layers are cheaper, since the activations
 * before them are cached: their number alone would give far too long a time.
 */
function remainingCost(network: Network, layers?: readonly string[]): (progress: Progress) => number {
  const fused = fuse(network);
  const searched = fused
    .map(({ name }, s) => ({ name, cost: fused.slice(s).reduce((sum, { macs }) => sum + macs, 0) }))
    .filter(({ name }) => layers?.includes(name) ?? true);
  return ({ layer, step, steps }) => {
    const index = searched.findIndex(({ name }) => name === layer);
    const later = searched.slice(index + 1).reduce((sum, { cost }) => sum + cost, 0);
    return (steps - step) * searched[index]!.cost + steps * later;
  };
}
