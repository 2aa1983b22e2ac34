/** `masksearch pick`: another point of a tuned run's front, without searching again. */
import { join } from 'node:path';
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { ReadingRecord } from '../../formats/model-options.ts';
import { decodeFile } from '../../formats/node/files.ts';
import { frontWeightsFromSafetensors } from '../../formats/safetensors/front-weights.ts';
import { frontFromSafetensors } from '../../formats/safetensors/masks.ts';
import { layersInFile } from '../../network/problem.ts';
import { isDigestOf } from '../../pruning/files/model-digest.ts';
import { BUNDLED_NAME } from '../../pruning/files/prune-result.ts';
import { prunedFiles } from '../../pruning/files/pruned-files.ts';
import { withWeightFiles } from '../../pruning/files/run-files.ts';
import { readResult } from '../../pruning/files/read-result.ts';
import { path } from '../../pruning/options/kinds.ts';
import type { FrontPoint, PruneResult } from '../../report/run/result.ts';
import { EXIT, type Command } from '../command.ts';
import { commonOptions } from '../options/common.ts';
import { exportOption } from '../options/export.ts';
import { loadChosenModel, modelOptions } from '../options/model.ts';
import { parseOptions } from '../options/parse.ts';
import { checkOutputFolder, newRunFolder, PICK_FILES, removeStale, writeRun } from '../output-folder.ts';
import { measuresOf } from '../../report/text/measures.ts';
import { nats, percent, table } from '../terminal/format.ts';
import { badPoint, choosePoint, pointOption } from './pick-point.ts';

const options = {
  at: pointOption,
  ...modelOptions,
  ...exportOption('pruned.onnx', '; a model is written as the file that it came as anyway'),
  out: path('DIR', 'folder for the files (default: a new folder under runs/)'),
  ...commonOptions,
};

export const pick: Command = {
  summary: 'takes another point of a run of prune, without searching again',
  arguments: 'RUN',
  help: `Takes masks from the front of a run of preset tuned, whose folder is RUN, and writes masks.safetensors and
pruned.safetensors, or pruned.onnx, .h5, .pt … as the model came. Runs of version 0.1 are read, too.

--at sparsity=0.8   of the points with at least 80 % of all weights pruned, the one of lowest validation loss
--at loss=0.15      the sparsest with a validation loss of at most 0.15 nats
--at drop=1.5       the sparsest that loses at most 1.5 points of accuracy on the validation images
--at rise=5         the sparsest whose validation loss is at most 5 % above the unpruned network's`,
  options,
  async run(args) {
    const [run, ...rest] = args;
    if (run === undefined || run.startsWith('-')) {
      throw new MasksearchError(
        'bad-input',
        'no run was named before the options',
        'pass the folder of a run of prune first',
      );
    }
    const values = parseOptions(options, rest);
    if (!values.at) throw badPoint('at', undefined);
    const folder = values.out ?? (await newRunFolder('pick', new Date()));
    const fix = 'name the folder of a run of prune';
    const result = await decodeFile(join(run, 'result.json'), 'result', readResult, fix);
    const { front } = result;
    if (!front) {
      throw new MasksearchError('bad-input', `the run in ${run} has no front`, 'name a run of preset tuned');
    }
    const modelPath = values.model ?? (result.model === BUNDLED_NAME ? undefined : result.model);
    const model = await loadChosenModel({
      ...(result.reading as ReadingRecord),
      ...values,
      ...(modelPath !== undefined && { model: modelPath }),
    });
    if (!isDigestOf(result.modelDigest, model)) throw otherModel(values.model ?? result.model, run);
    const all = await decodeFile(join(run, 'front.safetensors'), 'mask', (bytes) =>
      frontFromSafetensors(bytes, layersInFile(model), front.length),
    );
    const names = withWeightFiles(PICK_FILES, model);
    await checkOutputFolder(folder, names, 'pick', [modelPath]);
    const index = choosePoint(values.at, result);
    const point = front[index]!;
    const masks = all[index]!;
    const tensors = result.repair
      ? await decodeFile(join(run, 'front-weights.safetensors'), 'weight', (bytes) =>
          frontWeightsFromSafetensors(bytes, model, all).at(index),
        )
      : undefined;
    const pruned = tensors ? { ...model, tensors } : model;
    const files = prunedFiles(pruned, masks, values.export, result.repair);
    await writeRun(folder, names, files);
    await removeStale(folder, names, [files]);
    console.log(
      values.json
        ? JSON.stringify({ run, point: index, ...point, out: folder }, null, 2)
        : `${describePoint(point, result)}\n\nPoint ${index} in front.csv, of ${front.length}; wrote ${folder}`,
    );
    return EXIT.done;
  },
};

function otherModel(name: string, run: string): MasksearchError {
  const same = phrase`${optionName('mean')}, ${optionName('std')}, ${optionName('scale')} and ${optionName('task')}`;
  return new MasksearchError(
    'bad-input',
    `${name} is not the model that was pruned in ${run}`,
    phrase`pass that one as ${optionName('model')}, with the same ${same}`,
  );
}

function describePoint({ sparsity, tuning, validation, test }: FrontPoint, result: PruneResult): string {
  const [{ name, textOf }] = measuresOf(result.task, percent);
  const before = result.alreadyPruned?.sparsity;
  return table([
    ['', 'unpruned', 'pruned'],
    [`${name}, validation`, textOf(result.validation!.unpruned), textOf(validation)],
    ['loss, validation', nats(result.validation!.unpruned.loss), nats(validation.loss)],
    ['loss, tuning', nats(result.unpruned.loss), nats(tuning.loss)],
    ...(test && result.test
      ? [
          [`${name}, test`, textOf(result.test.unpruned), textOf(test)],
          ['loss, test', nats(result.test.unpruned.loss), nats(test.loss)],
        ]
      : []),
    ['sparsity, of all weights', percent(before?.global ?? 0), percent(sparsity.global)],
    ['sparsity, mean over layers', percent(before?.meanLayer ?? 0), percent(sparsity.meanLayer)],
  ]);
}
