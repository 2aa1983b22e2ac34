/**
 * Checks that take too long for a test (`npm run soak`, some minutes). Each part runs in a process of its own; the exit
 * code is 1 if one fails:
 * - `batches`: memory, and buffers on a GPU, while 10,000 small batches go through one evaluator.
 * - `schedule`: peak memory of the article's annealing on all 10,000 digits. Not on a GPU.
 * - `matrix`: the digest on LeNet-5 is the same for every number of candidates at once, with and without each optimization. On a
 *   GPU.
 *
 *     node --import tsx scripts/soak.ts [--device wasm|webgpu] [batches|schedule|matrix]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { imagesOfSplit } from '../src/pruning/images.ts';
import { ALL_OPTIMIZATIONS } from '../src/engine/optimizations.ts';
import { webGpuEngine, WebGpuEngine } from '../src/engine/webgpu/webgpu.ts';
import {
  fullMasks,
  loadMnist,
  loadModel,
  openEngine,
  run,
  simulatedAnnealing,
  takeImages,
  type Candidate,
  type DeviceName,
  type Engine,
  type Evaluator,
} from '../src/node.ts';
import { randomStream } from '../src/core/random.ts';
import { openAnyAdapter } from './software-gpu/open-adapter.ts';

const BATCHES = 10_000;
const REPORTS = 10;
/** Megabytes by which the resident set may grow over the second half of the batches: some garbage is always left. */
const MAX_GROWTH = 15;
/** Megabytes of the whole process. */
const MAX_PEAK = 400;

const { values, positionals } = parseArgs({
  options: { device: { type: 'string' } },
  allowPositionals: true,
});
const megabytes = (bytes: number) => Math.round(bytes / 1e6);
const peak = () => megabytes(process.resourceUsage().maxRSS * 1024);

const PARTS: Readonly<Record<string, Readonly<Record<string, () => Promise<void>>>>> = {
  wasm: { batches: () => soakBatches('wasm', 120), schedule: soakSchedule },
  // A software GPU is slow, and memory grows by batches, not by images.
  webgpu: { batches: () => soakBatches('webgpu', 16), matrix: soakMatrix },
};

const [only] = positionals;
const devices = values.device === undefined ? Object.keys(PARTS) : [values.device];
if (devices.length === 1 && only !== undefined) await PARTS[devices[0]!]![only]!();
else {
  for (const device of devices) {
    for (const part of only === undefined ? Object.keys(PARTS[device]!) : [only]) {
      console.log(`${device}, ${part}`);
      const args = [...process.execArgv, fileURLToPath(import.meta.url), part, '--device', device];
      const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
      if (status !== 0) process.exitCode = 1;
    }
  }
}

async function soakBatches(device: DeviceName, images: number): Promise<void> {
  await withEvaluator(device, images, async (evaluator, engine) => {
    const random = randomStream('1', 'soak');
    let current = fullMasks(evaluator.layers);
    const sizes: number[] = [];
    const buffers: number[] = [];
    for (let batch = 1; batch <= BATCHES; batch++) {
      const layer = Math.floor(random() * current.length);
      const candidates = Array.from({ length: 1 + Math.floor(random() * 3) }, (): Candidate => {
        const { length, words } = current[layer]!;
        const dropped = words.map((word) => word & ~(1 << (32 * random())));
        return {
          masks: current.with(layer, { length, words: dropped }),
          lossLimit: random() < 0.5 ? random() : undefined,
        };
      });
      await evaluator.evaluate(candidates);
      // Starts again before everything is pruned.
      current = batch % 200 === 0 ? fullMasks(evaluator.layers) : candidates[0]!.masks;
      if (batch % (BATCHES / REPORTS) === 0) {
        sizes.push(megabytes(process.memoryUsage.rss()));
        buffers.push(engine instanceof WebGpuEngine ? engine.context.bufferCount : 0);
        console.log(`${batch} batches: ${sizes.at(-1)} MB resident, ${buffers.at(-1)} buffers on the GPU`);
      }
    }
    const growth = sizes.at(-1)! - sizes[REPORTS / 2 - 1]!;
    verdict(growth <= MAX_GROWTH, `${growth} MB more than half-way, at most ${MAX_GROWTH} allowed`);
    const steady = buffers.at(-1) === buffers[0];
    verdict(
      steady,
      `${buffers.at(-1)} buffers on the GPU, ${buffers[0]} after the first ${BATCHES / REPORTS} batches`,
    );
  });
}

async function soakSchedule(): Promise<void> {
  await withEvaluator('wasm', 10_000, async (evaluator) => {
    const start = performance.now();
    const { best } = await run(simulatedAnnealing(evaluator, { seed: '1' }), evaluator);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`annealing on 10,000 images: ${seconds} s, loss ${best.loss.toFixed(4)}`);
    verdict(peak() <= MAX_PEAK, `peak of ${peak()} MB, at most ${MAX_PEAK} allowed`);
  });
}

/**
 * Runs every number of candidates at once with each optimization switched off. `true` adapts the number to what is worthwhile, on
 * an evaluator that claims a batch width of 16.
 */
async function soakMatrix(): Promise<void> {
  const engine = await openDevice('webgpu');
  try {
    const [model, images] = [await loadModel(), takeImages((await loadMnist()).search, 150)];
    const names = Object.keys(ALL_OPTIMIZATIONS);
    const configurations = [
      { name: 'full', optimizations: {}, lossLimits: true },
      ...names.map((name) => ({ name: `no ${name}`, optimizations: { [name]: false }, lossLimits: true })),
      { name: 'no lossLimits', optimizations: {}, lossLimits: false },
      {
        name: 'plain',
        optimizations: Object.fromEntries(names.map((name) => [name, false])),
        lossLimits: false,
      },
    ];
    let expected: string | undefined;
    for (const { name, optimizations, lossLimits } of configurations) {
      for (const speculation of [1, 4, 16, 64, true]) {
        const evaluator = await engine.evaluator(model, images, { optimizations });
        const search = simulatedAnnealing(evaluator, { seed: '1', iterations: 12, lossLimits });
        const { layers, depth, images: count } = evaluator;
        const wide: Evaluator = {
          ...{ layers, depth, images: count, batchWidth: 16 },
          evaluate: (candidates, options) => evaluator.evaluate(candidates, options),
          close: () => evaluator.close(),
        };
        const { digest, progress } = await run(search, wide, { speculation });
        const { candidates, forwardPasses, imagesEvaluated } = evaluator.work;
        expected ??= digest;
        const dropped = candidates - 1 - progress.proposals;
        const early = forwardPasses * count - imagesEvaluated;
        const told = progress.accepted > 0 && (speculation === 1 || dropped > 0);
        verdict(
          digest === expected && told,
          `${name}, ${speculation === true ? 'adaptive' : speculation} at once: ${digest.slice(0, 12)}, ` +
            `${progress.accepted} accepted, ${dropped} dropped, ${early} images not visited`,
        );
        await evaluator.close();
      }
    }
  } finally {
    await engine.close();
  }
}

/** As `openEngine` does, but without a GPU 'webgpu' is the software GPU. */
async function openDevice(device: DeviceName): Promise<Engine> {
  const found = device === 'webgpu' ? await openAnyAdapter() : undefined;
  return found ? webGpuEngine(found.adapter, found.software) : openEngine({ device });
}

async function withEvaluator(
  device: DeviceName,
  images: number,
  use: (evaluator: Evaluator, engine: Engine) => Promise<void>,
): Promise<void> {
  const engine = await openDevice(device);
  try {
    const all = imagesOfSplit(await loadMnist(), 'all');
    await use(await engine.evaluator(await loadModel(), takeImages(all, images)), engine);
  } finally {
    await engine.close();
  }
}

function verdict(passed: boolean, what: string): void {
  console.log(`${passed ? 'ok' : 'FAILED'}: ${what}`);
  if (!passed) process.exitCode = 1;
}
