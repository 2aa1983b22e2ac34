import {
  givenModelOptions,
  MODEL_DEFAULTS,
  type ModelOptions,
  type ReadingRecord,
} from '../../formats/model-options.ts';
import { POOLINGS } from '../../formats/checkpoint/which-network.ts';
import { networkFrom } from '../../formats/architecture.ts';
import { decodeFile } from '../../formats/node/files.ts';
import { ACTIVATIONS } from '../../kernels/activation.ts';
import type { Model } from '../../network/model.ts';
import { BUNDLED_MODEL, loadModel } from '../../node.ts';
import { readingOptions } from '../../pruning/options/groups/reading.ts';
import { choice, number, path } from '../../pruning/options/kinds.ts';

const { activation } = MODEL_DEFAULTS;

export const modelOptions = {
  model: path(
    'FILE',
    'file of a network: safetensors, ONNX, PyTorch, Keras, TensorFlow.js or TFLite; default: the bundled LeNet-5',
  ),
  architecture: path(
    'FILE',
    'the network as JSON, of a file that holds weights and no graph; masksearch inspect drafts it',
  ),
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
  values: ReadingRecord & { readonly model?: string | undefined },
): Promise<Model> {
  const given = { ...givenModelOptions(values), ...(await givenArchitecture(values.architecture)) };
  const model = await loadModel(values.model ?? BUNDLED_MODEL, given);
  for (const warning of model.warnings ?? []) console.error(`Warning: ${warning}.`);
  return model;
}

/** The network in a file of JSON. */
async function givenArchitecture(file: string | undefined): Promise<ModelOptions> {
  if (file === undefined) return {};
  const architecture = await decodeFile(file, 'architecture', (bytes) =>
    networkFrom(new TextDecoder().decode(bytes)),
  );
  return { architecture };
}
