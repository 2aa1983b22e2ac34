/** The configuration and the arrays of a Keras .h5, read with jsfive. */
import type { io } from '@tensorflow/tfjs-core';
import { File, type Group } from 'jsfive';

/** Without regularizers, of which TensorFlow.js does not know all, and which only training needs. */
const untrained = (key: string, value: unknown) => (key.endsWith('_regularizer') ? null : value);

const textOf = (value: unknown) => String(value).replace(/\0+$/, '');

export function kerasFromH5(file: Uint8Array): io.ModelArtifacts {
  const root = new File(Uint8Array.from(file).buffer);
  const weights = root.get('model_weights') as Group;
  const weightSpecs: io.WeightsManifestEntry[] = [];
  const numbers: number[] = [];
  for (const layer of namesIn(weights, 'layer_names')) {
    const group = weights.get(layer);
    for (const name of namesIn(group, 'weight_names')) {
      const { shape, value } = group.get(name);
      weightSpecs.push({ name: name.replace(/:0$/, ''), shape: [...shape], dtype: 'float32' });
      for (const number of value) numbers.push(number);
    }
  }
  return {
    modelTopology: {
      ...{ keras_version: textOf(root.attrs['keras_version']), backend: 'tensorflow' },
      model_config: JSON.parse(textOf(root.attrs['model_config']), untrained) as object,
    },
    weightSpecs,
    weightData: Float32Array.from(numbers).buffer,
  };
}

const namesIn = ({ attrs }: Group, attribute: string): readonly string[] =>
  ((attrs[attribute] ?? []) as readonly unknown[]).map(textOf);
