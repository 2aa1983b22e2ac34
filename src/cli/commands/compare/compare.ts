/** `masksearch compare`: searches and baselines on the same models and images. */
import { COMPARE_FILES } from '../../../compare/files.ts';
import { checkTask } from '../../../compare/task.ts';
import { REFERENCE_IMAGES } from '../../../pruning/images.ts';
import { checkCompareOptions, uselessOption } from '../../../pruning/options/effect.ts';
import type { Command } from '../../command.ts';
import { parseOptions } from '../../options/parse.ts';
import { checkOutputFolder, newRunFolder } from '../../output-folder.ts';
import { compareOptions } from './options.ts';
import { runComparison } from './run.ts';
import { loadTask } from './task.ts';

/** Options that have an effect on preset tuned only, beside those of its search. */
const TUNED_ALONE = ['splitSeeds', 'repair', 'calibration', 'baselines', 'randomSearch'] as const;

export const compare: Command = {
  summary: 'runs both searches and the baselines side by side',
  help:
    'Runs simulated annealing and the genetic algorithm with several seeds, and evaluates baselines, which need no search\n' +
    '(random, by magnitude over the network and per layer, Wanda), at the same sparsities and over a range of them.\n' +
    'Leaves compare.json, compare.csv and compare.html in a folder; interrupted, it writes nothing.\n\n' +
    'Preset tuned runs that search alone, on the splits of --split-seeds (default 0) with several seeds each, and\n' +
    'compares it on the test images with baselines that have as many zeros: random, magnitude, Wanda and optimal brain\n' +
    'surgeon masks with frozen weights, repaired once by least squares, and repaired in rounds.\n\n' +
    '--layers limits the searches: the baselines still prune all layers.\n' +
    `The float64 reference searches on ${REFERENCE_IMAGES} images unless told otherwise, and still takes very long: in the end it\n` +
    'evaluates dozens of masks on them and on the test images.',
  options: compareOptions,
  async run(args) {
    const values = parseOptions(compareOptions, args);
    const preset = values.preset ?? 'paper';
    checkCompareOptions(preset, values);
    const useless = TUNED_ALONE.find((name) => preset === 'paper' && values[name] !== undefined);
    if (useless) throw uselessOption(useless, preset);
    const folder = values.out ?? (await newRunFolder('compare', new Date()));
    await checkOutputFolder(folder, COMPARE_FILES, 'compare');
    const taskFor = await loadTask(values);
    // Before a device is opened, so that a mistake is reported at once.
    checkTask(taskFor());
    return runComparison(values, folder, taskFor);
  },
};
