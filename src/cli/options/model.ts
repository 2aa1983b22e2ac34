import { givenModelOptions, MODEL_DEFAULTS, type ModelOptions } from '../../formats/model-options.ts';
import { POOLINGS } from '../../formats/safetensors/model.ts';
import { ACTIVATIONS } from '../../kernels/activation.ts';
import type { Model } from '../../network/model.ts';
import { BUNDLED_MODEL, loadModel } from '../../node.ts';
import { readingOptions } from '../../pruning/options/groups/reading.ts';
import { choice, number, path } from '../../pruning/options/kinds.ts';
import type { OptionValues } from '../../pruning/options/option.ts';

const { activation } = MODEL_DEFAULTS;

export const modelOptions = {
  model: path('FILE', 'safetensors, ONNX or TFLite of a network; default: the bundled LeNet-5'),
  activation: choice(
    ACTIVATIONS,
    `of a LeNet-5 whose file does not hold its network; default: from the file, else ${activation}`,
  ),
  pooling: choice(POOLINGS, 'likewise: how it pools, which its weights do not show; no default'),
  ...readingOptions,
};

/** Guards against a model that is read in another way than it was trained. */
export const expectOption = {
  expectAccuracy: number('P', 'stop if the unpruned accuracy is further than half a point from P percent', {
    example: 97,
    range: [0, 100],
  }),
};

/** The model, after warnings about its file on standard error. */
export async function loadChosenModel(
  values: ModelOptions & Pick<OptionValues<typeof modelOptions>, 'model'>,
): Promise<Model> {
  const model = await loadModel(values.model ?? BUNDLED_MODEL, givenModelOptions(values));
  for (const warning of model.warnings ?? []) console.error(`Warning: ${warning}.`);
  return model;
}
