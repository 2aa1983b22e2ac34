/** `masksearch pick`: another point of a tuned run's front, without searching again. */
import { BUNDLED_NAME } from '../../pruning/prune-result.ts';
import { join } from 'node:path';
import { decodeFile } from '../../formats/node/files.ts';
import { applyMasks } from '../../network/apply-masks.ts';
import { frontFromSafetensors, masksToSafetensors } from '../../formats/safetensors/masks.ts';
import { modelToSafetensors } from '../../formats/safetensors/model.ts';
import { problemOf } from '../../network/problem.ts';
import type { FrontPoint, PruneResult } from '../../report/run/result.ts';
import { MasksearchError } from '../../core/error.ts';
import { badOption } from '../../core/options.ts';
import { EXIT, type Command } from '../command.ts';
import { nats, percent, table } from '../terminal/format.ts';
import { parseOptions, path, text } from '../options.ts';
import { checkOutputFolder, newRunFolder, PICK_FILES, writeRun } from '../output-folder.ts';
import { modelDigest } from '../../pruning/prune-result.ts';
import { commonOptions, loadChosenModel, modelOptions } from '../shared-options.ts';

const options = {
  at: text('POINT', 'sparsity=S, loss=L in nats, or drop=P in percentage points; see above'),
  ...modelOptions,
  out: path('DIR', 'where the files go (default: a new folder under runs/)'),
  ...commonOptions,
};

export const pick: Command = {
  summary: 'takes another point of a run of prune, without searching again',
  arguments: 'RUN',
  help:
    'Takes masks from the front that a run of preset tuned left in its folder RUN, and writes masks.safetensors and\n' +
    'pruned.safetensors.\n\n' +
    '--at sparsity=0.8   of the states with at least 80 % of all weights pruned, the one of lowest validation loss\n' +
    '--at loss=0.15      the sparsest with a validation loss of at most 0.15 nats\n' +
    '--at drop=1.5       the sparsest that loses at most 1.5 points of accuracy on the validation images',
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
    const choose = parsePoint(values.at);
    const folder = values.out ?? (await newRunFolder('pick', new Date()));
    await checkOutputFolder(folder, PICK_FILES, 'pick');

    const result = await readResult(run);
    const { front } = result;
    if (!front) {
      throw new MasksearchError('bad-input', `the run in ${run} has no front`, 'name a run of preset tuned');
    }
    const model = await loadChosenModel({
      ...(result.model !== BUNDLED_NAME && { model: result.model }),
      ...values,
    });
    const { layers } = problemOf(model.network);
    if (modelDigest(model) !== result.modelDigest) {
      throw new MasksearchError(
        'bad-input',
        `${values.model ?? result.model} is not the model that was pruned in ${run}`,
        'pass that one as --model, with the same --activation, --mean and --std',
      );
    }
    const all = await decodeFile(join(run, 'front.safetensors'), 'mask', (bytes) =>
      frontFromSafetensors(bytes, layers, front.length),
    );
    const index = choose(front, result);
    const [point, masks] = [front[index]!, all[index]!];
    await writeRun(folder, PICK_FILES, {
      'masks.safetensors': masksToSafetensors(masks, layers),
      'pruned.safetensors': modelToSafetensors(applyMasks(model, masks)),
    });
    if (values.json) console.log(JSON.stringify({ run, point: index, ...point, out: folder }, null, 2));
    else
      console.log(
        `${describePoint(point, result)}\n\nPoint ${index} in front.csv, of ${front.length}; wrote ${folder}`,
      );
    return EXIT.done;
  },
};

/** Index of the point to take. */
type Choice = (front: readonly FrontPoint[], result: PruneResult) => number;

/** Throws 'bad-input' for what is no point. */
function parsePoint(at: string | undefined): Choice {
  const [, kind = 'none', number] = /^(sparsity|loss|drop)=(\d+\.?\d*|\.\d+)$/.exec(at ?? '') ?? [];
  const value = Number(number);
  const among = (front: readonly FrontPoint[], obeys: (point: FrontPoint) => boolean) => {
    const indices = [...front.keys()].filter((i) => obeys(front[i]!));
    if (indices.length === 0) throw badOption('at', at, 'a point that the front reaches', rangeOf(front), []);
    return indices;
  };
  switch (kind) {
    case 'sparsity':
      return (front) =>
        among(front, ({ sparsity }) => sparsity.global >= value).reduce((best, i) =>
          front[i]!.validation.loss < front[best]!.validation.loss ? i : best,
        );
    case 'loss':
      return (front) => among(front, ({ validation }) => validation.loss <= value).at(-1)!;
    case 'drop':
      return (front, { validation }) =>
        among(front, (point) => {
          const lost = validation!.unpruned.accuracy - point.validation.accuracy;
          // Differences of fractions are rounded.
          return 100 * lost <= value + 1e-9;
        }).at(-1)!;
    default:
      throw badOption(
        'at',
        at ?? 'not given',
        'sparsity=S, loss=L or drop=P',
        'pass one such as sparsity=0.8',
      );
  }
}

function rangeOf(front: readonly FrontPoint[]): string {
  const losses = front.map(({ validation }) => validation.loss);
  return (
    `as fractions sparsities go up to ${front.at(-1)!.sparsity.global.toFixed(4)}, ` +
    `validation losses from ${nats(Math.min(...losses))} to ${nats(Math.max(...losses))}`
  );
}

async function readResult(run: string): Promise<PruneResult> {
  const file = join(run, 'result.json');
  return decodeFile(
    file,
    'result',
    (bytes) => {
      try {
        return JSON.parse(new TextDecoder().decode(bytes)) as PruneResult;
      } catch (error) {
        throw new MasksearchError('bad-input', 'it is no JSON', 'name the folder of a run of prune', {
          cause: error,
        });
      }
    },
    'name the folder of a run of prune',
  );
}

function describePoint({ sparsity, search, validation, test }: FrontPoint, result: PruneResult): string {
  return table([
    ['', 'unpruned', 'pruned'],
    ['accuracy, validation', percent(result.validation!.unpruned.accuracy), percent(validation.accuracy)],
    ['loss, validation', nats(result.validation!.unpruned.loss), nats(validation.loss)],
    ['loss, tuned on', nats(result.unpruned.loss), nats(search.loss)],
    ...(test && result.test
      ? [
          ['accuracy, test', percent(result.test.unpruned.accuracy), percent(test.accuracy)],
          ['loss, test', nats(result.test.unpruned.loss), nats(test.loss)],
        ]
      : []),
    ['sparsity, of all weights', percent(0), percent(sparsity.global)],
    ['sparsity, mean over layers', percent(0), percent(sparsity.meanLayer)],
  ]);
}
