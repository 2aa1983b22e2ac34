import { MODEL_DEFAULTS } from '../../formats/safetensors/model.ts';
import { ACTIVATIONS } from '../../kernels/activation.ts';
import type { Model } from '../../network/model.ts';
import { BUNDLED_MODEL, loadModel } from '../../node.ts';
import { choice, number, path } from '../../pruning/options/kinds.ts';
import type { OptionValues } from '../../pruning/options/option.ts';

const { activation, mean, std } = MODEL_DEFAULTS;

export const modelOptions = {
  model: path('FILE', 'safetensors of a LeNet-5; default: the bundled one'),
  activation: choice(ACTIVATIONS, `the model's activation; default: from the file, else ${activation}`),
  mean: number('X', `pixels enter as (byte / 255 - mean) / std; default: from the file, else ${mean}`),
  std: number('X', `see --mean; default: from the file, else ${std}`),
};

export function loadChosenModel({ model, ...options }: OptionValues<typeof modelOptions>): Promise<Model> {
  const { activation, mean, std } = options;
  return loadModel(model ?? BUNDLED_MODEL, { activation, mean, std });
}
