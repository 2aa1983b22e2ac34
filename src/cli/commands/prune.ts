/** `masksearch prune`: searches masks for a model and leaves what was found in a folder. */
import { openEngine } from '../../node.ts';
import { resultJson } from '../../report/run/result.ts';
import { OPTIMIZATIONS_HELP, disableOption } from '../../pruning/options/optimizations.ts';
import { REFERENCE_IMAGES } from '../../pruning/images.ts';
import { BUNDLED_NAME } from '../../pruning/prune-result.ts';
import { pruneModel } from '../../pruning/prune-model.ts';
import { RUN_FILES } from '../../pruning/run-files.ts';
import { imagesOption, runOptions, splitOption } from '../../pruning/options/run.ts';
import { EXIT, type Command } from '../command.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { parseOptions, path } from '../options.ts';
import { checkOutputFolder, newRunFolder, removeStale, writeRun } from '../output-folder.ts';
import { checkMethodOptions } from '../../pruning/options/search.ts';
import { searchTask, unseenImages } from '../../pruning/search-task.ts';
import { sentence } from '../terminal/sentence.ts';
import { progressLine } from '../terminal/shown-search.ts';
import {
  commonOptions,
  dataOptions,
  describeDevice,
  describeImages,
  deviceOptions,
  loadChosenModel,
  loadSplits,
  modelOptions,
} from '../shared-options.ts';
import { StatusLine } from '../terminal/status-line.ts';
import { summarize } from '../terminal/summary.ts';

const options = {
  ...runOptions,
  ...modelOptions,
  ...dataOptions,
  ...splitOption,
  ...imagesOption,
  ...deviceOptions,
  without: disableOption,
  out: path('DIR', 'where the files go (default: a new folder under runs/)'),
  ...commonOptions,
};

export const prune: Command = {
  summary: 'searches masks that prune a model',
  help:
    'Searches binary masks over the weights of a model, evaluating each by the loss of the masked network, and leaves\n' +
    'history.csv, result.json, masks.safetensors, pruned.safetensors and report.html in a folder; preset tuned also\n' +
    'front.csv and front.safetensors, of which `masksearch pick` takes another point.\n\n' +
    'Preset tuned optimises on four fifths of the images and chooses by the loss on the rest. --max-loss limits that\n' +
    'loss; --max-accuracy-drop is translated into such a limit, since the accuracy on so few images is too coarse to\n' +
    "choose by: on them it may be up to a point more. The article's searches, --preset paper, use all\n" +
    'images for everything.\n' +
    `The float64 reference searches on ${REFERENCE_IMAGES} images unless told otherwise.\n\n${OPTIMIZATIONS_HELP}`,
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const { method = 'sa' } = values;
    checkMethodOptions(method, values);
    const folder = values.out ?? (await newRunFolder(method, new Date()));
    await checkOutputFolder(folder, RUN_FILES, 'prune');
    const model = await loadChosenModel(values);
    const splits = await loadSplits(values);
    searchTask(values, splits, model.network);

    const engine = await openEngine(values);
    const status = new StatusLine();
    // Held until all is written: an interrupt ends the search, and what was found is still evaluated and kept.
    const interrupt = onInterrupt(() => status.print('Interrupted: finishing with what was found so far.'));
    try {
      const task = searchTask(values, splits, model.network, engine);
      status.print(
        `Searching with ${describeImages(task.images, task.split)} on ${describeDevice(engine, values.device)}.`,
      );
      const { result, files } = await pruneModel(engine, model, task, {
        modelName: values.model ?? BUNDLED_NAME,
        test: unseenImages(task, splits),
        signal: interrupt.signal,
        onProgress: progressLine(model, task, status),
        // A hardware adapter, else a software adapter, if there is one.
        openKernels: () => openEngine({ device: 'webgpu' }),
        async onFound(found) {
          status.clear();
          await writeRun(folder, RUN_FILES, found);
        },
        onEvaluating: (states) =>
          status.update(() => `evaluating ${states} states between which one may choose`),
        onCheckFailed: (error) =>
          status.print(`The masks could not be checked on the WebGPU kernels: ${sentence(error)}`),
      });
      status.clear();
      await writeRun(folder, RUN_FILES, files);
      await removeStale(folder, RUN_FILES, [files]);
      console.log(values.json ? resultJson(result).trimEnd() : summarize(result, folder));
      return result.completed ? EXIT.done : EXIT.interrupted;
    } finally {
      status.clear();
      interrupt.release();
      await engine.close();
    }
  },
};
