/** Whether the unpruned network does what it should: if not, it was probably loaded wrongly, and no figure means anything. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase, type Phrase } from '../../core/phrase.ts';
import { fixed, nats } from '../../report/text/numbers.ts';
import { classesOf } from '../../network/fuse.ts';
import type { Model } from '../../network/model.ts';
import { taskOf, type Task } from '../../network/task.ts';
import type { Score } from '../../search/contract.ts';

/** By so much an accuracy may differ from the expected one: half a point. */
const TOLERANCE = 0.005;

/** The options that say how a model's file and its data are to be read. */
export const READING_OPTIONS = phrase`${optionName('activation')}, ${optionName('pooling')}, ${optionName('mean')}, ${optionName('std')} and ${optionName('scale')}`;

const CAUSES = phrase`check ${READING_OPTIONS}, that the data is what the model was trained on, and that the order of its inputs is channel, row, column`;

const percentOf = (fraction: number) => `${fixed(100 * fraction, 2)} %`;

/** Throws 'bad-input' if the accuracy is not within half a point of `expected`, in percent, and if there is none. */
export function checkExpectedAccuracy(
  { accuracy }: Score,
  expected: number | undefined,
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
    CAUSES,
    { option: 'expectAccuracy', value: expected },
  );
}

/** A warning if the network does little better than chance; undefined if it does. */
export function suspicionOf(
  score: Score,
  model: Pick<Model, 'network' | 'task'>,
  modelName: string,
): Phrase | undefined {
  const found = SUSPICIONS[taskOf(model)](score, classesOf(model.network), modelName);
  return found === undefined ? undefined : phrase`${found}: ${CAUSES}`;
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
