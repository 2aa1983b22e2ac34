/** `masksearch prune`: searches masks for a model and leaves what was found in a folder. */
import type { Engine } from '../engine/engine.ts';
import type { Model } from '../engine/model.ts';
import { problemOf } from '../engine/network.ts';
import { openEngine } from '../node.ts';
import { resultJson } from '../report/result.ts';
import type { Progress } from '../search/contract.ts';
import { MasksearchError } from '../search/error.ts';
import { run } from '../search/run.ts';
import { SIMULATED_ANNEALING_PAPER, simulatedAnnealing } from '../search/simulated-annealing.ts';
import { checkOnKernels } from './check.ts';
import { EXIT, type Command } from './command.ts';
import { evaluateMasks } from './evaluate-masks.ts';
import { AVOIDANCE_HELP, avoidanceOption, parseWithout } from './avoidance-option.ts';
import { onInterrupt } from './interrupt.ts';
import { choice, count, list, number, parseOptions, text, type OptionValues, path } from './options.ts';
import { checkOutputFolder, newRunFolder, writeRun } from './output-folder.ts';
import { progressDescriber } from './progress.ts';
import { foundFiles, pruneResult, resultFiles, type SearchRun } from './prune-result.ts';
import { sentence } from './sentence.ts';
import {
  commonOptions,
  dataOptions,
  deviceOptions,
  firstImages,
  imageOptions,
  imagesOfSplit,
  loadChosenModel,
  loadSplits,
  modelOptions,
  SPLITS,
  type SplitName,
} from './shared-options.ts';
import { StatusLine } from './status-line.ts';
import { summarize } from './summary.ts';

/** What the float64 reference gets through in a minute, with a baseline loss still under the first layer's cap. */
const REFERENCE_IMAGES = 500;

/** A trained classifier below this is not what its options say. */
const LOWEST_BASELINE_ACCURACY = 0.5;

const options = {
  method: choice(['sa'], 'the search: sa, simulated annealing (default)'),
  preset: choice(['paper'], "where other options start from: paper, the article's experiment (default)"),
  seed: text('SEED', 'any text; the same seed on the same device gives the same result (default 1)'),
  layers: list('NAMES', 'layers to prune, separated by commas (default: all)'),
  iterations: count('N', 'proposals per layer (default 200)'),
  initialTemperature: number('T', 'temperature of the first step of a layer (default 1)'),
  mutationRate: number('P', 'probability that the first proposal drops a weight (default 0.15)'),
  lossToWarmup: number('L', 'largest loss, in nats, in the last layer; earlier ones get a share (default 1)'),
  maxLossPenalty: number('C', 'what a loss over the cap costs (default 1e8)'),
  ...modelOptions,
  ...dataOptions,
  split: choice(SPLITS, 'images to search with (default search); test and all leave none to test on'),
  ...imageOptions,
  ...deviceOptions,
  without: avoidanceOption,
  out: path('DIR', 'where the files go (default: a new folder under runs/)'),
  ...commonOptions,
};

type Values = OptionValues<typeof options>;

export const prune: Command = {
  summary: 'searches masks that prune a model',
  help:
    'Searches binary masks over the weights of a model, judging each by the loss of the masked network, and leaves\n' +
    'history.csv, result.json, masks.safetensors, pruned.safetensors and report.html in a folder.\n' +
    `The float64 reference searches on ${REFERENCE_IMAGES} images unless told otherwise.\n\n${AVOIDANCE_HELP}`,
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const folder = values.out ?? (await newRunFolder(values.method ?? 'sa', new Date()));
    await checkOutputFolder(folder);
    const model = await loadChosenModel(values);
    const splits = await loadSplits(values);
    const split = values.split ?? 'search';
    const images = imagesOfSplit(splits, split);
    firstImages(images, values.images, split);
    // A search checks its parameters: made before a device is opened, so that a wrong one costs no time.
    const parameters = searchParameters(values);
    simulatedAnnealing(problemOf(model.network), parameters);

    const engine = await openEngine(values);
    const status = new StatusLine();
    // Held until all is written: an interrupt ends the search, and what was found is still judged and kept.
    const interrupt = onInterrupt(() => status.print('Interrupted: finishing with what was found so far.'));
    try {
      const affordable = engine.device.kind === 'reference' ? REFERENCE_IMAGES : Infinity;
      const count = values.images ?? Math.min(images.count, affordable);
      const searched = {
        split,
        images: firstImages(images, count, split),
        parameters,
        without: values.without,
      };
      const found = await search(engine, model, searched, values, status, interrupt.signal);
      const { best, baseline, completed } = found.result;
      await writeRun(folder, foundFiles(found, model));
      const test = isHeldOut(split) && {
        baseline: await evaluateMasks(engine, model, splits.test, baseline.masks),
        pruned: await evaluateMasks(engine, model, splits.test, best.masks),
      };
      const check = await checkOnKernels(engine, model, searched.images, best.masks).catch(
        (error: unknown) => {
          status.print(`The masks could not be checked on the WebGPU kernels: ${sentence(error)}`);
          return undefined;
        },
      );
      const result = pruneResult(engine.device, model, found, test || undefined, check);
      await writeRun(folder, await resultFiles(result, found));
      console.log(values.json ? resultJson(result).trimEnd() : summarize(result, folder));
      return completed ? EXIT.done : EXIT.interrupted;
    } finally {
      interrupt.release();
      await engine.close();
    }
  },
};

function isHeldOut(split: SplitName): boolean {
  return split !== 'test' && split !== 'all';
}

function searchParameters({
  seed,
  layers,
  iterations,
  initialTemperature,
  mutationRate,
  lossToWarmup,
  maxLossPenalty,
  without,
}: Values) {
  const given = { seed, iterations, initialTemperature, mutationRate, lossToWarmup, maxLossPenalty };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    ...SIMULATED_ANNEALING_PAPER,
    ...(Object.fromEntries(set) as Partial<typeof given>),
    layers,
    lossLimits: parseWithout(without).lossLimits,
  } as const;
}

/** Runs the search with a progress line, until it is done or the user interrupts it. */
async function search(
  engine: Engine,
  model: Model,
  searched: Pick<SearchRun, 'split' | 'images' | 'parameters' | 'without'>,
  values: Values,
  status: StatusLine,
  signal: AbortSignal,
): Promise<SearchRun> {
  const { split, images, parameters } = searched;
  status.print(
    `Searching with ${images.count} image${images.count === 1 ? '' : 's'} of the ${split} split on ${describeChoice(engine, values)}.`,
  );
  const evaluator = await engine.evaluator(model, images, { avoid: parseWithout(values.without).avoid });
  const annealing = simulatedAnnealing(evaluator, parameters);
  try {
    const started = performance.now();
    const secondsSince = () => (performance.now() - started) / 1000;
    const describe = progressDescriber(model.network, parameters.layers, secondsSince);
    const result = await run(annealing, evaluator, {
      signal,
      onProgress(progress) {
        checkBaseline(progress, values);
        status.update(() => describe(progress, evaluator.work));
      },
    });
    const { macsPerImage, work } = evaluator;
    return { ...searched, result, work, macsPerImage, seconds: secondsSince() };
  } catch (error) {
    throw annealing.progress.proposals === 0 ? alsoSuspectModel(error) : error;
  } finally {
    status.clear();
    await evaluator.close();
  }
}

function describeChoice({ device }: Engine, { device: asked = 'auto' }: Values): string {
  const name = device.description || `${device.vendor} ${device.architecture}`.trim();
  const kinds = {
    webgpu: `the ${device.software ? 'software' : 'hardware'} GPU (${name})`,
    wasm: `the processor (${name})`,
    reference: `the reference (${name})`,
  };
  const kind = kinds[device.kind];
  if (asked !== 'auto') return `${kind}, as asked for`;
  return `${kind}, since there is ${device.kind === 'webgpu' ? 'one' : 'no hardware GPU'}`;
}

/** Stops before a search over a model that was loaded wrongly: its figures would mean nothing. */
function checkBaseline({ proposals, current }: Progress, { model = 'the bundled model' }: Values): void {
  if (proposals > 0 || !current || current.accuracy >= LOWEST_BASELINE_ACCURACY) return;
  throw new MasksearchError(
    'bad-input',
    `the unpruned accuracy of ${model} is ${(100 * current.accuracy).toFixed(1)} %, but at least 50 % is needed`,
    'check --activation, --mean and --std, that the data is what the model was trained on, and that the order of its ' +
      'inputs is channel, row, column',
  );
}

/** A first cap that is missed may be a matter of images, or of a model that was loaded wrongly. */
function alsoSuspectModel(error: unknown): unknown {
  if (!(error instanceof MasksearchError) || error.code !== 'infeasible') return error;
  const fix = `${error.fix}, and check --activation, --mean and --std`;
  return new MasksearchError(error.code, error.message, fix, { option: 'lossToWarmup', cause: error });
}
