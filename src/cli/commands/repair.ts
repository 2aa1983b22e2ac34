/** `masksearch repair`: adjusts the weights that masks leave, by forward passes alone. */
import { fullMasks, intersection, sparsityOf } from '../../core/mask.ts';
import { problemOf, zerosAsMasks } from '../../network/problem.ts';
import { loadMasks, openEngine } from '../../node.ts';
import { calibrationImages } from '../../pruning/calibration.ts';
import { evaluateEach } from '../../pruning/evaluation/masks.ts';
import { checkPrunable, prunedFiles } from '../../pruning/files/pruned-files.ts';
import { withWeightFiles } from '../../pruning/files/run-files.ts';
import { checkRepairOptions } from '../../pruning/options/effect.ts';
import { repairOptions } from '../../pruning/options/groups/repair.ts';
import { path } from '../../pruning/options/kinds.ts';
import { recordOf, repairMasks } from '../../pruning/repair-masks.ts';
import { NONE } from '../../report/text/words.ts';
import { measuresOf } from '../../report/text/measures.ts';
import { EXIT, type Command } from '../command.ts';
import { commonOptions } from '../options/common.ts';
import { dataOptions, loadSplits } from '../options/data.ts';
import { deviceOptions } from '../options/device.ts';
import { exportOption } from '../options/export.ts';
import { loadChosenModel, modelOptions } from '../options/model.ts';
import { parseOptions } from '../options/parse.ts';
import { checkOutputFolder, newRunFolder, PICK_FILES, removeStale, writeRun } from '../output-folder.ts';
import { duration, nats, percent, table } from '../terminal/format.ts';

const options = {
  masks: path(
    'FILE',
    'safetensors of masks of any type (1 = keep), of all or some layers; default: the zeros of the model',
  ),
  ...repairOptions,
  ...modelOptions,
  ...dataOptions,
  ...deviceOptions,
  ...exportOption('pruned.onnx', '; a model is written as the file that it came as anyway'),
  out: path('DIR', 'folder for the files (default: a new folder under runs/)'),
  ...commonOptions,
};

export const repair: Command = {
  summary: 'adjusts the weights that masks leave, without gradients or labels',
  help: `Takes a model and masks, such as those of a run of prune, and fits the weights that stay and the biases of each layer
by least squares: its outputs before the activation then come close to those of the unpruned network, on the inputs that
the pruned network gives it. --repair affine and --repair bias change less: a factor and a bias for each output, or the
bias alone. It takes forward passes alone, no labels and no gradients. Writes pruned.safetensors, or
pruned.onnx, .h5, .pt … as the model came, and masks.safetensors, which are the masks that came: without these weights they
are worth less.

--model is the unpruned model. Its accuracy, that of the masks alone and that of the repaired network are printed, on the
test images, which play no part in it.`,
  options,
  async run(args) {
    const values = parseOptions(options, args);
    checkRepairOptions(values.repair ?? 'least-squares', values);
    const model = await loadChosenModel(values);
    checkPrunable(model);
    const names = withWeightFiles(PICK_FILES, model);
    const folder = values.out ?? (await newRunFolder('repair', new Date()));
    await checkOutputFolder(folder, names, 'repair', [values.model]);
    const unmasked = fullMasks(problemOf(model.network).layers);
    const zeros = zerosAsMasks(model);
    const given = values.masks === undefined ? unmasked : await loadMasks(values.masks, model);
    const masks = given.map((mask, layer) => intersection(mask, zeros[layer]!));
    const splits = await loadSplits(values, model);
    const images = calibrationImages(splits, values.calibration);
    const engine = await openEngine(values);
    try {
      const started = performance.now();
      const { model: after, ridges } = await repairMasks(engine, model, masks, images, values);
      const seconds = (performance.now() - started) / 1000;
      const [before, frozen] = await evaluateEach(engine, model, splits.test, [unmasked, masks]);
      const [fitted] = await evaluateEach(engine, after, splits.test, [masks]);
      const files = prunedFiles(after, masks, values.export, recordOf(values, images));
      await writeRun(folder, names, files);
      await removeStale(folder, names, [files]);
      const sparsity = sparsityOf(masks);
      const figures = { unpruned: before!, frozen: frozen!, repaired: fitted! };
      if (values.json) {
        const counts = { calibration: images.count, images: splits.test.count };
        const chosen = values.ridge === 'auto' ? { ridges } : {};
        console.log(
          JSON.stringify({ ...figures, sparsity, ...counts, ...chosen, seconds, out: folder }, null, 2),
        );
        return EXIT.done;
      }
      const [quality, loss] = measuresOf(model.task, percent);
      const scores = Object.values(figures);
      console.log(
        [
          table([
            ['test images', 'unpruned', 'masks alone', 'repaired'],
            [quality.name, ...scores.map((score) => quality.textOf(score))],
            [
              `loss${loss.unit === 'nats' ? '' : ` (${loss.unit})`}`,
              ...scores.map((score) => nats(score.loss)),
            ],
          ]),
          '',
          `Sparsity   ${percent(sparsity.global)} of all weights, ${percent(sparsity.meanLayer)} mean over layers`,
          `Time       ${duration(seconds)} on ${images.count} calibration images, none of them a test image`,
          ...(values.ridge === 'auto'
            ? [`Ridge      ${ridges.map((own) => own ?? NONE).join(', ')}, by layer`]
            : []),
          `Files      ${Object.keys(files).join(', ')} in ${folder}`,
        ].join('\n'),
      );
      return EXIT.done;
    } finally {
      await engine.close();
    }
  },
};
