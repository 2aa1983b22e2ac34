/** Second moments on wgpu, whose compiler is Naga. */
import { test } from 'uvu';
import { fromReference, NETWORKS, testMoments } from '../backends/moments/suite.ts';
import { webGpuBackend } from '../backends/webgpu-backend.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { sample } from '../helpers/sample.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

testMoments({
  ...webGpuBackend(engine),
  expected: fromReference,
  networks: sample(Object.keys(NETWORKS), 5, 1),
});

test.run();
