/** `masksearch compare`: both searches and the baselines on the same model and images. */
import { problemOf } from '../engine/network.ts';
import { openEngine } from '../node.ts';
import type { Method } from '../report/result.ts';
import { MasksearchError } from '../search/error.ts';
import { EXIT, type Command } from './command.ts';
import { compareAll } from './compare-all.ts';
import { onInterrupt } from './interrupt.ts';
import { table } from './format.ts';
import { choice, count, parseOptions, path } from './options.ts';
import { checkOutputFolder, COMPARE_FILES, newRunFolder, writeRun } from './output-folder.ts';
import { makeSearch, searchOptions, searchSpec } from './search-options.ts';
import {
  affordableImages,
  commonOptions,
  dataOptions,
  describeDevice,
  deviceOptions,
  imageOptions,
  imagesOfSplit,
  loadChosenModel,
  loadSplits,
  modelOptions,
  SPLITS,
} from './shared-options.ts';
import { StatusLine } from './status-line.ts';

const DEFAULT_SEEDS = 3;

const options = {
  seeds: count('N', `runs of each search, with the seeds 1 to N (default ${DEFAULT_SEEDS})`),
  ...searchOptions,
  ...modelOptions,
  ...dataOptions,
  split: choice(SPLITS, 'images to search with (default search); test and all leave none to test on'),
  ...imageOptions,
  ...deviceOptions,
  out: path('DIR', 'where the files go (default: a new folder under runs/)'),
  ...commonOptions,
};

const METHODS: readonly Method[] = ['sa', 'ga'];

export const compare: Command = {
  summary: 'runs both searches and the baselines side by side',
  help:
    'Runs simulated annealing and the genetic algorithm with several seeds, and evaluates masks that need no search\n' +
    '(random, by magnitude over the network and per layer, Wanda) at the same sparsities and over a range of them.\n' +
    'Leaves compare.json, compare.csv and compare.html in a folder.',
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const folder = values.out ?? (await newRunFolder('compare', new Date()));
    await checkOutputFolder(folder, COMPARE_FILES);
    const model = await loadChosenModel(values);
    const splits = await loadSplits(values);
    const split = values.split ?? 'search';
    const images = imagesOfSplit(splits, split);
    affordableImages(images, values.images, split, undefined);
    const seeds = Array.from({ length: values.seeds ?? DEFAULT_SEEDS }, (_, i) => `${i + 1}`);
    const specs = METHODS.flatMap((method) => seeds.map((seed) => searchSpec(method, values, seed, true)));
    // A search checks its parameters: made before a device is opened, so that a wrong one costs no time.
    for (const spec of specs) makeSearch(problemOf(model.network), spec);

    const engine = await openEngine(values);
    const status = new StatusLine();
    const interrupt = onInterrupt(() => status.print('Interrupted: a part of a comparison is none.'));
    try {
      const searched = affordableImages(images, values.images, split, engine);
      status.print(
        `Comparing on ${searched.count} images of the ${split} split on ${describeDevice(engine, values.device)}.`,
      );
      const comparison = await compareAll(
        { engine, model, split, images: searched, test: splits.test, specs, seeds },
        { modelName: values.model ?? 'the bundled model', status, signal: interrupt.signal },
      );
      const { compareCsv } = await import('../report/compare-csv.ts');
      const { compareHtml } = await import('../report/compare-html.ts');
      const { compareJson } = await import('../report/compare-json.ts');
      const { compareRows } = await import('../report/compare-table.ts');
      await writeRun(folder, COMPARE_FILES, {
        'compare.json': compareJson(comparison),
        'compare.csv': compareCsv(comparison),
        'compare.html': compareHtml(comparison),
      });
      if (values.json) console.log(compareJson(comparison).trimEnd());
      else console.log(`${table(compareRows(comparison))}\n\nReport  ${folder}/compare.html`);
      return EXIT.done;
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      throw new MasksearchError('aborted', 'the comparison was interrupted', 'run it again', {
        cause: error,
      });
    } finally {
      status.clear();
      interrupt.release();
      await engine.close();
    }
  },
};
