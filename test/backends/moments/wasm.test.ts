/** Second moments on WebAssembly against the float64 reference, and their bits with any number of threads. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { activation, conv2d, dense, flatten, sequential } from '../../../src/network/builder.ts';
import { assertRejects } from '../../helpers/assert/rejects.ts';
import { spawnNodeWorker } from '../../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../../src/engine/wasm/wasm.ts';
import type { Moments } from '../../../src/engine/backend.ts';
import { randomImages, randomModel } from '../../helpers/data/models.ts';
import { sample } from '../../helpers/sample.ts';
import { withEngine } from '../suite/backend.ts';
import {
  allMoments,
  assertSameBits,
  fromReference,
  NETWORKS,
  repaired,
  testMoments,
  testNetwork,
} from './suite.ts';

const configuration = (threads: number, shared: boolean) => ({
  name: `WebAssembly, ${threads} threads, ${shared ? 'shared' : 'copied'} memory`,
  open: () => wasmEngine({ threads, shared, spawn: spawnNodeWorker }),
});

testMoments({
  ...configuration(2, true),
  expected: fromReference,
  networks: sample(Object.keys(NETWORKS), 4),
});
testMoments({ ...configuration(2, false), expected: fromReference, networks: ['residual'] });

// Its matrices have 2,101 rows of as many, 35 MB each: more than a worker has room for, so rows are summed in two goes.
const wide = sequential(
  [1, 42, 50],
  conv2d('conv', { outChannels: 1, kernel: 1 }),
  activation('tanh', 'tanh'),
  flatten('flat'),
  dense('out', { outputs: 2 }),
);
testNetwork({ ...configuration(2, true), expected: fromReference }, 'a wide layer', wide);

for (const shared of [true, false]) {
  const { name, open } = configuration(2, shared);
  test(`${name}: moments can be aborted in the middle, and later ones are right`, async () => {
    const model = randomModel(NETWORKS['LeNet-5']!, 'abort');
    const images = randomImages(model.network, 2000, 'abort');
    await withEngine({ name, open }, async (engine) => {
      const calibrator = await engine.calibrator(model, images);
      const aborter = new AbortController();
      const { tensors } = repaired(model, 'abort');
      const late = calibrator.moments(1, tensors, { signal: aborter.signal });
      setTimeout(() => aborter.abort(), 30);
      const start = performance.now();
      await assertRejects(late, 'aborted');
      const stopped = performance.now() - start;
      const whole = await calibrator.moments(1, tensors);
      const taken = performance.now() - start - stopped;
      assert.ok(stopped < taken / 2, `stopped after ${stopped} ms, all of it takes ${taken} ms`);
      const again = await (await engine.calibrator(model, images)).moments(1, tensors);
      assertSameBits([whole], [again], 'after the abort');
    });
  });
}

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
