/** What tuned annealing does next. The unpruned network has been evaluated by then. */
import { countPruned, type Masks } from '../../core/mask.ts';

/**
 * - `calibrate`: evaluates trial proposals of a fixed size, to measure the temperature
 * - `propose`: evaluates proposals on the tuning images
 * - `validate`: evaluates the current solution on the validation images
 * - `prune-to-target`: prunes as many weights as the target sparsity still needs, whatever that costs
 */
export type Phase = 'calibrate' | 'propose' | 'validate' | 'prune-to-target' | 'done';

/**
 * Where a search stands with its target sparsity. `met`: the best solution has it, or there is none. `reached`: the current
 * solution has it, but is not validated. `missed`: neither has it.
 */
export type TargetStatus = 'met' | 'reached' | 'missed';

/** Everything that decides the next phase. */
export interface Situation {
  /** Whether the search is at its end and only completes its result. */
  readonly isEnding: boolean;
  readonly isCalibrated: boolean;
  /** Whether the current solution has been evaluated on the validation images. */
  readonly isValidated: boolean;
  readonly target: TargetStatus;
  /** Whether it is time to validate what was accepted since the last validation. */
  readonly isValidationDue: boolean;
  /** Whether it is time to prune to a target that is missed. */
  readonly isPruningDue: boolean;
  /** Whether no move has anything to change in any layer. */
  readonly isExhausted: boolean;
}

/** The one place that decides what comes next. */
export function nextPhase(now: Situation): Phase {
  if (now.isEnding && now.isValidated && now.target === 'met') return 'done';
  if (!now.isCalibrated) return 'calibrate';
  if (now.target === 'reached') return 'validate';
  const mustComplete = now.isEnding || now.isExhausted;
  if (now.target === 'missed' && (mustComplete || now.isPruningDue)) return 'prune-to-target';
  if (mustComplete || (now.isValidationDue && !now.isValidated)) return 'validate';
  return 'propose';
}

/** @param zeros number of zeros to end with; undefined without a target */
export function targetStatus(
  zeros: number | undefined,
  { best, current }: Readonly<Record<'best' | 'current', { readonly masks: Masks }>>,
): TargetStatus {
  if (zeros === undefined || countPruned(best.masks) === zeros) return 'met';
  return countPruned(current.masks) === zeros ? 'reached' : 'missed';
}
