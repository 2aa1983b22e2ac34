/** `masksearch compare`: both searches and the baselines on the same model and images. */
import { BUNDLED_NAME } from '../../pruning/files/prune-result.ts';
import { affordableImages, imagesOfSplit, isHeldOut, REFERENCE_IMAGES } from '../../pruning/images.ts';
import { problemOf } from '../../network/problem.ts';
import type { Method } from '../../report/run/result.ts';
import type { Command } from '../command.ts';
import { compareAll, masksToEvaluate, type CompareTask } from '../../compare/article.ts';
import { compareOptions, seedsOf } from './compare-options.ts';
import { runTunedComparison } from './compare-tuned.ts';
import { table } from '../terminal/format.ts';
import { parseOptions } from '../options/parse.ts';
import { checkOutputFolder, COMPARE_FILES, newRunFolder } from '../output-folder.ts';
import { runComparison } from './run-comparison.ts';
import { checkCompareOptions, uselessOption } from '../../pruning/options/effect.ts';
import { checkSpec } from '../../pruning/search/make-search.ts';
import { paperSpec } from '../../pruning/search/spec.ts';
import { describeImages, loadSplits } from '../options/data.ts';
import { describeDevice } from '../options/device.ts';
import { loadChosenModel } from '../options/model.ts';

const METHODS: readonly Method[] = ['sa', 'ga'];

export const compare: Command = {
  summary: 'runs both searches and the baselines side by side',
  help:
    'Runs simulated annealing and the genetic algorithm with several seeds, and evaluates masks that need no search\n' +
    '(random, by magnitude over the network and per layer, Wanda) at the same sparsities and over a range of them.\n' +
    'Leaves compare.json, compare.csv and compare.html in a folder; interrupted, it writes nothing.\n\n' +
    'Preset tuned runs that search alone, on the splits of --split-seeds (default 0) with several seeds each, and\n' +
    'compares it on the test images with masks that need no search and have as many zeros.\n\n' +
    '--layers limits the searches: the baselines still prune all layers.\n' +
    `The float64 reference searches on ${REFERENCE_IMAGES} images unless told otherwise, and takes very long all the same: in the\n` +
    'end it evaluates dozens of masks on them and on the test images.',
  options: compareOptions,
  async run(args) {
    const values = parseOptions(compareOptions, args);
    const preset = values.preset ?? 'paper';
    checkCompareOptions(preset, values);
    if (preset === 'tuned') return runTunedComparison(values);
    if (values.splitSeeds !== undefined) throw uselessOption('splitSeeds', preset);
    const folder = values.out ?? (await newRunFolder('compare', new Date()));
    await checkOutputFolder(folder, COMPARE_FILES, 'compare');
    const model = await loadChosenModel(values);
    const splits = await loadSplits(values);
    const split = values.split ?? 'search';
    const images = imagesOfSplit(splits, split);
    affordableImages(images, values.images, split, undefined);
    const seeds = seedsOf(values);
    const specsOf = (method: Method) => seeds.map((seed) => paperSpec(method, { ...values, seed }));
    const specs = METHODS.flatMap(specsOf);
    // A search checks its parameters: made before a device is opened, so that a wrong one costs no time.
    for (const method of METHODS) checkSpec(problemOf(model.network), specsOf(method)[0]!);

    return runComparison(values, folder, async ({ engine, status, signal }) => {
      const searched = affordableImages(images, values.images, split, engine);
      const task = { engine, model, split, images: searched, test: splits.test, specs, seeds };
      status.print(
        `Comparing on ${describeImages(searched, split)} on ${describeDevice(engine.device, values.device)}.`,
      );
      if (engine.device.kind === 'reference') status.print(referenceWarning(task));
      const modelName = values.model ?? BUNDLED_NAME;
      const comparison = await compareAll(task, { modelName, status, signal });
      const { compareCsv } = await import('../../report/comparison/article-csv.ts');
      const { compareHtml } = await import('../../report/comparison/article-html.ts');
      const { compareJson } = await import('../../report/comparison/comparison-json.ts');
      const { compareNotes, compareRows } = await import('../../report/comparison/article-text.ts');
      return {
        files: {
          'compare.json': compareJson(comparison),
          'compare.csv': compareCsv(comparison),
          'compare.html': compareHtml(comparison),
        },
        summary: [table(compareRows(comparison)), compareNotes(comparison)],
      };
    });
  },
};

function referenceWarning(task: CompareTask): string {
  const test = isHeldOut(task.split) ? ` and ${describeImages(task.test, 'test')}` : '';
  return (
    `The reference is slow: when the searches have ended, it evaluates ${masksToEvaluate(task)} masks on ` +
    `${describeImages(task.images, task.split)}${test}. --device wasm is much faster.`
  );
}
