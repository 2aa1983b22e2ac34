/** Evaluations are equal bit for bit in every batch width and configuration. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Evaluation } from '../../../src/search/contract.ts';
import { evaluateAll } from '../../helpers/search/evaluations.ts';
import { randomImages, tinyNetwork } from '../../helpers/data/models.ts';
import { series, tiny, withEngine, type Configuration } from './backend.ts';

/** Configurations of a backend. A slow one evaluates only every `step`th candidate. */
export interface SameBits {
  readonly name: string;
  readonly configurations: readonly (Configuration & { readonly step?: number })[];
  /** More than one chunk of images or block of them, and not a multiple. */
  readonly imageCount: number;
}

export function testBits({ name, configurations, imageCount }: SameBits): void {
  test(`${name}: batch widths and configurations change no bit`, async () => {
    const candidates = series(64);
    const images = randomImages(tinyNetwork, imageCount, 'bits');
    let expected: readonly Evaluation[] | undefined;
    for (const configuration of configurations) {
      const { step = 1 } = configuration;
      const some = <T>(all: readonly T[]) => all.filter((_, i) => i % step === 0);
      await withEngine(configuration, async (engine) => {
        if (!expected) {
          const alone = [];
          for (const candidate of candidates) {
            const evaluator = await engine.evaluator(tiny, images);
            alone.push(...(await evaluateAll(evaluator, [candidate])));
            await evaluator.close();
          }
          expected = alone;
        }
        const evaluator = await engine.evaluator(tiny, images);
        for (const width of step === 1 ? [1, 7, 64] : [1, 64]) {
          const evaluations = await evaluateAll(evaluator, some(candidates), width);
          assert.equal(evaluations, some(expected), `${configuration.name}, ${width} at once`);
        }
      });
    }
    const losses = new Set(expected!.map((evaluation) => JSON.stringify(evaluation)));
    assert.ok(losses.size > 32, 'the candidates make no difference');
  });
}
