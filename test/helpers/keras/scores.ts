import * as assert from 'uvu/assert';
import type { Model } from '../../../src/network/model.ts';
import { fullMasks } from '../data/models.ts';
import { naiveScores } from '../data/naive-network.ts';
import { generator } from '../data/numbers.ts';
import type { KerasNetwork } from './network.ts';
import { twinScores } from './twin.ts';

/** Pixels in the order of Keras, in that of the network here. */
function channelsFirst(model: Model, keras: readonly number[]): number[] {
  const [channels, height = 1, width = 1] = model.network.input as [number, number?, number?];
  if (height * width === 1) return [...keras];
  return Array.from({ length: keras.length }, (_, i) => {
    const [channel, pixel] = [Math.floor(i / (height * width)), i % (height * width)];
    return keras[pixel * channels + channel]!;
  });
}

/** Fails unless a model gives the scores of `twinScores` for random images, with pixels up to `scale`. */
export function assertScores(
  model: Model,
  network: KerasNetwork,
  { strip = true, scale = 2, images = 3 } = {},
): void {
  const size = network.input.reduce((product, one) => product * one, 1);
  for (let image = 0; image < images; image++) {
    const pixels = Array.from(generator(`pixels ${image}`).floats(size, scale));
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
