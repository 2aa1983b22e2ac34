/** Neither optimizations, nor the number of candidates per request, nor the memory of the cache changes what a search of a graph finds. */
import * as assert from 'uvu/assert';
import { simulatedAnnealing } from '../../../src/search/article/simulated-annealing.ts';
import { classifier } from '../../helpers/data/classifier.ts';
import { GRAPHS } from '../../helpers/data/graphs/index.ts';
import { sample } from '../../helpers/sample.ts';
import { testOn, type Configuration } from './backend.ts';
import { oneAtATime, runSearch, type MakeSearch, type Settings } from './digests.ts';

export interface GraphDigestOptions {
  readonly images: number;
  /** Of annealing, in each layer. */
  readonly iterations: number;
  /** Bytes of the cache per element that is cached of every image. */
  readonly elementBytes: number;
}

/** A block whose inner layers are searched from cuts inside it, and depthwise convolutions. */
const { residual, separable } = GRAPHS;

/**
 * Elements per image that the cache has room for: for nothing; for the last tensor alone, so that what leads to it is not cached; for
 * some; for all.
 */
const ELEMENTS = [0, 8, 200, Infinity];

/** Of the scores: after global pooling they differ little between random images. */
const SCALE = 10_000;

export function testGraphDigests(
  backend: Configuration,
  { images, iterations, elementBytes }: GraphDigestOptions,
): void {
  const make: MakeSearch = (problem, others) =>
    simulatedAnnealing(problem, { iterations, lossToWarmup: 6, ...others });
  for (const [name, network] of Object.entries({ residual, separable })) {
    const title = `annealing of a ${name} network finds the same with any optimizations, batch width and memory`;
    testOn(backend, title, async (engine) => {
      const task = classifier(network, images, name, SCALE);
      const rows = oneAtATime([1, 4], 0);
      const all = rows[0]!;
      const memories = ELEMENTS.map((elements) => elements * elementBytes * images);
      const settings = sample<Settings>([...rows, ...memories.map((memory) => ({ ...all, memory }))], 2);
      let expected: string | undefined;
      for (const row of settings) {
        const what = JSON.stringify(row);
        const { digest, candidates, progress, insideBlock } = await runSearch(engine, task, make, '1', row);
        assert.is(digest, (expected ??= digest), what);
        assert.is(candidates > 1 + progress.proposals, row.batchWidth !== 1, `${what}: dropped proposals`);
        if (name === 'residual' && (row.memory ?? Infinity) === Infinity)
          assert.is(insideBlock(), row.prefixCache, `${what}: cuts inside a block`);
      }
    });
  }
}
