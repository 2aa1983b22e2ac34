/** `masksearch train`: trains the baseline. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../../formats/node-files.ts';
import { modelToSafetensors } from '../../formats/safetensors/model.ts';
import { lenet5 } from '../../network/network.ts';
import { problemOf } from '../../network/problem.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { ACTIVATIONS } from '../../kernels/activation.ts';
import { MasksearchError } from '../../core/error.ts';
import { fullMasks } from '../../core/mask.ts';
import { REFERENCE_TRAINING } from '../../train/defaults.ts';
import { train, type TrainOptions } from '../../train/train.ts';
import { EXIT, type Command } from '../command.ts';
import { evaluateMasks } from '../../pruning/evaluate-masks.ts';
import { duration, nats, percent, table } from '../terminal/format.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { checkWritable } from '../output-folder.ts';
import { choice, count, number, parseOptions, text, path } from '../options.ts';
import { commonOptions, dataOptions, loadSplits } from '../shared-options.ts';
import { StatusLine } from '../terminal/status-line.ts';

const { epochs, batchSize, learningRate, normalization } = REFERENCE_TRAINING;

const options = {
  out: path(
    'FILE',
    'where the safetensors go (default lenet5.safetensors); an existing file is not replaced',
  ),
  seed: text('SEED', 'decides the first weights and the order of the images (default 1)'),
  epochs: count('N', `passes over the training images (default ${epochs})`, { example: epochs }),
  batchSize: count('N', `images per step (default ${batchSize})`, { example: batchSize }),
  learningRate: number(
    'R',
    `of Adam at the first step, falling along a cosine (default ${learningRate})`,
    learningRate,
  ),
  activation: choice(ACTIVATIONS, 'of all layers but the last (default sigmoid)'),
  mean: number('X', `pixels enter as (byte / 255 - mean) / std (default ${normalization.mean})`),
  std: number('X', `see --mean (default ${normalization.std})`),
  ...dataOptions,
  ...commonOptions,
};

export const trainCommand: Command = {
  summary: 'trains the LeNet-5 that the search prunes',
  help:
    'Trains a LeNet-5 on the training split by plain cross-entropy with Adam, keeps the epoch of the lowest loss on\n' +
    'the search split, and writes it as safetensors. The test split is only reported.',
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const { out = 'lenet5.safetensors', activation } = values;
    const training = {
      seed: values.seed ?? REFERENCE_TRAINING.seed,
      epochs: values.epochs ?? epochs,
      batchSize: values.batchSize ?? batchSize,
      learningRate: values.learningRate ?? learningRate,
      normalization: { mean: values.mean ?? normalization.mean, std: values.std ?? normalization.std },
    };
    if (existsSync(out)) {
      throw new MasksearchError('bad-input', `out is ${out}, which exists`, 'name a new file', {
        option: 'out',
      });
    }
    await checkWritable(dirname(out), `the output ${out}`);
    const splits = await loadSplits(values);
    const network = lenet5(activation);
    const status = new StatusLine();
    const interrupt = onInterrupt(() => status.print('Interrupted.'));
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
              `accuracy ${percent(report.searchAccuracy)}`,
              `${duration(left)} left`,
            ].join('  ');
          });
        },
      });
      status.clear();
      const seconds = (performance.now() - started) / 1000;
      await writeFileAtomic(out, modelToSafetensors(model, { training: describe(training) }));

      const masks = fullMasks(problemOf(network).layers);
      const engine = referenceEngine();
      const search = await evaluateMasks(engine, model, splits.search, masks);
      const test = await evaluateMasks(engine, model, splits.test, masks);
      if (values.json) {
        console.log(JSON.stringify({ out, ...training, epoch, search, test, seconds }, null, 2));
      } else {
        const rows = [
          ['', 'loss', 'accuracy'],
          ['search split', nats(search.loss), percent(search.accuracy)],
          ['test split', nats(test.loss), percent(test.accuracy)],
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

/** The options that repeat a training on the same data, for the file's metadata; those it keeps itself left out. */
function describe({
  seed,
  epochs,
  batchSize,
  learningRate,
}: typeof REFERENCE_TRAINING | TrainOptions): string {
  const word = /^[\w.,:/+-]+$/.test(seed) ? seed : `'${seed.replaceAll("'", `'\\''`)}'`;
  return `--seed ${word} --epochs ${epochs} --batch-size ${batchSize} --learning-rate ${learningRate}`;
}
