/** Runs a search with a progress line. */
import type { Engine } from '../../engine/backend.ts';
import type { Model } from '../../network/model.ts';
import {
  runSearch,
  type RunSearchOptions,
  type SearchRun,
  type SearchTask,
} from '../../pruning/search/run-search.ts';
import { progressDescriber } from './progress.ts';
import type { StatusLine } from './status-line.ts';

export interface ShownSearchOptions extends Pick<RunSearchOptions, 'modelName' | 'signal'> {
  readonly status: StatusLine;
  /** Beginning of the progress line, to tell several searches apart. */
  readonly label?: string;
}

export async function runShownSearch(
  engine: Engine,
  model: Model,
  task: SearchTask,
  { status, label, ...options }: ShownSearchOptions,
): Promise<SearchRun> {
  try {
    return await runSearch(engine, model, task, {
      ...options,
      onProgress: progressLine(model, task, status, label),
    });
  } finally {
    status.clear();
  }
}

/** Shows the progress of the search in `status`. */
export function progressLine(
  model: Model,
  { spec }: SearchTask,
  status: StatusLine,
  label?: string,
): NonNullable<RunSearchOptions['onProgress']> {
  const describe = progressDescriber(model.network, spec);
  const prefix = label === undefined ? '' : `${label}  `;
  return (progress, work, seconds) => status.update(() => prefix + describe(progress, work, seconds));
}
