/** `masksearch bench schedule`: the article's searches end to end, and what each optimization saves. */
import { cpus } from 'node:os';
import { choose } from '../../../bench/choose.ts';
import { chooseConfigurations, CONFIGURATIONS } from '../../../bench/schedule/configurations.ts';
import { measureSchedule } from '../../../bench/schedule/measure.ts';
import { MasksearchError } from '../../../core/error.ts';
import { versions } from '../../versions.ts';
import { defaultThreads } from '../../../engine/wasm/node/workers.ts';
import { problemOf } from '../../../network/problem.ts';
import { openEngine } from '../../../node.ts';
import { affordableImages, imagesOfSplit, REFERENCE_IMAGES } from '../../../pruning/images.ts';
import { DEFAULTS } from '../../../pruning/options/defaults.ts';
import { checkMethodOptions } from '../../../pruning/options/effect.ts';
import { count, list, text } from '../../../pruning/options/kinds.ts';
import { searchOptions } from '../../../pruning/options/run.ts';
import { checkSpec } from '../../../pruning/search/make-search.ts';
import { paperSpec, type PaperSpec } from '../../../pruning/search/spec.ts';
import type { Method } from '../../../report/run/result.ts';
import { EXIT, type Command } from '../../command.ts';
import { commonOptions } from '../../options/common.ts';
import { loadSplits } from '../../options/data.ts';
import { describeDevice, deviceOptions } from '../../options/device.ts';
import { loadChosenModel } from '../../options/model.ts';
import { parseOptions } from '../../options/parse.ts';
import { duration } from '../../terminal/format.ts';
import { onInterrupt } from '../../terminal/interrupt.ts';
import { scheduleTables } from '../../terminal/schedule-table.ts';
import { StatusLine } from '../../terminal/status-line.ts';

const METHODS: readonly Method[] = ['sa', 'ga'];
const DEFAULT_CONFIGURATIONS = ['full', 'plain'];
const DEFAULT_REPEATS = 1;

const { iterations, generations } = searchOptions;

const options = {
  methods: list('NAMES', 'sa, simulated annealing, or ga, genetic algorithm, or both', { default: METHODS }),
  configurations: list('NAMES', 'see above; full always runs too', { default: DEFAULT_CONFIGURATIONS }),
  images: count('N', 'use only the first N of the bundled 10,000 digits (default: all)'),
  iterations,
  generations,
  seed: text('SEED', 'any text', { default: DEFAULTS.annealing.seed }),
  repeats: count('N', 'runs of each configuration, taken in turn, of which the median is reported', {
    default: DEFAULT_REPEATS,
    example: 3,
  }),
  ...deviceOptions,
  ...commonOptions,
};

export const benchSchedule: Command = {
  summary: "times the article's searches end to end, with and without each optimization",
  help: `Times the article's simulated annealing (${DEFAULTS.annealing.iterations} proposals a layer) and genetic algorithm (${DEFAULTS.genetic.generations} generations a layer) on
all bundled digits, and counts what was computed. Every configuration must have the digest of full; otherwise the exit
code is 1. On all digits, plain takes minutes on a processor.
The float64 reference takes ${REFERENCE_IMAGES} images unless told otherwise.

Configurations: full has all optimizations, plain none; the others are named by the one optimization that they turn off:
${CONFIGURATIONS.map(({ name }) => name).join(', ')}.`,
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const methods = values.methods === undefined ? METHODS : choose('methods', values.methods, METHODS);
    const configurations = chooseConfigurations(values.configurations ?? DEFAULT_CONFIGURATIONS);
    if (methods.length === 1) checkMethodOptions(methods[0]!, { ...values, preset: 'paper' });
    const model = await loadChosenModel({});
    const all = imagesOfSplit(await loadSplits({}, model), 'all');
    affordableImages(all, values.images, 'all', undefined);
    const specs = methods.map((method) => paperSpec(method, values));
    for (const spec of specs) checkSpec(problemOf(model.network), spec);

    const engine = await openEngine(values);
    const status = new StatusLine();
    const interrupt = onInterrupt((again) =>
      status.print(`Interrupted: stopping, without results. ${again}`),
    );
    try {
      const images = affordableImages(all, values.images, 'all', engine);
      const { kind, vendor, architecture, description } = engine.device;
      const repeats = values.repeats ?? DEFAULT_REPEATS;
      status.print(
        `Timing on ${images.count} image${images.count === 1 ? '' : 's'} on ${describeDevice(engine.device, values.device)}.`,
      );
      const measured = await measureSchedule(
        { engine, model, images, specs, configurations, repeats },
        {
          signal: interrupt.signal,
          onProgress: (describe) => status.update(describe),
          onRun: (label, seconds) => status.print(`${label}: ${duration(seconds)}`),
        },
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
              versions: versions(),
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
      throw withOwnFix(error);
    } finally {
      status.clear();
      interrupt.release();
      await engine.close();
    }
  },
};

/** The seed and the lengths of the searches. */
function parametersOf(specs: readonly PaperSpec[]): Readonly<Record<string, string | number>> {
  const lengths = specs.map((spec) =>
    spec.method === 'sa'
      ? { iterations: spec.parameters.iterations }
      : { generations: spec.parameters.generations },
  );
  return Object.assign({ seed: specs[0]!.parameters.seed }, ...lengths) as Record<string, string | number>;
}

/** The advice of the searches names options that this command does not have. Here the only cause is a small number of images. */
function withOwnFix(error: unknown): unknown {
  if (!(error instanceof MasksearchError) || error.code !== 'infeasible') return error;
  return error.withFix('use more images');
}
