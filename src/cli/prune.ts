/** `masksearch prune`: searches masks for a model and leaves what was found in a folder. */
import { holdBack } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import { problemOf } from '../engine/network.ts';
import { openEngine } from '../node.ts';
import { resultJson } from '../report/result.ts';
import { AVOIDANCE_HELP, avoidanceOption, parseWithout } from './avoidance-option.ts';
import { checkOnKernels } from './check.ts';
import { EXIT, type Command } from './command.ts';
import { evaluateEach } from './evaluate-masks.ts';
import { onInterrupt } from './interrupt.ts';
import { choice, parseOptions, path, text } from './options.ts';
import { checkOutputFolder, newRunFolder, removeStale, RUN_FILES, writeRun } from './output-folder.ts';
import { judgeFront } from './judge-front.ts';
import { foundFiles, pruneResult, resultFiles } from './prune-result.ts';
import { runSearch } from './run-search.ts';
import { checkMethodOptions, makeSearch, searchOptions, searchSpec } from './search-options.ts';
import { sentence } from './sentence.ts';
import {
  affordableImages,
  commonOptions,
  dataOptions,
  describeDevice,
  describeImages,
  deviceOptions,
  imageOptions,
  imagesOfSplit,
  isHeldOut,
  loadChosenModel,
  loadSplits,
  modelOptions,
  BUNDLED_NAME,
  REFERENCE_IMAGES,
  SPLITS,
} from './shared-options.ts';
import { StatusLine } from './status-line.ts';
import { summarize } from './summary.ts';

const { preset, ...otherSearchOptions } = searchOptions;

const options = {
  method: choice(['sa', 'ga'], 'the search: sa, simulated annealing (default), or ga, genetic algorithm'),
  preset,
  seed: text('SEED', 'any text; the same seed on the same device gives the same result (default 1)'),
  ...otherSearchOptions,
  ...modelOptions,
  ...dataOptions,
  split: choice(SPLITS, 'images to search with (default search); test and all leave none to test on'),
  ...imageOptions,
  ...deviceOptions,
  without: avoidanceOption,
  out: path('DIR', 'where the files go (default: a new folder under runs/)'),
  ...commonOptions,
};

export const prune: Command = {
  summary: 'searches masks that prune a model',
  help:
    'Searches binary masks over the weights of a model, judging each by the loss of the masked network, and leaves\n' +
    'history.csv, result.json, masks.safetensors, pruned.safetensors and report.html in a folder; preset tuned also\n' +
    'front.csv and front.safetensors, of which `masksearch pick` takes another point.\n\n' +
    'Preset tuned optimises on four fifths of the images and chooses by the loss on the rest. --max-loss limits that\n' +
    'loss; --max-accuracy-drop is translated into such a limit, since the accuracy on so few images is too coarse to\n' +
    "choose by: on them it may be up to a point more. The article's searches, --preset paper, use all\n" +
    'images for everything.\n' +
    `The float64 reference searches on ${REFERENCE_IMAGES} images unless told otherwise.\n\n${AVOIDANCE_HELP}`,
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const method = values.method ?? 'sa';
    const preset = checkMethodOptions(method, values);
    const folder = values.out ?? (await newRunFolder(method, new Date()));
    await checkOutputFolder(folder, RUN_FILES, 'prune');
    const model = await loadChosenModel(values);
    const splits = await loadSplits(values);
    const split = values.split ?? 'search';
    const images = imagesOfSplit(splits, split);
    const affordable = (engine?: Engine) => affordableImages(images, values.images, split, engine);
    const searched = affordable();
    if (preset === 'tuned') holdBack(searched);
    // A search checks its parameters: made before a device is opened, so that a wrong one costs no time.
    const spec = searchSpec(method, preset, values, values.seed, parseWithout(values.without).lossLimits);
    makeSearch(problemOf(model.network), spec);

    const engine = await openEngine(values);
    const status = new StatusLine();
    // Held until all is written: an interrupt ends the search, and what was found is still judged and kept.
    const interrupt = onInterrupt(() => status.print('Interrupted: finishing with what was found so far.'));
    try {
      const task = { split, images: affordable(engine), spec, without: values.without };
      status.print(
        `Searching with ${describeImages(task.images, split)} on ${describeDevice(engine, values.device)}.`,
      );
      const modelName = values.model ?? BUNDLED_NAME;
      const found = await runSearch(engine, model, task, {
        modelName,
        status,
        signal: interrupt.signal,
      });
      const { best, baseline, completed } = found.result;
      const files = foundFiles(found, model);
      await writeRun(folder, RUN_FILES, files);
      const heldOut = isHeldOut(split);
      const front = await judgeFront(engine, model, found, heldOut ? splits.test : undefined, status);
      const scores =
        heldOut && (await evaluateEach(engine, model, splits.test, [baseline.masks, best.masks]));
      const test = scores ? { baseline: scores[0]!, pruned: scores[1]! } : undefined;
      const check = await checkOnKernels(engine, model, task.images, best.masks).catch((error: unknown) => {
        status.print(`The masks could not be checked on the WebGPU kernels: ${sentence(error)}`);
        return undefined;
      });
      const judgement = { modelName, test, front, check };
      const result = pruneResult(engine.device, model, found, judgement);
      const { layers } = problemOf(model.network);
      const judged = await resultFiles(result, found, front, layers);
      await writeRun(folder, RUN_FILES, judged);
      await removeStale(folder, RUN_FILES, [files, judged]);
      console.log(values.json ? resultJson(result).trimEnd() : summarize(result, folder));
      return completed ? EXIT.done : EXIT.interrupted;
    } finally {
      interrupt.release();
      await engine.close();
    }
  },
};
