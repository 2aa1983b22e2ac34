import type { Network } from '../../network/network.ts';
import type { RunSearchOptions } from '../../pruning/search/contract.ts';
import type { SearchSpec } from '../../pruning/search/spec.ts';
import { progressDescriber } from './progress.ts';
import type { StatusLine } from './status-line.ts';

interface ProgressLineOptions {
  readonly network: Network;
  readonly spec: SearchSpec;
  readonly status: StatusLine;
  /** Beginning of the line, to tell several searches apart. */
  readonly label?: string;
}

/** Makes the function that shows the progress of a search in `status`. */
export function progressLine({
  network,
  spec,
  status,
  label,
}: ProgressLineOptions): NonNullable<RunSearchOptions['onProgress']> {
  const describe = progressDescriber(network, spec);
  const prefix = label === undefined ? '' : `${label}  `;
  return (progress, work, seconds) => status.update(() => prefix + describe(progress, work, seconds));
}
