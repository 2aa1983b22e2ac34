import { FLATTENS } from '../../../formats/checkpoint/flatten-order.ts';
import { MODEL_DEFAULTS, type ModelOptions } from '../../../formats/model-options.ts';
import { TASKS } from '../../../network/task.ts';
import { choice, number, numbers } from '../kinds.ts';

const { mean, std } = MODEL_DEFAULTS;

/** How a model takes its data. */
export const readingOptions = {
  flatten: choice(
    FLATTENS,
    'the order in which the first dense layer of a file of weights reads an image: as in PyTorch, or as in Keras',
    { default: FLATTENS[0] },
  ),
  mean: numbers(
    'X',
    `pixels enter as (x * scale - mean) / std; one number or one per channel; default: from the file, else ${mean}`,
  ),
  std: numbers('X', `see --mean; default: from the file, else ${std}`),
  task: choice(
    TASKS,
    'what the network is for; default: from the file; an ONNX file that ends in a softmax is for classes, in a sigmoid binary',
  ),
  scale: number('X', 'see --mean; default: from the file, else 1/255 for bytes and 1 for other numbers'),
};

/** Values of these options from texts; empty ones count as not given. Throws 'bad-input' for a bad value. */
export function parseReadingOptions(texts: Readonly<Record<string, string>>): ModelOptions {
  const given = Object.entries(readingOptions).flatMap(([name, option]) => {
    const text = texts[name]?.trim() ?? '';
    return text === '' ? [] : [[name, option.parse(text, name)] as const];
  });
  return Object.fromEntries(given);
}
