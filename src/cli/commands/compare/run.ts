/** Runs a comparison on a device: shows its progress, writes its files, prints its summary. */
import { compareSearches } from '../../../compare/compare-searches.ts';
import { COMPARE_FILES, compareFiles } from '../../../compare/files.ts';
import { masksToEvaluate, type ComparisonTask } from '../../../compare/task.ts';
import { openEngine } from '../../../node.ts';
import { compareText } from '../../../report/comparison/text.ts';
import { EXIT } from '../../command.ts';
import { writeRun } from '../../output-folder.ts';
import { describeImages } from '../../options/data.ts';
import { describeDevice } from '../../options/device.ts';
import { onInterrupt } from '../../terminal/interrupt.ts';
import { StatusLine } from '../../terminal/status-line.ts';
import type { CompareValues } from './options.ts';
import { comparisonProgress } from './progress.ts';
import type { TaskFor } from './task.ts';

/** Resolves to the exit code. An interrupted comparison writes nothing. */
export async function runComparison(
  values: CompareValues,
  folder: string,
  taskFor: TaskFor,
): Promise<number> {
  const engine = await openEngine(values);
  const status = new StatusLine();
  const interrupt = onInterrupt((again) => status.print(`Interrupted: nothing is written. ${again}`));
  const { signal } = interrupt;
  try {
    const task = taskFor(engine);
    const images = describeImages(task.splits[0].images, task.split);
    status.print(`Comparing on ${images} on ${describeDevice(engine.device, values.device)}.`);
    if (engine.device.kind === 'reference') status.print(referenceWarning(task));
    const comparison = await compareSearches(engine, task, {
      signal,
      onProgress: comparisonProgress(status),
    });
    const files = await compareFiles(comparison);
    signal.throwIfAborted();
    // From here on files are written, so an interrupt must not say that nothing is.
    interrupt.release();
    await writeRun(folder, COMPARE_FILES, files);
    const report = `Report  ${folder}/compare.html`;
    console.log(
      values.json ? files['compare.json'].trimEnd() : [...compareText(comparison), report].join('\n\n'),
    );
    return EXIT.done;
  } catch (error) {
    // After an interrupt, errors are its consequences.
    if (!signal.aborted) throw error;
    return EXIT.interrupted;
  } finally {
    status.clear();
    interrupt.release();
    await engine.close();
  }
}

function referenceWarning(task: ComparisonTask): string {
  const { images, test } = task.splits[0];
  const where = [
    ...(task.preset === 'paper' ? [describeImages(images, task.split)] : []),
    ...(test ? [describeImages(test, 'test')] : []),
  ];
  return (
    'The reference is slow: when the searches have ended, it evaluates ' +
    `${task.preset === 'tuned' ? 'up to ' : ''}${masksToEvaluate(task)} masks on ${where.join(' and ')}. ` +
    '--device wasm is much faster.'
  );
}
