/** Files of other people: their scores against a twin that reads them with other libraries. See `testWithShared`. */
import { readFile } from 'node:fs/promises';
import { File } from 'jsfive';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromFile } from '../../../../src/formats/model-file.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import type { KerasLayer, KerasNetwork } from '../../../helpers/keras/network.ts';
import { assertScores } from '../../../helpers/keras/scores.ts';
import { testWithShared } from '../../../helpers/shared.ts';

interface Entry {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly inbound_nodes: readonly (readonly (readonly [string, ...unknown[]])[])[];
}

/** The network of a functional model of Keras 2, with weights as jsfive reads them. */
function networkOf(bytes: Uint8Array): KerasNetwork {
  const file = new File(new Uint8Array(bytes).buffer);
  const { config } = JSON.parse(file.attrs['model_config'] as string) as { config: { layers: Entry[] } };
  const layers = config.layers.map(({ class_name, config, inbound_nodes }): KerasLayer => {
    const group = file.get(`model_weights/${config.name}`);
    const names = (group.attrs['weight_names'] ?? []) as string[];
    const weights = names.map((padded) => {
      // Texts of a fixed length are padded.
      const name = padded.replace(/\0+$/, '');
      const { shape, value } = group.get(name);
      return { role: name.replace(/.*\/|:0/g, ''), shape, values: Float32Array.from(value) };
    });
    return {
      ...{ className: class_name, name: config.name, config, weights },
      inputs: (inbound_nodes[0] ?? []).map(([name]) => name),
    };
  });
  const shape = layers[0]!.config['batch_input_shape'] as number[];
  return { input: shape.slice(1), layers, isSequential: false };
}

testWithShared(
  'models/tiny_ic_resnet8.h5',
  'a ResNet of MLPerf Tiny has the scores of its twin',
  async (path) => {
    const bytes = new Uint8Array(await readFile(path));
    const model = modelFromFile({ name: path, bytes }, { scale: 1 });
    const weights = [...model.tensors.values()].reduce((sum, { length }) => sum + length, 0);
    assert.is(weights, 78_666);
    assert.is(problemOf(model.network).layers.length, 10);
    assert.equal(model.network.input, [3, 32, 32]);
    assert.is(model.task, 'classes');
    // Its first layers see numbers of the size of bytes.
    assertScores(model, networkOf(bytes), { scale: 255, images: 1 });
    const { main } = model.container!.write(model.tensors);
    assert.equal(main, bytes);
  },
);

test.run();
