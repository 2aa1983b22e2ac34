/** `masksearch prune`: searches masks for a model and writes the files of the run to a folder. */
import type { RepairRecord } from '../../formats/safetensors/repair-record.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { taskOf } from '../../network/task.ts';
import { openEngine, openKernels } from '../../node.ts';
import { BUNDLED_NAME } from '../../pruning/files/prune-result.ts';
import { checkPrunable } from '../../pruning/files/pruned-files.ts';
import { RUN_FILES, withWeightFiles } from '../../pruning/files/run-files.ts';
import { REFERENCE_IMAGES } from '../../pruning/images.ts';
import { DEFAULTS } from '../../pruning/options/defaults.ts';
import { checkMethodOptions, checkTaskOptions } from '../../pruning/options/effect.ts';
import { imagesOption, splitOption } from '../../pruning/options/groups/images.ts';
import { runRepairOptions } from '../../pruning/options/groups/repair.ts';
import { targetsOption } from '../../pruning/options/groups/targets.ts';
import { checkOption } from '../../pruning/options/groups/kernel-check.ts';
import { path } from '../../pruning/options/kinds.ts';
import { affordableTask } from '../../pruning/budget.ts';
import { optimizationOptions, OPTIMIZATIONS_HELP } from '../../pruning/options/groups/optimizations.ts';
import { searchOptions } from '../../pruning/options/run.ts';
import { withOwnLabels } from '../../pruning/own-labels.ts';
import { pruneModel } from '../../pruning/prune-model.ts';
import { searchTask, unseenImages } from '../../pruning/task.ts';
import { resultJson } from '../../report/run/result.ts';
import { EXIT, type Command } from '../command.ts';
import { commonOptions } from '../options/common.ts';
import { dataOptions, describeImages, loadSplits } from '../options/data.ts';
import { exportOption } from '../options/export.ts';
import { describeDevice, deviceOptions } from '../options/device.ts';
import { fromOption, loadStart } from '../options/from.ts';
import { expectOption, modelOptions } from '../options/model.ts';
import { parseOptions } from '../options/parse.ts';
import { checkOutputFolder, newRunFolder, removeStale, writeRun } from '../output-folder.ts';
import { budgetText, repeatingCommand } from '../terminal/budget.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { sentence, warningText } from '../terminal/sentence.ts';
import { progressLine } from '../terminal/progress-line.ts';
import { StatusLine } from '../terminal/status-line.ts';
import { summarize } from '../terminal/summary.ts';

const options = {
  ...searchOptions,
  ...modelOptions,
  ...fromOption,
  ...expectOption,
  ...dataOptions,
  ...splitOption,
  ...imagesOption,
  ...targetsOption,
  ...runRepairOptions,
  ...deviceOptions,
  ...optimizationOptions,
  ...checkOption,
  ...exportOption('pruned.onnx', '; a model is written as the file that it came as anyway'),
  out: path('DIR', 'folder for the files (default: a new folder under runs/)'),
  ...commonOptions,
};

export const prune: Command = {
  summary: 'searches masks that prune a model',
  help: `Searches binary masks over the weights of a model, evaluating each by the loss of the masked network, and writes
history.csv, result.json, masks.safetensors, pruned.safetensors and report.html to a folder. A model in another
format is written in that instead, as pruned.onnx, .h5, .pt …: the same file with zeros in it. Preset tuned also writes front.csv and
front.safetensors: other states of the search, from which \`masksearch pick\` takes one.

Preset tuned tunes the masks on four fifths of the images and chooses among them by the loss on the other fifth, the
validation images. --max-loss limits that loss, --max-loss-rise its rise in percent. --max-accuracy-drop is translated
into such a limit, since the accuracy on so few images is too coarse to choose by: on them the drop may be up to a
point larger. The article's searches, --preset paper, use all images for everything.

With --targets teacher, losses on tuning and validation images compare with the probabilities of the unpruned network
in place of the labels; accuracies, and all test figures, stay by labels. Even the unpruned network then has a loss: the
entropy of its probabilities. --max-loss must be above it, and --max-loss-rise is in percent of it. Images for a network
for classes may then come without labels: the answers of the unpruned network take their place.

With --from MASKS, what a file of masks prunes is pruned from the start, and stays so: nothing is regrown, as nothing is
that is 0 in the model. Where weights are repaired, those that the masks leave are first fitted to the outputs of --model.
With --from RUN, the folder of a run of prune, pick or repair, the search goes on from its pruned model, with the weights
as they are in it. The folder of a run of prune records how the model was read, such as --mean and --architecture; for one
of pick or repair, pass these options again. With --model too, as after training elsewhere, the search starts from that
model under the masks of the run. Goals count from the network that the search starts with, which is the one called unpruned.

The final masks are evaluated once more on the WebGPU kernels, if there is a hardware GPU or with --check.
A network for which the default number of evaluations on all images would take much longer than a minute gets fewer of
both, unless one of them or --seconds is given: a candidate is timed, and what was chosen is printed and recorded.
The float64 reference searches on ${REFERENCE_IMAGES} images unless told otherwise.

${OPTIMIZATIONS_HELP}`,
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const { method = DEFAULTS.method, check = false } = values;
    checkMethodOptions(method, values);
    const folder = values.out ?? (await newRunFolder(method, new Date()));
    const { model, modelPath, reading, masks, masksPath, missingRepair } = await loadStart(values);
    checkPrunable(model);
    const names = withWeightFiles(RUN_FILES, model);
    await checkOutputFolder(folder, names, 'prune', [modelPath, masksPath]);
    checkTaskOptions(taskOf(model), values);
    // A teacher needs none; without one, a file of labels that was not found is an error.
    const mayLackLabels = values.targets === 'teacher';
    const { notes, ...given } = await loadSplits(values, model, { mayLackLabels });
    searchTask(values, given, model, undefined, masks);

    const engine = await openEngine(values);
    const status = new StatusLine();
    // Until all is written: an interrupt ends the search, and what was found is still evaluated and kept.
    const interrupt = onInterrupt((again) =>
      status.print(`Interrupted: finishing with what was found so far. ${again}`),
    );
    try {
      const splits = mayLackLabels ? await withOwnLabels(engine, model, given) : given;
      const asked = searchTask(values, splits, model, engine, masks);
      const { task, budget: chosen } = await affordableTask(engine, model, asked, values);
      const budget = chosen && { ...chosen, command: repeatingCommand('prune', args, chosen) };
      if (budget) status.print(budgetText(budget));
      if (missingRepair && !task.repair)
        status.print(`Warning: ${warningText(withoutRepair(missingRepair))}`);
      const images = describeImages(task.images, task.split);
      status.print(`Searching with ${images} on ${describeDevice(engine.device, values.device)}.`);
      const { result, files, kernelCheck } = await pruneModel(engine, model, task, {
        modelName: modelPath ?? BUNDLED_NAME,
        reading,
        from: values.from,
        budget,
        dataNotes: notes,
        test: unseenImages(task, splits),
        expectAccuracy: values.expectAccuracy,
        onSuspicion: (warning) => status.print(`Warning: ${warningText(warning)}`),
        signal: interrupt.signal,
        onProgress: progressLine({ network: model.network, spec: task.spec, status }),
        openKernels,
        check,
        exportFormat: values.export,
        async onFound(found) {
          status.clear();
          await writeRun(folder, names, found);
        },
        onEvaluating: (points) => status.update(() => `evaluating the ${points} points of the front`),
        onCheckFailed: (error) =>
          status.print(`The masks could not be checked on the WebGPU kernels: ${sentence(error)}`),
      });
      status.clear();
      await writeRun(folder, names, files);
      await removeStale(folder, names, [files]);
      const shown = { folder, kernelCheck, checkAsked: check };
      console.log(values.json ? resultJson(result).trimEnd() : summarize(result, shown));
      return result.completed ? EXIT.done : EXIT.interrupted;
    } finally {
      status.clear();
      interrupt.release();
      await engine.close();
    }
  },
};

const withoutRepair = ({ repair }: RepairRecord) =>
  phrase`the masks of ${optionName('from')} were written with weights that were repaired (${repair}), which the model does not have: without ${optionName('repair')} none, the search fits them first`;
