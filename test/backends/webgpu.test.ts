import { test } from 'uvu';
import { acquireEngine } from '../helpers/gpu.ts';
import { sample } from '../helpers/sample.ts';
import { testBits, testContract, testLayerwise, testTrainedNetwork } from './suite/index.ts';
import { webGpuBackend, webGpuConfigurations } from './webgpu-backend.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

const webgpu = webGpuBackend(engine);
testContract(webgpu);
testTrainedNetwork(webgpu);
testLayerwise(webgpu, { roundsPerLayer: 3 });
testBits({
  name: webgpu.name,
  imageCount: 37,
  configurations: [webgpu, ...sample(webGpuConfigurations(engine), 4)],
});

test.run();
