import { DEFAULT_TASK, type Task } from '../../network/task.ts';
import { DEFAULTS } from '../options/defaults.ts';
import { goalOptions } from '../options/groups/goal.ts';
import type { SearchSpec } from '../search/spec.ts';

/** The parameters of a search as results report them: numbers, flags that are on, and the importance; `layers` as the names of all searched ones. */
export function reportedParameters(
  { parameters, preset }: SearchSpec,
  layers: readonly { readonly name: string }[],
  task: Task = DEFAULT_TASK,
  isRepaired = false,
): Readonly<Record<string, number | string | boolean>> {
  const reported = Object.entries(parameters).filter(
    ([name, value]) =>
      (typeof value === 'number' && Number.isFinite(value)) ||
      (name === 'importance' && !isRepaired) ||
      value === true,
  );
  const limits = (['maxSparsity', 'minKept'] as const).flatMap((name) => {
    const limit = name in parameters ? parameters[name as keyof typeof parameters] : undefined;
    return typeof limit === 'object' ? [[name, perLayerText(limit)] as const] : [];
  });
  const searched = layers.map(({ name }) => name).filter((name) => parameters.layers?.includes(name) ?? true);
  const hasGoal = reported.some(([name]) => Object.hasOwn(goalOptions, name));
  return {
    ...(preset === 'tuned' && !hasGoal && defaultGoal(task)),
    ...(Object.fromEntries(reported) as Record<string, number | string | boolean>),
    ...Object.fromEntries(limits),
    layers: searched.join(','),
  };
}

/** As it is typed. */
const perLayerText = (limit: object) =>
  Object.entries(limit)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

const defaultGoal = (task: Task) =>
  task === 'regression'
    ? { maxLossRise: DEFAULTS.maxLossRise }
    : { maxAccuracyDrop: DEFAULTS.maxAccuracyDrop };
