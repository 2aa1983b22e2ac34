/**
 * What all searches share. A search method is written as functions of a state that is never changed, only replaced as a
 * whole; the shell holds the state and the question that was asked, and makes a `Search` of them.
 */
import { badStored, type Codec } from '../core/codec.ts';
import { MasksearchError } from '../core/error.ts';
import type {
  Candidate,
  Evaluation,
  HistoryRow,
  Problem,
  Progress,
  Score,
  Search,
  Solution,
} from './contract.ts';
import { EMPTY_DIGEST } from './digest.ts';
import { initialMasks } from './initial-masks.ts';

/** What the state of every search contains. It begins when the unpruned network has been evaluated. */
export interface SearchState {
  readonly unpruned: Solution;
  readonly digest: string;
}

/** A state, with the rows that reaching it added to the history. */
export interface Step<State> {
  readonly state: State;
  readonly rows: readonly HistoryRow[];
}

/** Candidates, at least one, and what their evaluations make of the state in which they were asked for. */
export interface Question<State> {
  readonly candidates: readonly Candidate[];
  readonly answer: (evaluations: readonly Evaluation[]) => Step<State>;
}

/** A search without its state. */
export interface SearchMethod<State extends SearchState, Stored> {
  readonly problem: Problem;
  /** Sets of images to evaluate the unpruned network on. */
  readonly unprunedOn: readonly Candidate['on'][];
  /** Every field of the state as JSON. Decoding throws 'bad-input' for a state that the search cannot be in. */
  readonly codec: Codec<State, Stored>;
  /** The first state, from the scores of the unpruned network on `unprunedOn`. May throw 'infeasible'. */
  start(unpruned: readonly Score[]): State;
  /** Of a state that is not done. `limit` is a whole number of at least 1, or Infinity. May throw 'infeasible'. */
  ask(state: State, limit: number): Question<State>;
  isDone(state: State): boolean;
  best(state: State): Solution;
  /** Undefined before the first state. */
  progress(state: State | undefined): Progress;
}

/** Everything that changes in a search, as plain JSON. */
export interface Snapshot<Stored> {
  readonly version: 1;
  /** Null before the unpruned network was evaluated. */
  readonly state: Stored | null;
}

export class SearchShell<State extends SearchState, Stored> implements Search<Snapshot<Stored>> {
  readonly #method: SearchMethod<State, Stored>;
  #state: State | undefined;
  #question: Question<State> | undefined;

  /** Throws 'bad-input' for a snapshot that is damaged, or of another version, problem or options. */
  constructor(method: SearchMethod<State, Stored>, snapshot: Snapshot<Stored> | undefined) {
    this.#method = method;
    if (snapshot !== undefined) this.#state = restore(method.codec, snapshot);
  }

  /** Undefined until the unpruned network was evaluated. */
  protected get state(): State | undefined {
    return this.#state;
  }

  get done(): boolean {
    return this.#state !== undefined && this.#method.isDone(this.#state);
  }

  get best(): Solution | undefined {
    return this.#state && this.#method.best(this.#state);
  }

  get unpruned(): Solution | undefined {
    return this.#state?.unpruned;
  }

  get digest(): string {
    return this.#state?.digest ?? EMPTY_DIGEST;
  }

  get progress(): Progress {
    return this.#method.progress(this.#state);
  }

  ask(limit: number): readonly Candidate[] {
    // Kept only if there is one: a search that fails to ask must not be told.
    this.#question = undefined;
    if (this.done) return [];
    const whole = limit >= 1 ? Math.floor(limit) : 1;
    this.#question = this.#state ? this.#method.ask(this.#state, whole) : this.#firstQuestion();
    return this.#question.candidates;
  }

  tell(evaluations: readonly Evaluation[]): readonly HistoryRow[] {
    checkTold(this.#question?.candidates.length ?? 0, evaluations);
    const { state, rows } = this.#question!.answer(evaluations);
    this.#question = undefined;
    this.#state = state;
    return rows;
  }

  snapshot(): Snapshot<Stored> {
    return { version: 1, state: this.#state ? this.#method.codec.encode(this.#state) : null };
  }

  #firstQuestion(): Question<State> {
    const { problem, unprunedOn } = this.#method;
    const masks = initialMasks(problem);
    return {
      candidates: unprunedOn.map((on) => (on ? { masks, on } : { masks })),
      answer: (evaluations) => ({ state: this.#method.start(evaluations.map(inFull)), rows: [] }),
    };
  }
}

function restore<State, Stored>(codec: Codec<State, Stored>, snapshot: unknown): State | undefined {
  if (typeof snapshot !== 'object' || snapshot === null) {
    throw badStored('snapshot', snapshot, 'an object with version and state');
  }
  const { version, state } = snapshot as { version?: unknown; state?: unknown };
  if (version !== 1) throw badStored('snapshot.version', version, '1');
  return state === null ? undefined : codec.decode(state, 'snapshot.state');
}

/** Throws 'bad-input' unless there is one usable evaluation for each of `asked` candidates, and something was asked. */
function checkTold(asked: number, evaluations: readonly Evaluation[]): void {
  if (asked === 0 || evaluations.length !== asked) {
    throw new MasksearchError(
      'bad-input',
      `told ${evaluations.length} evaluations for ${asked} candidates`,
      'ask, then tell one evaluation per candidate, in order',
    );
  }
  for (const evaluation of evaluations) {
    if (!evaluation.exceeded && !Number.isFinite(evaluation.loss)) {
      throw new MasksearchError('bad-input', `a loss of ${evaluation.loss} was told`, 'tell finite losses');
    }
  }
}

/** The score of a candidate without a limit. Throws 'bad-input' if its evaluation stopped early. */
export function inFull(evaluation: Evaluation): Score {
  if (!evaluation.exceeded) return { loss: evaluation.loss, accuracy: evaluation.accuracy };
  throw new MasksearchError(
    'bad-input',
    'the evaluation of a candidate without a lossLimit was told as exceeded',
    'evaluate it in full',
  );
}

/**
 * Takes the evaluations of proposals that all start from the same solution, one after the other. Those after the first
 * accepted one, which adds a row, are left out: they start from a solution that is no longer the current one.
 */
export function takeUntilAccepted<State, Proposal>(
  state: State,
  proposals: readonly Proposal[],
  evaluations: readonly Evaluation[],
  take: (state: State, proposal: Proposal, evaluation: Evaluation) => Step<State>,
): Step<State> {
  let step: Step<State> = { state, rows: [] };
  for (const [i, proposal] of proposals.entries()) {
    step = take(step.state, proposal, evaluations[i]!);
    if (step.rows.length > 0) break;
  }
  return step;
}

/** What a history row says of a solution. */
export function measuresOf({ cost, accuracy, loss, sparsity }: Solution) {
  return { cost, accuracy, loss, sparsity: sparsity.meanLayer } satisfies Partial<HistoryRow>;
}
