/** `--at`: which point of a front to take. */
import type { MasksearchError } from '../../core/error.ts';
import { badOption } from '../../core/options.ts';
import type { Option } from '../../pruning/options/option.ts';
import type { FrontPoint, PruneResult } from '../../report/run/result.ts';
import { fixed } from '../terminal/format.ts';

const KINDS = ['sparsity', 'loss', 'drop', 'rise'] as const;

/** What the point must have at least (sparsity) or at most (the others). */
export interface PointChoice {
  readonly kind: (typeof KINDS)[number];
  /** Sparsity: a fraction; loss: as it is; drop: percentage points of accuracy; rise: percent of the unpruned loss. */
  readonly value: number;
  /** As it was typed. */
  readonly text: string;
}

export const pointOption: Option<PointChoice> = {
  placeholder: 'POINT',
  description: 'sparsity=S, loss=L, drop=P in percentage points, or rise=P in percent of the loss; see above',
  parse(text, name) {
    const [, found, number] = /^(\w+)=(\d+\.?\d*|\.\d+)$/.exec(text) ?? [];
    const kind = KINDS.find((one) => one === found);
    if (kind === undefined) throw badPoint(name, text);
    return { kind, value: Number(number), text };
  },
};

/** The error for a text that is no such choice, or for none. */
export function badPoint(option: string, text: string | undefined): MasksearchError {
  return badOption(option, text, 'sparsity=S, loss=L, drop=P or rise=P', 'pass one such as sparsity=0.8');
}

/** Differences of fractions are rounded. */
const SLACK = 1e-9;

/** Index of the chosen point. Throws 'bad-input' if no point of the front is within the limit. */
export function choosePoint(
  { kind, value, text }: PointChoice,
  { front = [], validation }: PruneResult,
): number {
  const { accuracy, loss } = validation!.unpruned;
  if (kind === 'drop' && accuracy === undefined)
    throw badOption('at', text, 'sparsity, loss or rise: the network has no accuracy', 'pass one of these');
  /** Percentage points of accuracy that are lost on the validation images. */
  const drop = (point: FrontPoint) => 100 * (accuracy! - point.validation.accuracy!);
  const isAllowed = {
    sparsity: ({ sparsity }: FrontPoint) => sparsity.global >= value,
    loss: (point: FrontPoint) => point.validation.loss <= value,
    drop: (point: FrontPoint) => drop(point) <= value + SLACK,
    rise: (point: FrontPoint) => point.validation.loss <= (1 + value / 100) * loss + SLACK,
  }[kind];
  const allowed = [...front.keys()].filter((i) => isAllowed(front[i]!));
  if (allowed.length === 0) {
    const reached = {
      sparsity: () =>
        `as fractions sparsities go up to ${rounded('floor', front.at(-1)!.sparsity.global, 4)}`,
      loss: () => `validation losses go ${rangeOf(front, ({ validation }) => validation.loss, 4)}`,
      drop: () =>
        `drops on the validation images go ${rangeOf(front, (point) => drop(point) - SLACK, 2)} points`,
      rise: () => `rises go ${rangeOf(front, ({ validation }) => 100 * (validation.loss / loss - 1), 2)} %`,
    }[kind]();
    throw badOption('at', text, 'a point that the front reaches', reached);
  }
  // Points have rising sparsity: the last one is the sparsest.
  if (kind !== 'sparsity') return allowed.at(-1)!;
  const lossAt = (i: number) => front[i]!.validation.loss;
  return allowed.reduce((best, i) => (lossAt(i) < lossAt(best) ? i : best));
}

/** Both ends are rounded up, so that a point is found at either. */
function rangeOf(front: readonly FrontPoint[], of: (point: FrontPoint) => number, digits: number): string {
  const values = front.map(of);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `from ${rounded('ceil', least, digits)} to ${rounded('ceil', most, digits)}`;
}

function rounded(to: 'floor' | 'ceil', value: number, digits: number): string {
  const scale = 10 ** digits;
  return fixed(Math[to](value * scale) / scale, digits);
}
