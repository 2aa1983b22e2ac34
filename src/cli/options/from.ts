/** `--from`: the masks, or the run, that a search starts from. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MasksearchError } from '../../core/error.ts';
import { countPruned, intersection, type Masks } from '../../core/mask.ts';
import { isSafetensors } from '../../formats/arrays/safetensors.ts';
import { ARCHITECTURE } from '../../formats/checkpoint/which-network.ts';
import { givenModelOptions, NETWORK_OPTIONS, type ReadingRecord } from '../../formats/model-options.ts';
import { decodeFile, fileError, readFileChecked } from '../../formats/node/files.ts';
import { safetensorsCheckpoint } from '../../formats/safetensors/model.ts';
import type { RepairRecord } from '../../formats/safetensors/repair-record.ts';
import type { Model } from '../../network/model.ts';
import { zerosAsMasks } from '../../network/problem.ts';
import { loadMasks, loadMasksRepair } from '../../node.ts';
import { readResult } from '../../pruning/files/read-result.ts';
import { path } from '../../pruning/options/kinds.ts';
import { loadChosenModel } from './model.ts';

export const fromOption = {
  from: path(
    'MASKS|RUN',
    'start with what these masks prune, or with the pruned model of this run; see above (default: the zeros of the model)',
  ),
};

/** What a search starts from. */
export interface Start {
  readonly model: Model;
  /** Of its file; undefined for the bundled one. */
  readonly modelPath: string | undefined;
  /** How it was read, beside its file. */
  readonly reading: ReadingRecord;
  /** What is pruned from the start; undefined without `--from`. */
  readonly masks?: Masks | undefined;
  /** Path of the file of masks. */
  readonly masksPath?: string | undefined;
  /** How the weights that the masks leave were repaired, where the model has other ones. */
  readonly missingRepair?: RepairRecord | undefined;
}

type Values = ReadingRecord & { readonly model?: string | undefined; readonly from?: string | undefined };

/** Rejects with 'bad-input' for files that are missing or damaged, and for masks of another network. */
export async function loadStart(values: Values): Promise<Start> {
  const { from } = values;
  const named = { modelPath: values.model, reading: givenModelOptions(values) };
  if (from === undefined) return { ...named, model: await loadChosenModel(values) };
  const isFolder = await stat(from).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const { modelPath, reading } = isFolder && values.model === undefined ? await ofRun(from, values) : named;
  const masksPath = isFolder ? join(from, 'masks.safetensors') : from;
  const model = await loadChosenModel({ ...reading, ...(modelPath !== undefined && { model: modelPath }) });
  const own = zerosAsMasks(model);
  const given = await loadMasks(masksPath, model);
  const masks = given.map((mask, layer) => intersection(mask, own[layer]!));
  const hasTheirWeights = countPruned(masks) === countPruned(own);
  return {
    ...{ model, modelPath, reading, masks, masksPath },
    ...(!hasTheirWeights && { missingRepair: await loadMasksRepair(masksPath) }),
  };
}

/** Of a model; `pruned.onnx.data` are weights beside one. */
const PRUNED = /^pruned\.(weights\.)?[^.]+$/;

/** The pruned model in the folder of a run, and how it is read: as the run's model was, unless options say otherwise. */
async function ofRun(run: string, values: Values): Promise<Pick<Start, 'modelPath' | 'reading'>> {
  const files = await readdir(run).catch((error: unknown) => {
    throw fileError(error, `the folder ${run}`, 'folder', 'name another');
  });
  const pruned = files.filter((name) => PRUNED.test(name)).sort();
  // Of two, one is an export.
  const name = pruned.find((one) => one !== 'pruned.onnx') ?? pruned[0];
  if (name === undefined)
    throw new MasksearchError(
      'bad-input',
      `the folder ${run} holds no pruned model`,
      'name the folder of a run of prune, pick or repair, or a file of masks',
    );
  const modelPath = join(run, name);
  const recorded = files.includes('result.json')
    ? ((await decodeFile(join(run, 'result.json'), 'result', readResult)).reading as
        ReadingRecord | undefined)
    : undefined;
  const kept = (await holdsNetwork(modelPath))
    ? Object.fromEntries(
        Object.entries(recorded ?? {}).filter(([option]) => !NETWORK_OPTIONS.some((one) => one === option)),
      )
    : recorded;
  return { modelPath, reading: { ...kept, ...givenModelOptions(values) } };
}

/** A safetensors file that held weights alone may have been written with its network. */
async function holdsNetwork(file: string): Promise<boolean> {
  const bytes = await readFileChecked(file, 'model');
  return isSafetensors(bytes) && safetensorsCheckpoint(bytes).metadata[ARCHITECTURE] !== undefined;
}
