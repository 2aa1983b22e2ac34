/** By which nodes a function of each element is computed where no activation does all of it: silu(relu(x)) is two. */
import type { Budget } from '../budget.ts';
import { functionWith, POINTS, type ElementFunction } from './elementwise.ts';
import type { Activation, Pending } from './value.ts';

/** The last node: a function of the value that is read, or the sum of two. What is read may be pending too, and has a plan then. */
export interface Plan {
  readonly reads: readonly Activation[];
  readonly function?: ElementFunction;
}

export class FunctionPlans {
  readonly #budget: Budget;
  readonly #known = new Map<Pending, Plan | undefined>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Undefined if no nodes compute the function. */
  of(pending: Pending): Plan | undefined {
    if (!this.#known.has(pending)) this.#known.set(pending, this.#planFor(pending));
    return this.#known.get(pending);
  }

  #planFor(pending: Pending): Plan | undefined {
    const { base, values, node, last } = pending;
    const whole = functionWith(values);
    if (whole) return { reads: [base], function: whole };
    for (const inner of innerSteps(pending)) {
      this.#budget.work(node, POINTS.length);
      const after = valuesAfter(inner.pending, pending);
      const rest = after && functionWith(after);
      if (rest && this.of(inner.pending)) return { reads: [inner], function: rest };
    }
    if (last.kind === 'unary' || (node.operator !== 'Add' && node.operator !== 'Sum')) return undefined;
    const reads = [last.left, last.right];
    return reads.every((read) => !read.pending || this.of(read.pending)) ? { reads } : undefined;
  }
}

type InnerStep = Activation & { readonly pending: Pending };

const isInner = (value: Activation): value is InnerStep => value.pending !== undefined;

/** The functions of the same base within a function, those of fewest operators first. */
function innerSteps(pending: Pending): readonly InnerStep[] {
  const found = new Map<Pending, InnerStep>();
  const visit = (value: Activation) => {
    if (!isInner(value) || found.has(value.pending)) return;
    found.set(value.pending, value);
    readBy(value.pending).forEach(visit);
  };
  readBy(pending).forEach(visit);
  return [...found.values()].sort((a, b) => a.pending.steps - b.pending.steps);
}

/** Values of a function where `inner` is at the points of elementwise.ts; undefined if it depends on its base in another way too. */
function valuesAfter(inner: Pending, pending: Pending): Float64Array | undefined {
  const { last } = pending;
  const [first, second] = readBy(pending).map((value) => {
    if (!value.pending) return undefined;
    return value.pending === inner ? POINTS : valuesAfter(inner, value.pending);
  });
  if (!first) return undefined;
  if (last.kind === 'unary') return first.map(last.of);
  return second && first.map((x, i) => last.of(x, second[i]!));
}

const readBy = ({ last }: Pending): readonly Activation[] =>
  last.kind === 'unary' ? [last.inner] : [last.left, last.right];
