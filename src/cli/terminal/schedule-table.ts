import { METHOD_NAMES } from '../../report/text/words.ts';
import { fixed, percent, table } from './format.ts';
import type { Measurement } from '../../bench/schedule/measure.ts';
import type { PaperSpec } from '../../pruning/search/spec.ts';

const HEAD = [
  'configuration',
  'seconds',
  'x full',
  'cand/s',
  'GMAC',
  'saved',
  'images',
  'skip',
  'MB up',
  'rounds',
  'idle',
];

const LEGEND = `x full   seconds over those of full; the other configurations are named by what they turn off
cand/s   proposals that the search used, per second
GMAC     1e9 multiply-accumulates computed, with those of pruned weights
saved    multiply-accumulates of the article's schedule over these
images   images whose loss was computed, summed over candidates
skip     share of GMAC that was skipped because the weight is pruned
MB up    megabytes written to the device; rounds: calls of the evaluator
idle     share of the time in which the evaluator had nothing to do`;

/** The measurements as a table for each method, in at most 100 columns. */
export function scheduleTables(specs: readonly PaperSpec[], measured: readonly Measurement[]): string {
  const tables = specs.map((spec) => {
    const ofMethod = measured.filter(({ method }) => method === spec.method);
    return `${titleOf(spec)}\n${table([HEAD, ...ofMethod.map(rowOf)])}\nDigest  ${ofMethod[0]!.digest}`;
  });
  return `${tables.join('\n\n')}\n\n${LEGEND}`;
}

function titleOf(spec: PaperSpec): string {
  const several = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  const steps =
    spec.method === 'sa'
      ? several(spec.parameters.iterations, 'proposal')
      : `${several(spec.parameters.generations, 'generation')} of ${spec.parameters.populationSize}`;
  return `${METHOD_NAMES[spec.method]}, ${steps} a layer`;
}

function rowOf({
  configuration,
  seconds,
  timesFull,
  candidatesPerSecond,
  work,
  idleShare,
}: Measurement): string[] {
  const { macs, plainMacs, imagesEvaluated, skippedMacs, uploadedBytes, rounds } = work;
  return [
    configuration,
    fixed(seconds, 2),
    fixed(timesFull, 2),
    fixed(candidatesPerSecond, 1),
    fixed(macs / 1e9, 1),
    fixed(plainMacs / macs, 2),
    `${imagesEvaluated}`,
    percent(skippedMacs / macs, 0),
    fixed(uploadedBytes / 1e6, 1),
    `${rounds}`,
    percent(idleShare, 1),
  ];
}
