/** What a network is for, which decides its loss. */
import type { LossKernel } from '../kernels/loss.ts';

/**
 * - `classes`: the outputs are logits of classes, of which every image has one
 * - `binary`: every output is the logit of a question with the answer yes or no
 * - `regression`: the outputs are numbers
 */
export const TASKS = ['classes', 'binary', 'regression'] as const;
export type Task = (typeof TASKS)[number];

export const DEFAULT_TASK: Task = 'classes';

const LOSSES: Readonly<Record<Task, LossKernel>> = {
  classes: 'softmax_cross_entropy',
  binary: 'sigmoid_cross_entropy',
  regression: 'squared_error',
};

interface WithTask {
  readonly task?: Task | undefined;
}

export function taskOf({ task = DEFAULT_TASK }: WithTask): Task {
  return task;
}

export function lossKernelOf(model: WithTask): LossKernel {
  return LOSSES[taskOf(model)];
}
