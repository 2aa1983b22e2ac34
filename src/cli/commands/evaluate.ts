/** `masksearch evaluate`: loss and accuracy of a model under masks. */
import type { RepairRecord } from '../../formats/safetensors/repair-record.ts';
import { fullMasks, intersection, sparsityOf } from '../../core/mask.ts';
import { problemOf, zerosAsMasks } from '../../network/problem.ts';
import { taskOf } from '../../network/task.ts';
import { loadMasks, loadMasksRepair, openEngine } from '../../node.ts';
import { evaluateEach, evaluateMasks } from '../../pruning/evaluation/masks.ts';
import { checkExpectedAccuracy, suspicionOf } from '../../pruning/evaluation/unpruned.ts';
import { calibrationImages } from '../../pruning/calibration.ts';
import { BUNDLED_NAME } from '../../pruning/files/prune-result.ts';
import { firstImages, imagesOfSplit, SPLITS, type SplitName } from '../../pruning/images.ts';
import { checkRepairOptions, checkTaskOptions } from '../../pruning/options/effect.ts';
import { imagesOption } from '../../pruning/options/groups/images.ts';
import { calibrationOption, repairOptions } from '../../pruning/options/groups/repair.ts';
import { choice, path } from '../../pruning/options/kinds.ts';
import { repairMasks } from '../../pruning/repair-masks.ts';
import { REPAIRS } from '../../repair/repair.ts';
import { EXIT, type Command } from '../command.ts';
import { commonOptions } from '../options/common.ts';
import { dataOptions, loadSplits } from '../options/data.ts';
import { deviceOptions } from '../options/device.ts';
import { expectOption, loadChosenModel, modelOptions } from '../options/model.ts';
import { parseOptions } from '../options/parse.ts';
import type { Score } from '../../search/contract.ts';
import { capitalized, measuresOf } from '../../report/text/measures.ts';
import { nats, percent } from '../terminal/format.ts';
import { warningText } from '../terminal/sentence.ts';

const DEFAULT_SPLIT: SplitName = 'test';

const options = {
  masks: path(
    'FILE',
    'safetensors of masks of any type (1 = keep), of all or some layers; default: no weight is masked',
  ),
  repair: choice(
    ['none', ...REPAIRS],
    'how weights are adjusted before masks are evaluated, as by masksearch repair',
    {
      default: 'none',
    },
  ),
  ridge: repairOptions.ridge,
  ...calibrationOption,
  ...modelOptions,
  ...expectOption,
  ...dataOptions,
  split: choice(SPLITS, 'images to evaluate on', { default: DEFAULT_SPLIT }),
  ...imagesOption,
  ...deviceOptions,
  ...commonOptions,
};

export const evaluate: Command = {
  summary: 'prints loss, accuracy and sparsity of a model under masks',
  help: `Evaluates a model, masked or not, on images, and prints its loss, accuracy and sparsity.

Masks of a repaired network are worth less without its weights. Their file says so, and a warning is printed unless
--repair is given: the weights that the masks leave are then fitted first, on the calibration images.`,
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const { repair = 'none' } = values;
    checkRepairOptions(repair, values);
    const model = await loadChosenModel(values);
    checkTaskOptions(taskOf(model), values);
    const unmasked = fullMasks(problemOf(model.network).layers);
    const given = values.masks === undefined ? unmasked : await loadMasks(values.masks, model);
    // Weights that are 0 in the model are pruned, whatever the masks say.
    const zeros = zerosAsMasks(model);
    const masks = given.map((mask, layer) => intersection(mask, zeros[layer]!));
    const split = values.split ?? DEFAULT_SPLIT;
    const splits = await loadSplits(values, model);
    const images = firstImages(imagesOfSplit(splits, split), values.images, split);
    const fitted = repair === 'none' ? undefined : calibrationImages(splits, values.calibration);
    if (values.masks !== undefined && values.repair === undefined) {
      const record = await loadMasksRepair(values.masks);
      if (record) console.error(`Warning: ${needsRepair(record)}`);
    }
    const engine = await openEngine(values);
    try {
      // Equal masks are evaluated once.
      const scores = await evaluateEach(engine, model, images, [unmasked, given]);
      const [unpruned, frozen] = scores as [Score, Score];
      const after =
        repair === 'none' || !fitted
          ? undefined
          : await repairMasks(engine, model, masks, fitted, { repair, ridge: values.ridge });
      const { loss, accuracy } = after ? await evaluateMasks(engine, after.model, images, masks) : frozen;
      const [quality] = measuresOf(model.task, percent);
      const name = values.model ?? BUNDLED_NAME;
      checkExpectedAccuracy(unpruned, values.expectAccuracy, model, name);
      const suspicion = suspicionOf(unpruned, model, name);
      if (suspicion && values.expectAccuracy === undefined)
        console.error(`Warning: ${warningText(suspicion)}`);
      const sparsity = sparsityOf(masks);
      const alreadyPruned = sparsityOf(zeros);
      const { kind, vendor, architecture, description } = engine.device;
      if (values.json) {
        const device = { kind, vendor, architecture, description };
        console.log(
          JSON.stringify(
            {
              ...{ loss, accuracy, images: images.count, sparsity },
              ...(alreadyPruned.global > 0 && { alreadyPruned }),
              ...(after && { repair, calibration: fitted!.count, ridges: after.ridges, frozen }),
              device,
            },
            null,
            2,
          ),
        );
      } else {
        console.log(
          [
            `Loss       ${nats(loss)}`,
            `${capitalized(quality.name).padEnd(10)} ${quality.textOf({ loss, accuracy })}`,
            `Sparsity   ${percent(sparsity.meanLayer)} mean over layers, ${percent(sparsity.global)} of all weights`,
            ...(alreadyPruned.global > 0
              ? [`           ${percent(alreadyPruned.global)} of all weights are 0 in the model already`]
              : []),
            ...(after
              ? [
                  `Repair     ${repair}, on ${fitted!.count} calibration images; without it ${quality.name} ${quality.textOf(frozen)}, loss ${nats(frozen.loss)}`,
                ]
              : []),
            `Images     ${images.count} of the ${split} split`,
            `Device     ${kind} (${description || `${vendor} ${architecture}`})`,
          ].join('\n'),
        );
      }
      return EXIT.done;
    } finally {
      await engine.close();
    }
  },
};

function needsRepair({ repair, calibration }: RepairRecord): string {
  const images = calibration === undefined ? '' : ` on ${calibration} images`;
  return (
    `these masks were written with weights that were repaired (${repair}${images}), without which they are worth less: ` +
    `add --repair ${REPAIRS.find((known) => known === repair) ?? 'least-squares'}, or evaluate the repaired model.`
  );
}
