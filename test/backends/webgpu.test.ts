import { test } from 'uvu';
import { acquireEngine } from '../helpers/gpu.ts';
import { GRAPHS } from '../helpers/data/graphs/index.ts';
import { tinyNetwork } from '../helpers/data/models.ts';
import type { Configuration } from './suite/backend.ts';
import { testBits, testContract, testLayerwise, testTrainedNetwork } from './suite/index.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

type Evaluate = Parameters<typeof engine.evaluator>;

/** The device with these options of evaluators; one engine serves all configurations. */
function configuration(options: Evaluate[2] = {}): Configuration {
  const evaluator = (...[model, images, others]: Evaluate) =>
    engine.evaluator(model, images, { ...options, ...others });
  const opened = { device: engine.device, evaluator, close: () => engine.close() };
  return { name: `WebGPU ${JSON.stringify(options)}`, open: acquireEngine, opened };
}

const webgpu = {
  ...configuration(),
  name: 'WebGPU',
  skipsPruned: false,
  abortsInTheMiddle: false,
  finishesOnClose: false,
  graphs: GRAPHS,
  long: { network: tinyNetwork, images: 32, candidates: 200 },
  program: `import { acquireEngine } from './test/helpers/gpu.ts';
    const engine = await acquireEngine();`,
};

/** Bytes of an arena with room for so many candidates of so many images. */
const room = (candidates: number, images: number) => 2 * candidates * images * 48 * 4;

testContract(webgpu);
testTrainedNetwork(webgpu);
testLayerwise(webgpu, { roundsPerLayer: 3 });
testBits({
  name: webgpu.name,
  imageCount: 37,
  configurations: [
    webgpu,
    ...[
      ...[{ chunkImages: 4 }, { chunkImages: 20 }, { chunkImages: 16, workgroupSize: 128 }],
      ...[{ workgroupSize: 1 }, { workgroupSize: 32 }, { workgroupSize: 256 }],
      ...[{ imagesPerBuffer: 10 }, { imagesPerBuffer: 17, chunkImages: 8 }],
      ...[room(3, 40), room(1, 40), room(1, 8), 4].map((arenaBytes) => ({ arenaBytes })),
      ...([{ tiling: { images: 1, outputs: 4 } }, { tiling: { images: 2, outputs: 12 } }] as const),
      { parallel: true },
    ].map((options) => ({ ...configuration(options), step: 5 })),
  ],
});

test.run();
