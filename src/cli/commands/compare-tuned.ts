/** `masksearch compare --preset tuned`: the tuned search over splits and seeds, and what needs no search. */
import { affordableImages } from '../../pruning/images.ts';
import { holdBack } from '../../data/dataset.ts';
import { problemOf } from '../../network/problem.ts';
import type { Engine } from '../../engine/backend.ts';
import { seedsOf, type CompareValues } from './compare-options.ts';
import { compareTuned, masksToTest } from '../../compare/tuned.ts';
import { table } from '../terminal/format.ts';
import { checkOutputFolder, COMPARE_FILES, newRunFolder } from '../output-folder.ts';
import { chosenSplits } from './compare-splits.ts';
import { runComparison } from './run-comparison.ts';
import { checkSpec } from '../../pruning/search/make-search.ts';
import { searchSpec } from '../../pruning/search/spec.ts';
import { describeImages } from '../options/data.ts';
import { describeDevice } from '../options/device.ts';

/** Resolves to the exit code. */
export async function runTunedComparison(values: CompareValues): Promise<number> {
  const folder = values.out ?? (await newRunFolder('compare', new Date()));
  await checkOutputFolder(folder, COMPARE_FILES, 'compare');
  const split = values.split ?? 'search';
  const chosen = await chosenSplits(values);
  const affordable = (engine?: Engine) =>
    chosen.map((one) => ({ ...one, images: affordableImages(one.images, values.images, split, engine) }));
  // A search holds some of its images back, and needs enough for that.
  for (const { images } of affordable()) holdBack(images);
  const specs = seedsOf(values).map((seed) => searchSpec('sa', 'tuned', { ...values, seed }));
  // A search checks its parameters: made before a device is opened, so that a wrong one costs no time.
  for (const { model } of chosen) checkSpec(problemOf(model.network), specs[0]!);

  return runComparison(values, folder, async ({ engine, status, signal }) => {
    const splits = affordable(engine);
    const task = { engine, split, splits, specs };
    status.print(
      `Comparing on ${describeImages(splits[0]!.images, split)} on ${describeDevice(engine.device, values.device)}.`,
    );
    if (engine.device.kind === 'reference') {
      status.print(
        `The reference is slow: after the searches it evaluates up to ${masksToTest(task)} masks on ` +
          `${describeImages(splits[0]!.test, 'test')}. --device wasm is much faster.`,
      );
    }
    const comparison = await compareTuned(task, { status, signal });
    const { jsonText } = await import('../../report/text/json.ts');
    const { tunedCsv } = await import('../../report/comparison/tuned-csv.ts');
    const { tunedHtml } = await import('../../report/comparison/tuned-html.ts');
    const report = await import('../../report/comparison/tuned-text.ts');
    return {
      files: {
        'compare.json': jsonText(comparison),
        'compare.csv': tunedCsv(comparison),
        'compare.html': tunedHtml(comparison),
      },
      summary: [
        table(report.tunedRunRows(comparison)),
        report.tunedMeans(comparison),
        report.tunedDifferenceNote(comparison),
        table(report.tunedDifferenceRows(comparison)),
        report.tunedReachNote,
        table(report.tunedReachRows(comparison)),
      ],
    };
  });
}
