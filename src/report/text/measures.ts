/** The figures of a score that people see. They depend on what the network is for. */
import type { Score } from '../../search/contract.ts';
import { fixed, nats } from './numbers.ts';

/** `network/task.ts` says what they mean. */
export type ResultTask = 'classes' | 'binary' | 'regression';

/** A figure of a score. */
export interface Measure {
  /** "accuracy" */
  readonly name: string;
  /** "%"; empty if it has none. */
  readonly unit: string;
  /** In that unit. */
  readonly valueOf: (score: Score) => number;
  /** With its unit if that is a percentage. */
  readonly textOf: (score: Score) => string;
  /** Unit of a difference. */
  readonly differenceUnit: string;
}

const LOSS: Measure = {
  name: 'loss',
  unit: 'nats',
  valueOf: ({ loss }) => loss,
  textOf: ({ loss }) => nats(loss),
  differenceUnit: 'nats',
};

/** Of a regression: see `Score`. */
const RELATIVE_LOSS: Measure = { ...LOSS, unit: '1 − R²', differenceUnit: '1 − R²' };

const EXPLAINED: Measure = {
  name: 'R²',
  unit: '',
  valueOf: ({ loss }) => 1 - loss,
  textOf: ({ loss }) => fixed(1 - loss, 4),
  differenceUnit: '',
};

/** The figure that says how good the network is, and its loss. `percent` formats a fraction. */
export function measuresOf(
  task: ResultTask | undefined,
  percent: (fraction: number) => string,
): readonly [quality: Measure, loss: Measure] {
  if (task === 'regression') return [EXPLAINED, RELATIVE_LOSS];
  const accuracyOf = ({ accuracy = NaN }: Score) => accuracy;
  const accuracy = {
    name: 'accuracy',
    unit: '%',
    valueOf: (score: Score) => 100 * accuracyOf(score),
    textOf: (score: Score) => percent(accuracyOf(score)),
    differenceUnit: 'points',
  };
  return [accuracy, LOSS];
}

/** "accuracy 97.00 %" or "R² 0.9812" of a network whose task is not at hand: one without accuracy is a regression. */
export function qualityText(score: Score, percent: (fraction: number) => string): string {
  const [{ name, textOf }] = measuresOf(score.accuracy === undefined ? 'regression' : undefined, percent);
  return `${name} ${textOf(score)}`;
}

/** "Accuracy" */
export const capitalized = (name: string) => name[0]!.toUpperCase() + name.slice(1);

/** "loss (nats)" */
export function withUnit(name: string, unit: string): string {
  return unit === '' ? name : `${name} (${unit})`;
}

/** What the figures of a task mean, for readers who do not know it; undefined for classes. */
export function meaningOf(task: ResultTask | undefined): string | undefined {
  switch (task) {
    case 'binary':
      return 'Every output answers yes or no: loss and accuracy are means over the outputs. AUC is the chance that a random image with the answer yes has a higher output than one with no.';
    case 'regression':
      return 'R² is the share of the variance of the targets that the network explains: 1 is perfect, 0 is no better than their mean. The loss is what is missing to 1.';
    case 'classes':
    case undefined:
      return undefined;
  }
}
