import type { PruneResult } from '../../../../src/report/run/result.ts';

/** A result as version 0.1 wrote it to result.json. */
export function asVersion1({
  unpruned,
  validation,
  test,
  front,
  deadOutputs,
  parameters,
  ...rest
}: PruneResult): object {
  const { disable, ...others } = parameters;
  const before = <T>({ unpruned, ...pruned }: { readonly unpruned: T }) => ({
    baseline: unpruned,
    ...pruned,
  });
  return {
    ...rest,
    parameters: { ...others, ...(disable !== undefined && { without: disable }) },
    baseline: unpruned,
    ...(validation && { selection: before(validation) }),
    ...(test && { test: before(test) }),
    ...(front && {
      front: front.map(({ tuning, validation, ...point }) => ({
        ...point,
        search: tuning,
        selection: validation,
      })),
    }),
    ...(deadOutputs && { deadUnits: deadOutputs }),
    version: '0.1.0',
  };
}
