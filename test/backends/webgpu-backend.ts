/** WebGPU as the suite takes it, on whatever implementation has opened the engine. */
import type { WebGpuEngine } from '../../src/engine/webgpu/webgpu.ts';
import { GRAPHS } from '../helpers/data/graphs/index.ts';
import { tinyNetwork } from '../helpers/data/models.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { sample } from '../helpers/sample.ts';
import type { Backend, Configuration } from './suite/backend.ts';
import type { SameBits } from './suite/bits.ts';

type Options = Parameters<WebGpuEngine['evaluator']>[2];

/** The device with these options of evaluators; one engine serves all configurations. */
function configuration(engine: WebGpuEngine, options: Options = {}): Configuration {
  const evaluator = (...[model, images, others]: Parameters<WebGpuEngine['evaluator']>) =>
    engine.evaluator(model, images, { ...options, ...others });
  const calibrator = (...inputs: Parameters<WebGpuEngine['calibrator']>) => engine.calibrator(...inputs);
  const opened = { device: engine.device, evaluator, calibrator, close: () => engine.close() };
  return { name: `WebGPU ${JSON.stringify(options)}`, open: acquireEngine, opened };
}

export const webGpuBackend = (engine: WebGpuEngine): Backend => ({
  ...configuration(engine),
  name: 'WebGPU',
  skipsPruned: false,
  abortsInTheMiddle: false,
  finishesOnClose: false,
  graphs: Object.fromEntries(sample(Object.entries(GRAPHS), 3)),
  long: { network: tinyNetwork, images: 32, candidates: 200 },
  program: `import { acquireEngine } from './test/helpers/gpu.ts';
    const engine = await acquireEngine();`,
});

/** Bytes of an arena with room for so many candidates of so many images. */
const room = (candidates: number, images: number) => 2 * candidates * images * 48 * 4;

/** Other sizes of everything that may not change a result. */
export const webGpuConfigurations = (engine: WebGpuEngine): SameBits['configurations'] =>
  [
    ...[{ chunkImages: 4 }, { chunkImages: 20 }, { chunkImages: 16, workgroupSize: 128 }],
    ...[{ workgroupSize: 1 }, { workgroupSize: 32 }, { workgroupSize: 256 }],
    ...[{ imagesPerBuffer: 10 }, { imagesPerBuffer: 17, chunkImages: 8 }],
    ...[room(3, 40), room(1, 40), room(1, 8), 4].map((arenaBytes) => ({ arenaBytes })),
    ...([{ tiling: { images: 1, outputs: 4 } }, { tiling: { images: 2, outputs: 12 } }] as const),
    { parallel: true },
  ].map((options) => ({ ...configuration(engine, options), step: 5 }));
