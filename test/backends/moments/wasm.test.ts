/** Second moments on WebAssembly against the float64 reference, and their bits with any number of threads. */
import { test } from 'uvu';
import { spawnNodeWorker } from '../../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../../src/engine/wasm/wasm.ts';
import type { Moments } from '../../../src/engine/backend.ts';
import { randomImages, randomModel } from '../../helpers/data/models.ts';
import { withEngine } from '../suite/backend.ts';
import { allMoments, assertSameBits, fromReference, NETWORKS, repaired, testMoments } from './suite.ts';

const configuration = (threads: number, shared: boolean) => ({
  name: `WebAssembly, ${threads} threads, ${shared ? 'shared' : 'copied'} memory`,
  open: () => wasmEngine({ threads, shared, spawn: spawnNodeWorker }),
});

testMoments({ ...configuration(2, true), expected: fromReference });
testMoments({ ...configuration(2, false), expected: fromReference, networks: ['residual'] });

for (const [name, network] of Object.entries(NETWORKS)) {
  test(`WebAssembly: moments of ${name} have the same bits with any number of threads`, async () => {
    const model = randomModel(network, name);
    // Seventeen blocks for the small networks: one slot has two.
    const images = randomImages(network, name === 'LeNet-5' ? 77 : 390, name);
    const current = repaired(model, `${name} threads`);
    let first: readonly Moments[] | undefined;
    for (const [threads, shared] of [
      [1, true],
      [2, true],
      [5, true],
      [1, false],
      [5, false],
    ] as const) {
      const opened = configuration(threads, shared);
      await withEngine(opened, async (engine) => {
        const found = await allMoments(engine, model, images, current);
        first ??= found;
        assertSameBits(found, first, opened.name);
      });
    }
  });
}

test.run();
