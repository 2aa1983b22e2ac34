/** Whether the unpruned network does what it should: if not, it was probably loaded wrongly, and no figure means anything. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase, type Phrase } from '../../core/phrase.ts';
import { fixed, nats } from '../../report/text/numbers.ts';
import { classesOf } from '../../network/fuse.ts';
import type { Model } from '../../network/model.ts';
import { taskOf, type Task } from '../../network/task.ts';
import type { Score } from '../../search/contract.ts';

/** By so much an accuracy may differ from the expected one: half a point, and what float64 makes of such a difference. */
const TOLERANCE = 0.005 + 1e-9;

const PIXELS = phrase`${optionName('mean')}, ${optionName('std')} and ${optionName('scale')}`;

/** Those of a safetensors file of our own. */
const NETWORK = ['activation', 'pooling'];

/** The options that say how a model's file and its data are to be read. The layers of one in a container of its own are known, unless it says otherwise. */
export function readingOptionsOf({ container }: Pick<Model, 'container'>): Phrase {
  const names = container ? (container.options ?? []) : NETWORK;
  return names.reduceRight((rest: Phrase, name) => phrase`${optionName(name)}, ${rest}`, PIXELS);
}

const TRAINED_ON = 'that the data is what the model was trained on';

function causesOf(model: Pick<Model, 'container'>): Phrase {
  const options = readingOptionsOf(model);
  const { container } = model;
  if (container && !container.options) return phrase`check ${options}, and ${TRAINED_ON}`;
  const isRowsFirst = container && [...container.layouts.values()].some(({ order }) => order);
  if (container?.options?.includes('flatten') && !isRowsFirst)
    return phrase`check ${options}, and ${TRAINED_ON}; if its dense layers read rows, columns, then channels, as those of Keras do, pass ${optionName('flatten')} rows-columns-channels`;
  return phrase`check ${options}, ${TRAINED_ON}, and that the order of its inputs is channel, row, column`;
}

const percentOf = (fraction: number) => `${fixed(100 * fraction, 2)} %`;

/** Throws 'bad-input' if the accuracy is not within half a point of `expected`, in percent, and if there is none. */
export function checkExpectedAccuracy(
  { accuracy }: Score,
  expected: number | undefined,
  model: Pick<Model, 'container'>,
  modelName: string,
): void {
  if (expected === undefined) return;
  if (accuracy === undefined) {
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName('expectAccuracy')} has no effect on a network without accuracy`,
      'leave it out',
      { option: 'expectAccuracy', value: expected },
    );
  }
  if (Math.abs(accuracy - expected / 100) <= TOLERANCE) return;
  throw new MasksearchError(
    'bad-input',
    phrase`the unpruned accuracy of ${modelName} is ${percentOf(accuracy)}, but ${optionName('expectAccuracy')} is ${expected}`,
    causesOf(model),
    { option: 'expectAccuracy', value: expected },
  );
}

/** A warning if the network does little better than chance; undefined if it does. */
export function suspicionOf(
  score: Score,
  model: Pick<Model, 'network' | 'task' | 'container'>,
  modelName: string,
): Phrase | undefined {
  const found = SUSPICIONS[taskOf(model)](score, classesOf(model.network), modelName);
  return found === undefined ? undefined : phrase`${found}: ${causesOf(model)}`;
}

/** What is suspicious about the score of a network with so many outputs. */
type Suspicion = (score: Score, outputs: number, modelName: string) => string | undefined;

const SUSPICIONS: Readonly<Record<Task, Suspicion>> = {
  classes({ accuracy = NaN, loss }, classes, modelName) {
    const chance = Math.log(classes);
    if (accuracy < 2 / classes)
      return `the unpruned accuracy of ${modelName} is ${percentOf(accuracy)}, less than twice that of guessing among ${classes} classes`;
    if (loss > chance)
      return `the unpruned loss of ${modelName} is ${nats(loss)}, more than that of guessing among ${classes} classes (${nats(chance)})`;
    return undefined;
  },
  binary({ accuracy = NaN, loss }, _, modelName) {
    if (accuracy < 0.5)
      return `the unpruned accuracy of ${modelName} is ${percentOf(accuracy)}, less than that of guessing`;
    if (loss > Math.LN2)
      return `the unpruned loss of ${modelName} is ${nats(loss)}, more than that of guessing (${nats(Math.LN2)})`;
    return undefined;
  },
  regression({ loss }, _, modelName) {
    if (loss < 1) return undefined;
    return `the unpruned loss of ${modelName} is ${nats(loss)}, no better than that of the mean of the targets (1)`;
  },
};
