/** Networks in files of Keras against the same networks run channels last, in plain loops and float64, from what is in the file. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromFile } from '../../../../src/formats/model-file.ts';
import type { Model } from '../../../../src/network/model.ts';
import { fullMasks } from '../../../helpers/data/models.ts';
import { naiveScores } from '../../../helpers/data/naive-network.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { h5Of, kerasOf, tfjsOf } from '../../../helpers/keras/files.ts';
import type { KerasNetwork } from '../../../helpers/keras/network.ts';
import { KERAS_NETWORKS } from '../../../helpers/keras/networks.ts';
import { twinScores } from '../../../helpers/keras/twin.ts';

/** Pixels in the order of Keras, in that of the network here. */
function channelsFirst(model: Model, keras: readonly number[]): number[] {
  const [channels, height = 1, width = 1] = model.network.input as [number, number?, number?];
  if (height * width === 1) return [...keras];
  return Array.from({ length: keras.length }, (_, i) => {
    const [channel, pixel] = [Math.floor(i / (height * width)), i % (height * width)];
    return keras[pixel * channels + channel]!;
  });
}

function assertSame(model: Model, network: KerasNetwork, strip = true): void {
  const size = network.input.reduce((product, one) => product * one, 1);
  for (let image = 0; image < 3; image++) {
    const pixels = Array.from(generator(`pixels ${image}`).floats(size, 2));
    const expected = twinScores(network, pixels, strip);
    const actual = naiveScores(model, channelsFirst(model, pixels), fullMasks(model.network));
    assert.is(actual.length, expected.length);
    const largest = Math.max(...expected.map(Math.abs));
    assert.ok(largest > 1e-3 && new Set(expected).size === expected.length);
    actual.forEach((score, i) =>
      assert.ok(Math.abs(score - expected[i]!) <= 1e-6 * largest, `${i}: ${score}, ${expected[i]}`),
    );
  }
}

for (const { name, network, strip } of KERAS_NETWORKS) {
  test(name, () => {
    const tfjs = tfjsOf(network, { shardBytes: 100 });
    const read = {
      'Keras 2 h5': modelFromFile({ name: 'a.h5', bytes: h5Of(network) }),
      'Keras 3 h5': modelFromFile({ name: 'a', bytes: h5Of(network, { version: 3, latest: true }) }),
      keras: modelFromFile({ name: 'a', bytes: kerasOf(network) }),
      'keras, compressed': modelFromFile({ name: 'a', bytes: kerasOf(network, 6) }),
      tfjs: modelFromFile({ name: 'model.json', bytes: tfjs.main }, {}, tfjs.beside),
    };
    for (const [format, model] of Object.entries(read)) {
      // Keras 3 computes it differently.
      const isChanged = /hard_sigmoid/.test(JSON.stringify(network)) && /3|keras/.test(format);
      if (!isChanged) assertSame(model, network, strip);
    }
  });
}

test.run();
