/** What both presets of `compare` do around their searches: a device, an interrupt that leaves nothing behind, files, and a table. */
import type { Files } from '../../pruning/files/run-files.ts';
import type { Engine } from '../../engine/backend.ts';
import { openEngine } from '../../node.ts';
import { EXIT } from '../command.ts';
import type { CompareValues } from './compare-options.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { COMPARE_FILES, writeRun } from '../output-folder.ts';
import { StatusLine } from '../terminal/status-line.ts';

export interface ComparisonTools {
  readonly engine: Engine;
  readonly status: StatusLine;
  readonly signal: AbortSignal;
}

/** What came out: all files, and what a terminal is told. */
export interface ComparisonOutput {
  readonly files: Required<Files<(typeof COMPARE_FILES)[number]>> & { readonly 'compare.json': string };
  /** Paragraphs. */
  readonly summary: readonly string[];
}

/** Runs a comparison and writes what it found to `folder`. Resolves to the exit code; interrupted, it writes nothing. */
export async function runComparison(
  values: CompareValues,
  folder: string,
  compare: (tools: ComparisonTools) => Promise<ComparisonOutput>,
): Promise<number> {
  const engine = await openEngine(values);
  const status = new StatusLine();
  const interrupt = onInterrupt(() => status.print('Interrupted: nothing is written.'));
  const { signal } = interrupt;
  try {
    const { files, summary } = await compare({ engine, status, signal });
    signal.throwIfAborted();
    // From here on something is written: an interrupt may not say the opposite.
    interrupt.release();
    await writeRun(folder, COMPARE_FILES, files);
    const report = `Report  ${folder}/compare.html`;
    console.log(values.json ? files['compare.json'].trimEnd() : [...summary, report].join('\n\n'));
    return EXIT.done;
  } catch (error) {
    // Whatever the interrupt ended: what was said then is all there is to say.
    if (!signal.aborted) throw error;
    return EXIT.interrupted;
  } finally {
    status.clear();
    interrupt.release();
    await engine.close();
  }
}
