import { MasksearchError } from '../../core/error.ts';
import type { PruneResult } from '../../report/run/result.ts';

const FIX = 'name the folder of a run of prune';

/** The result in the bytes of a result.json of this version or of 0.1. Throws 'bad-input' if they are not a JSON object. */
export function readResult(bytes: Uint8Array): PruneResult {
  const result = parse(bytes);
  if (!isObject(result)) throw new MasksearchError('bad-input', 'it is no JSON object', FIX);
  return (isOfVersion1(result) ? upgraded(result) : result) as PruneResult;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new MasksearchError('bad-input', 'it is no JSON', FIX, { cause });
  }
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Version 0.1 called the scores of the unpruned network `baseline`, and every result has them. */
function isOfVersion1(result: Json): boolean {
  return 'baseline' in result;
}

/** The fields of version 0.1 that have other names now, wherever they are. */
const NEW_NAMES: ReadonlyMap<string, string> = new Map([
  ['baseline', 'unpruned'],
  ['search', 'tuning'],
  ['selection', 'validation'],
  ['deadUnits', 'deadOutputs'],
  ['without', 'disable'],
]);

/** A value of version 0.1 with the names of today. */
function upgraded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(upgraded);
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(
    ([name, member]) => [NEW_NAMES.get(name) ?? name, upgraded(member)] as const,
  );
  return Object.fromEntries(members);
}
