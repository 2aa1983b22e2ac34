/** When things are due in a search, in evaluations or as a share of another budget. */
import type { TunedAnnealingOptions } from './options.ts';

/** Length, in evaluations, that a search is planned for if only `patience` ends it. */
const OPEN_LENGTH = 3000;

/** Shortest length, in evaluations, that is expected of a search with another budget than evaluations. */
const MIN_EXPECTED = 64;

/** Smallest share of another budget from which the length is projected. */
const MIN_SHARE = 0.001;

/** Validations of a whole search, if there is something to validate. */
const VALIDATIONS = 64;

/** Trial proposals in each layer that the temperature is measured by, and the share of the budget that they may take. */
const CALIBRATIONS = 3;
const CALIBRATION_SHARE = 0.1;

/** Share of the budget after which a target that is missed is pruned to at once. */
const PRUNING_SHARE = 0.7;

/** What the due dates of a state depend on; all in evaluations. */
interface Dates {
  readonly evaluations: number;
  readonly improvedAt: number;
  readonly visitEnd: number;
  readonly nextValidation: number;
}

export class Timetable {
  readonly #evaluations: number;
  readonly #patience: number;
  readonly #spent: (() => number) | undefined;

  constructor({ evaluations, patience = Infinity, spent }: TunedAnnealingOptions) {
    this.#evaluations = evaluations;
    this.#patience = patience;
    this.#spent = spent;
  }

  /** Number of evaluations that a search is expected to have in all, after `evaluations` of them. */
  expected(evaluations: number): number {
    if (Number.isFinite(this.#evaluations)) return this.#evaluations;
    if (!this.#spent) return OPEN_LENGTH;
    return Math.max(MIN_EXPECTED, evaluations / Math.max(this.#spent(), MIN_SHARE));
  }

  /** Share of the budget that is used after `evaluations`; above 1 if a search takes longer than expected. */
  shareUsed(evaluations: number): number {
    return this.#spent ? this.#spent() : evaluations / this.expected(evaluations);
  }

  /** When to validate next, from now on. */
  nextValidation(evaluations: number): number {
    return evaluations + Math.max(1, Math.round(this.expected(evaluations) / VALIDATIONS));
  }

  calibrationsPerLayer(layers: number): number {
    return Math.floor(Math.min(CALIBRATIONS, (CALIBRATION_SHARE * this.#evaluations) / layers));
  }

  /** Whether the search is to end: one evaluation is kept for a last validation. */
  isOver(
    { evaluations, improvedAt }: Pick<Dates, 'evaluations' | 'improvedAt'>,
    isTargetMet: boolean,
  ): boolean {
    return (
      evaluations >= this.#evaluations - 1 ||
      (isTargetMet && evaluations - improvedAt >= this.#patience) ||
      (this.#spent !== undefined && this.shareUsed(evaluations) >= 1)
    );
  }

  /** Whether a target that is missed must be pruned to: two evaluations are kept for that and its validation. */
  isPruningDue({ evaluations }: Pick<Dates, 'evaluations'>): boolean {
    return this.shareUsed(evaluations) >= PRUNING_SHARE || evaluations >= this.#evaluations - 2;
  }

  /** Number of proposals before something else is due, if all of them are rejected; at least 1. */
  proposalsLeft({ evaluations, improvedAt, visitEnd, nextValidation }: Dates, isTargetMet: boolean): number {
    const end = isTargetMet
      ? Math.min(this.#evaluations - 1, improvedAt + this.#patience)
      : Math.min(this.#evaluations - 2, this.#spent ? Infinity : PRUNING_SHARE * this.expected(evaluations));
    return Math.max(1, Math.ceil(Math.min(nextValidation, visitEnd, end)) - evaluations);
  }
}
