/** `masksearch bench schedule`: the article's searches end to end, and what each way to save work is worth. */
import { affordableImages, imagesOfSplit, REFERENCE_IMAGES } from '../../pruning/images.ts';
import { cpus } from 'node:os';
import { defaultThreads } from '../../engine/wasm/node/workers.ts';
import { problemOf } from '../../network/problem.ts';
import { openEngine } from '../../node.ts';
import type { Method } from '../../report/run/result.ts';
import { MasksearchError } from '../../core/error.ts';
import { EXIT, type Command } from '../command.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { measureSchedule } from '../../bench/schedule/measure.ts';
import { count, list, parseOptions, text } from '../options.ts';
import { scheduleTables } from '../terminal/schedule-table.ts';
import { choose, chooseConfigurations, CONFIGURATIONS } from '../../bench/schedule/configurations.ts';
import {
  checkMethodOptions,
  makeSearch,
  searchOptions,
  paperSpec,
  type PaperSpec,
} from '../../pruning/options/search.ts';
import {
  commonOptions,
  describeDevice,
  deviceOptions,
  loadChosenModel,
  loadSplits,
} from '../shared-options.ts';
import { StatusLine } from '../terminal/status-line.ts';
import { VERSION } from '../../core/version.ts';

const METHODS: readonly Method[] = ['sa', 'ga'];
const DEFAULT_TILINGS = ['full', 'plain'];

const { iterations, generations } = searchOptions;

const options = {
  methods: list('NAMES', 'sa, simulated annealing, or ga, genetic algorithm, or both (default: both)'),
  configurations: list('NAMES', `see above; full always runs too (default: ${DEFAULT_TILINGS.join(',')})`),
  images: count('N', 'use the first N of the bundled 10,000 digits (default: all)'),
  iterations,
  generations,
  seed: text('SEED', 'any text (default 1)'),
  repeats: count(
    'N',
    'runs of each configuration, taken in turn, of which the middle one is reported (default 1)',
  ),
  ...deviceOptions,
  ...commonOptions,
};

export const benchSchedule: Command = {
  summary: "times the article's searches end to end, with and without each way to save work",
  help:
    "Times the article's simulated annealing (1,000 proposals) and genetic algorithm (20 generations a layer) on all\n" +
    'bundled digits, from the first question of the search to its last answer, and counts what was computed. Every\n' +
    'configuration must find what full finds, by its digest; otherwise the exit code is 1. Of all digits plain takes\n' +
    'minutes on a processor.\n' +
    `The float64 reference takes ${REFERENCE_IMAGES} images unless told otherwise.\n\n` +
    'Configurations: full saves all work that can be saved, plain none; the others are named by the one thing they leave out:\n' +
    `${CONFIGURATIONS.map(({ name }) => name).join(', ')}.`,
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const methods = values.methods === undefined ? METHODS : choose('methods', values.methods, METHODS);
    const configurations = chooseConfigurations(values.configurations ?? DEFAULT_TILINGS);
    if (methods.length === 1) checkMethodOptions(methods[0]!, { ...values, preset: 'paper' });
    const model = await loadChosenModel({});
    const all = imagesOfSplit(await loadSplits({}), 'all');
    affordableImages(all, values.images, 'all', undefined);
    const specs = methods.map((method) => paperSpec(method, values, values.seed, true));
    for (const spec of specs) makeSearch(problemOf(model.network), spec);

    const engine = await openEngine(values);
    const status = new StatusLine();
    const interrupt = onInterrupt(() => status.print('Interrupted: a part of a benchmark is none.'));
    try {
      const images = affordableImages(all, values.images, 'all', engine);
      const { kind, vendor, architecture, description } = engine.device;
      const repeats = values.repeats ?? 1;
      status.print(
        `Timing on ${images.count} image${images.count === 1 ? '' : 's'} on ${describeDevice(engine, values.device)}.`,
      );
      const measured = await measureSchedule(
        { engine, model, images, specs, configurations, repeats },
        { status, signal: interrupt.signal },
      );
      if (values.json) {
        const threads = values.threads ?? defaultThreads();
        console.log(
          JSON.stringify(
            {
              device: { kind, vendor, architecture, description },
              ...(kind === 'wasm' && { threads }),
              processor: cpus()[0]?.model ?? 'unknown',
              images: images.count,
              ...parametersOf(specs),
              repeats,
              methods: measured,
              versions: { masksearch: VERSION, node: process.version },
            },
            null,
            2,
          ),
        );
      } else {
        console.log(scheduleTables(specs, measured));
      }
      return EXIT.done;
    } catch (error) {
      throw whatToDo(error);
    } finally {
      status.clear();
      interrupt.release();
      await engine.close();
    }
  },
};

/** The seed, and how long the searches that were chosen are. */
function parametersOf(specs: readonly PaperSpec[]): Readonly<Record<string, string | number>> {
  const lengths = specs.map((spec) =>
    spec.method === 'sa'
      ? { iterations: spec.parameters.iterations }
      : { generations: spec.parameters.generations },
  );
  return Object.assign({ seed: specs[0]!.parameters.seed }, ...lengths) as Record<string, string | number>;
}

/** The searches advise on options that this command does not have: here only few images leave them nothing feasible. */
function whatToDo(error: unknown): unknown {
  if (!(error instanceof MasksearchError) || error.code !== 'infeasible') return error;
  return new MasksearchError('infeasible', error.message, 'use more images', { cause: error });
}
