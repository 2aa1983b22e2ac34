/** Second moments on WebGPU against the float64 reference, the same on every run. */
import { test } from 'uvu';
import { acquireEngine } from '../../helpers/gpu.ts';
import { GRAPHS } from '../../helpers/data/graphs/index.ts';
import { randomImages, randomModel } from '../../helpers/data/models.ts';
import {
  allMoments,
  assertSameBits,
  fromReference,
  NETWORKS,
  repaired,
  testMoments,
  testNetwork,
} from './suite.ts';
import { sample } from '../../helpers/sample.ts';
import { webGpuBackend } from '../webgpu-backend.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

testMoments({
  ...webGpuBackend(engine),
  expected: fromReference,
  networks: sample(Object.keys(NETWORKS), 12),
});

const inChunks = { ...webGpuBackend(engine), name: 'WebGPU, 8 images in a chunk' };
testNetwork(
  {
    ...inChunks,
    expected: fromReference,
    opened: {
      ...inChunks.opened!,
      calibrator: (model, images) => engine.calibrator(model, images, { chunkImages: 8 }),
    },
  },
  'padded channels',
);

test('WebGPU: moments have the same bits on every run', async () => {
  const model = randomModel(GRAPHS.branches, 'again');
  const images = randomImages(GRAPHS.branches, 301, 'again');
  const current = repaired(model, 'again');
  const found = await allMoments(engine, model, images, current);
  assertSameBits(await allMoments(engine, model, images, current), found, 'the second run');
});

test.run();
