import * as assert from 'uvu/assert';
import { referenceLogits } from '../../../src/engine/reference/forward.ts';
import { modelFromTflite } from '../../../src/formats/tflite/model.ts';
import type { Model } from '../../../src/network/model.ts';
import { fullMasks } from '../data/models.ts';
import { naiveScores } from '../data/naive-network.ts';
import { generator } from '../data/numbers.ts';
import { twinScores } from './twin.ts';

/** Largest difference of scores, relative to the largest score. */
const TOLERANCE = 1e-5;

/**
 * Fails unless the model in a file gives the scores of the twin, for random images.
 *
 * @param isLarge whether plain loops would take seconds for each
 */
export function assertTwin(file: Uint8Array, { images = 5, scale = 2, isLarge = false } = {}): void {
  const model = { ...modelFromTflite(file), normalization: { mean: 0, std: 1 } };
  const [channels, height = 1, width = 1] = model.network.input;
  for (let image = 0; image < images; image++) {
    const pixels = generator(`image ${image}`).floats(channels! * height * width, scale);
    // Images here have their channels first, those of files last.
    const last = pixels.map((_, i) => pixels[(i % channels!) * height * width + Math.floor(i / channels!)]!);
    const actual = isLarge
      ? referenceScores(model, pixels)
      : naiveScores(model, Array.from(pixels), fullMasks(model.network));
    const expected = twinScores(file, last);
    assert.is(actual.length, expected.length);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(largest > 1e-3, 'the scores are all zeros');
    actual.forEach((score, i) =>
      assert.ok(
        Math.abs(score - expected[i]!) <= TOLERANCE * largest,
        `score ${i} is ${score}, not ${expected[i]}`,
      ),
    );
  }
}

/** The scores of one image. */
function referenceScores(model: Model, pixels: Float32Array): number[] {
  const [channels, height = 1, width = 1] = model.network.input as [number, number?, number?];
  const images = { count: 1, channels, height, width, pixels };
  // Four images lie side by side; the other three are padding.
  return Array.from(referenceLogits(model, images, fullMasks(model.network))).filter((_, i) => i % 4 === 0);
}
