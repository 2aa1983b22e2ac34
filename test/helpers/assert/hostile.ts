/** What a reader must do with any bytes: read them, or refuse them in one sentence, soon. */
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../src/core/error.ts';

/** Of the processor: other processes must not count, though each thread of a busy core is slower. */
export const MAX_MS = 5000;
/** Of the whole process, at any time. */
export const MAX_BYTES = 1e9;

/** What took longest so far. */
export let slowest = { ms: 0, what: '' };

/** The error's sentence; undefined if `read` succeeds. Fails for any other error, and if it takes long. */
export function refusal(read: () => void, what: string): string | undefined {
  const start = process.cpuUsage();
  try {
    read();
    return undefined;
  } catch (error) {
    return sentenceOf(error, what);
  } finally {
    checkTime(start, what);
  }
}

/** The same of what takes its time. */
export async function refusalOf(read: () => unknown, what: string): Promise<string | undefined> {
  const start = process.cpuUsage();
  try {
    await read();
    return undefined;
  } catch (error) {
    return sentenceOf(error, what);
  } finally {
    checkTime(start, what);
  }
}

/** Fails if this process has ever had more than 1 GB. */
export function assertSmall(what: string): void {
  const bytes = 1024 * process.resourceUsage().maxRSS;
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes of memory after ${what}`);
}

function sentenceOf(error: unknown, what: string): string {
  if (!(error instanceof MasksearchError)) throw new Error(`${what}: ${String(error)}`, { cause: error });
  assert.is(error.code, 'bad-input', what);
  for (const clause of [error.message, error.fix]) {
    const isClause = clause.length > 0 && clause.length < 1000;
    // eslint-disable-next-line no-control-regex -- control characters are what must not come through
    if (!isClause || /[\x00-\x1f]|\.$|undefined|\[object/.test(clause))
      assert.unreachable(`${what}: ${JSON.stringify(clause)}`);
  }
  return error.message;
}

function checkTime(start: NodeJS.CpuUsage, what: string): void {
  const { user, system } = process.cpuUsage(start);
  const ms = (user + system) / 1000;
  if (ms > slowest.ms) slowest = { ms, what };
  assert.ok(ms < MAX_MS, `${what} took ${ms} ms`);
}
