/** A model of a configuration and weights, whatever file they come from. */
import { checkModel } from '../../network/check-model.ts';
import type { Container } from '../../network/container.ts';
import type { Model } from '../../network/model.ts';
import { checkHoldsNetwork, normalizationFrom, type ModelOptions } from '../model-options.ts';
import { importNetwork } from './import.ts';
import type { JsonObject } from './config/json.ts';
import type { Parameters, WeightSource } from './weights.ts';

interface Parts {
  readonly config: JsonObject;
  readonly weights: WeightSource;
  /** Of Keras, as the file has it. */
  readonly version: string | undefined;
  readonly containerOf: (parameters: Parameters) => Container;
}

/** Throws 'bad-input' for what no network here can do. */
export function modelOf({ config, weights, version, containerOf }: Parts, options: ModelOptions = {}): Model {
  checkHoldsNetwork('a Keras model', options);
  const found = importNetwork(config, weights, majorOf(version), options.task);
  const { network, parameters, task } = found;
  const model: Model = {
    ...{ network, task },
    tensors: new Map([...parameters].map(([name, { values }]) => [name, values])),
    normalization: {
      ...normalizationFrom(options),
      ...(found.scalesBytes && options.scale === undefined && { scale: 1 }),
    },
    container: containerOf(parameters),
  };
  checkModel(model);
  return model;
}

/** "2.3.0-tf" is 2, "tfjs-layers 4.1" computes as Keras 2 does. */
function majorOf(version: string | undefined): number {
  const major = /^\d+/.exec(version ?? '')?.[0];
  return major === undefined ? 2 : Number(major);
}
