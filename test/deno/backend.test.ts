/** What every backend promises, on wgpu. */
import { test } from 'uvu';
import {
  testBits,
  testContract,
  testGraphDigests,
  testLayerwise,
  testTrainedNetwork,
} from '../backends/suite/index.ts';
import { webGpuBackend, webGpuConfigurations } from '../backends/webgpu-backend.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { isFull, sample } from '../helpers/sample.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

const webgpu = webGpuBackend(engine);
testContract(webgpu);
testLayerwise(webgpu, { roundsPerLayer: 1 });
testBits({
  name: webgpu.name,
  imageCount: 37,
  configurations: [{ ...webgpu, step: 5 }, ...sample(webGpuConfigurations(engine), 5)],
});
if (isFull) {
  testTrainedNetwork(webgpu);
  testGraphDigests({ ...webgpu, opened: engine }, { images: 90, iterations: 6, elementBytes: 4 });
}

test.run();
