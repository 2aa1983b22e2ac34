/** `masksearch train`: trains the reference model, or another small network. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { MasksearchError } from '../../core/error.ts';
import { fullMasks } from '../../core/mask.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { writeFileAtomic } from '../../formats/node/files.ts';
import { MODEL_DEFAULTS } from '../../formats/model-options.ts';
import { modelToSafetensors } from '../../formats/safetensors/model.ts';
import { ACTIVATIONS, type Activation } from '../../kernels/activation.ts';
import { problemOf } from '../../network/problem.ts';
import { evaluateMasks } from '../../pruning/evaluation/masks.ts';
import { choice, count, number, path, text } from '../../pruning/options/kinds.ts';
import { REFERENCE_TRAINING } from '../../train/defaults.ts';
import { NETWORK_NAMES, TRAINABLE_NETWORKS, type NetworkName } from '../../train/networks/index.ts';
import { train, type TrainOptions } from '../../train/train.ts';
import { EXIT, type Command } from '../command.ts';
import { commonOptions } from '../options/common.ts';
import { dataOptions, loadSplits } from '../options/data.ts';
import { parseOptions } from '../options/parse.ts';
import { checkWritable } from '../output-folder.ts';
import { duration, nats, percent, table } from '../terminal/format.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { StatusLine } from '../terminal/status-line.ts';

const { normalization } = REFERENCE_TRAINING;
const DEFAULT_NETWORK = 'lenet5';

/** A number for each network, as the help states it. */
const defaultsOf = (setting: 'epochs' | 'batchSize' | 'learningRate') => {
  const numbers = NETWORK_NAMES.map((name) => TRAINABLE_NETWORKS[name].training[setting]);
  if (new Set(numbers).size === 1) return `default ${numbers[0]}`;
  return `default: ${NETWORK_NAMES.map((name, i) => `${name} ${numbers[i]}`).join(', ')}`;
};

const options = {
  network: choice(NETWORK_NAMES, 'what to train', { default: DEFAULT_NETWORK }),
  out: path(
    'FILE',
    'safetensors file to write; an existing file is not replaced (default: the name of the network, .safetensors)',
  ),
  seed: text('SEED', 'any text; decides the first weights and the order of the images', {
    default: REFERENCE_TRAINING.seed,
  }),
  epochs: count('N', `passes over the training images (${defaultsOf('epochs')})`),
  batchSize: count('N', `images per step (${defaultsOf('batchSize')})`),
  learningRate: number(
    'R',
    `of Adam at the first step, falling along a cosine (${defaultsOf('learningRate')})`,
    { example: REFERENCE_TRAINING.learningRate },
  ),
  activation: choice(ACTIVATIONS, 'lenet5: of all layers but the last', {
    default: MODEL_DEFAULTS.activation,
  }),
  mean: number('X', 'pixels enter as (byte / 255 - mean) / std', { default: normalization.mean }),
  std: number('X', 'see --mean', { default: normalization.std }),
  ...dataOptions,
  ...commonOptions,
};

export const trainCommand: Command = {
  summary: 'trains the LeNet-5 that the search prunes, or another small network',
  help:
    'Trains a network on the training split by plain cross-entropy with Adam, and writes the weights after the epoch with\n' +
    'the lowest loss on the search split as safetensors. On the test split it is only evaluated.\n\n' +
    'lenet5: as in the article; mlp: dense layers; cnn: strided convolutions, batch norm, max pooling; resnet: residual blocks;\n' +
    'dscnn: depthwise separable convolutions. All take 28 x 28 grey images of ten classes.',
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const { network: name = DEFAULT_NETWORK, activation = MODEL_DEFAULTS.activation } = values;
    const { out = `${name}.safetensors` } = values;
    if (values.activation !== undefined && name !== 'lenet5') throw fixedActivation(name, activation);
    const { [name]: chosen } = TRAINABLE_NETWORKS;
    const training = {
      seed: values.seed ?? REFERENCE_TRAINING.seed,
      epochs: values.epochs ?? chosen.training.epochs,
      batchSize: values.batchSize ?? chosen.training.batchSize,
      learningRate: values.learningRate ?? chosen.training.learningRate,
      normalization: { mean: values.mean ?? normalization.mean, std: values.std ?? normalization.std },
    };
    if (existsSync(out)) {
      throw new MasksearchError(
        'bad-input',
        phrase`${optionName('out')} is ${out}, which exists`,
        'name a new file',
        {
          option: 'out',
          value: out,
        },
      );
    }
    await checkWritable(dirname(out), `the output ${out}`);
    const network = chosen.network(activation);
    const splits = await loadSplits(values, { network });
    const status = new StatusLine();
    const interrupt = onInterrupt((again) => status.print(`Interrupted. ${again}`));
    try {
      const started = performance.now();
      const { model, epoch, history } = await train(network, splits, {
        ...training,
        signal: interrupt.signal,
        onEpoch(report) {
          status.update(() => {
            const seconds = (performance.now() - started) / 1000;
            const left = (seconds / report.epoch) * (report.epochs - report.epoch);
            return [
              `epoch ${report.epoch}/${report.epochs}`,
              `training loss ${nats(report.trainLoss)}`,
              `search loss ${nats(report.searchLoss)}`,
              `accuracy ${percent(report.searchAccuracy!)}`,
              `${duration(left)} left`,
            ].join('  ');
          });
        },
      });
      status.clear();
      const seconds = (performance.now() - started) / 1000;
      await writeFileAtomic(
        out,
        modelToSafetensors(model, { training: describe(training, name, activation) }),
      );

      const masks = fullMasks(problemOf(network).layers);
      const engine = referenceEngine();
      const search = await evaluateMasks(engine, model, splits.search, masks);
      const test = await evaluateMasks(engine, model, splits.test, masks);
      if (values.json) {
        console.log(
          JSON.stringify({ out, network: name, ...training, epoch, search, test, seconds }, null, 2),
        );
      } else {
        const rows = [
          ['', 'loss', 'accuracy'],
          ['search split', nats(search.loss), percent(search.accuracy!)],
          ['test split', nats(test.loss), percent(test.accuracy!)],
        ];
        console.log(
          `${table(rows)}\n\nBest epoch ${epoch} of ${history.length}, ${duration(seconds)}; wrote ${out}`,
        );
      }
      return EXIT.done;
    } finally {
      status.clear();
      interrupt.release();
    }
  },
};

/** The options that repeat a training on the same data, for the file's metadata; mean and std are there already. */
function describe(
  { seed, epochs, batchSize, learningRate }: typeof REFERENCE_TRAINING | TrainOptions,
  network: NetworkName,
  activation: Activation,
): string {
  const word = /^[\w.,:/+-]+$/.test(seed) ? seed : `'${seed.replaceAll("'", `'\\''`)}'`;
  const own = activation === MODEL_DEFAULTS.activation ? '' : ` --activation ${activation}`;
  const which = network === DEFAULT_NETWORK ? '' : `--network ${network} `;
  return `${which}--seed ${word} --epochs ${epochs} --batch-size ${batchSize} --learning-rate ${learningRate}${own}`;
}

const fixedActivation = (network: NetworkName, activation: Activation): MasksearchError =>
  new MasksearchError(
    'bad-input',
    phrase`${optionName('activation')} has no effect on ${network}`,
    phrase`leave it out, or pass ${optionName('network')} lenet5`,
    { option: 'activation', value: activation },
  );
