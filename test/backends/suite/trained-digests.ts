/**
 * Annealing of the bundled residual and depthwise networks on bundled digits finds the same in any configuration of a backend, with
 * any optimizations, batch width and memory; and each run has what they could change.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fuse } from '../../../src/network/fuse.ts';
import { loadMnist, loadModel, takeImages } from '../../../src/node.ts';
import { simulatedAnnealing } from '../../../src/search/article/simulated-annealing.ts';
import { withEngine, type Configuration } from './backend.ts';
import { oneAtATime, runSearch, type MakeSearch, type Settings } from './digests.ts';

export interface TrainedDigestOptions {
  readonly images: number;
  /** Of annealing, in each layer. */
  readonly iterations: number;
}

/** In nats. Few images may have a loss that is above the share of an early layer otherwise. */
const LOSS_TO_WARMUP = 6;

const MODELS = join(import.meta.dirname, '../../../models');

export function testTrainedDigests(
  name: string,
  configurations: readonly Configuration[],
  { images, iterations }: TrainedDigestOptions,
): void {
  const make: MakeSearch = (problem, more) =>
    simulatedAnnealing(problem, { iterations, lossToWarmup: LOSS_TO_WARMUP, ...more });
  const rows = oneAtATime([4, 1], 0);
  const allOn = rows[0]!;
  const oneByOne: Settings = { ...allOn, batchWidth: 1 };
  const first: readonly Settings[] = [...rows, oneByOne, { ...allOn, memory: 0 }];

  for (const network of ['resnet', 'dscnn']) {
    test(`${name}: annealing of the trained ${network} finds the same in every configuration`, async () => {
      const model = await loadModel(join(MODELS, `mnist-${network}.safetensors`));
      const task = { model, images: takeImages((await loadMnist()).search, images) };
      const last = fuse(model.network).length - 1;
      let expected: string | undefined;
      for (const [i, configuration] of configurations.entries()) {
        const settings = i === 0 ? first : [allOn, oneByOne];
        await withEngine(configuration, async (engine) => {
          for (const row of settings) {
            const what = `${configuration.name}, ${JSON.stringify(row)}`;
            const found = await runSearch(engine, task, make, '1', row).catch((error: Error) => {
              throw new Error(`${what}: ${error.message}`, { cause: error });
            });
            assert.is(found.digest, (expected ??= found.digest), what);
            // Each run accepts candidates and stops early, or `runSearch` fails.
            const { candidates, progress, starts, insideBlock } = found;
            assert.is(
              candidates > 1 + progress.proposals,
              row.batchWidth !== 1,
              `${what}: dropped proposals`,
            );
            const isCached = row.prefixCache && row.memory !== 0;
            assert.is(starts.has(last), isCached, `${what}: the last layer alone`);
            if (network === 'resnet') assert.is(insideBlock(), isCached, `${what}: cuts inside a block`);
          }
        });
      }
    });
  }
}
