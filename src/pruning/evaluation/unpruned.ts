/** Whether the unpruned network does what it should: if not, it was probably loaded wrongly, and no figure means anything. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase, type Phrase } from '../../core/phrase.ts';
import { fixed, nats } from '../../report/text/numbers.ts';
import type { Score } from '../../search/contract.ts';

/** By so much an accuracy may differ from the expected one: half a point. */
const TOLERANCE = 0.005;

/** The options that say how a model's file and its data are to be read. */
export const READING_OPTIONS = phrase`${optionName('activation')}, ${optionName('pooling')}, ${optionName('mean')}, ${optionName('std')} and ${optionName('scale')}`;

const CAUSES = phrase`check ${READING_OPTIONS}, that the data is what the model was trained on, and that the order of its inputs is channel, row, column`;

const percentOf = (fraction: number) => `${fixed(100 * fraction, 2)} %`;

/** Throws 'bad-input' if the accuracy is not within half a point of `expected`, in percent. */
export function checkExpectedAccuracy(
  { accuracy }: Score,
  expected: number | undefined,
  modelName: string,
): void {
  if (expected === undefined || Math.abs(accuracy - expected / 100) <= TOLERANCE) return;
  throw new MasksearchError(
    'bad-input',
    phrase`the unpruned accuracy of ${modelName} is ${percentOf(accuracy)}, but ${optionName('expectAccuracy')} is ${expected}`,
    CAUSES,
    { option: 'expectAccuracy', value: expected },
  );
}

/** A warning if the network does little better than chance on `classes` classes; undefined if it does. */
export function suspicionOf(
  { accuracy, loss }: Score,
  classes: number,
  modelName: string,
): Phrase | undefined {
  const isGuessing = accuracy < 2 / classes;
  const chance = Math.log(classes);
  if (!isGuessing && !(loss > chance)) return undefined;
  const found = isGuessing
    ? `the unpruned accuracy of ${modelName} is ${percentOf(accuracy)}, less than twice that of guessing among ${classes} classes`
    : `the unpruned loss of ${modelName} is ${nats(loss)}, more than that of guessing among ${classes} classes (${nats(chance)})`;
  return phrase`${found}: ${CAUSES}`;
}
