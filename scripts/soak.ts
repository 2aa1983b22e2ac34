/**
 * What takes too long for a test (`npm run soak`, a minute or two): memory while 10,000 small batches go through one
 * evaluator, and its peak over the article's annealing on all 10,000 digits, each in a process of its own. Exit code 1
 * where the memory grows or the peak is above what is promised.
 *
 *     node --import tsx scripts/soak.ts [--device wasm|reference|webgpu]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { imagesOfSplit } from '../src/cli/shared-options.ts';
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
  type Evaluator,
} from '../src/node.ts';
import { randomStream } from '../src/search/random.ts';

const BATCHES = 10_000;
const IMAGES = 120;
const REPORTS = 10;
/** Megabytes that the resident set may grow by over the second half of the batches: the collector is never quite done. */
const LARGEST_GROWTH = 15;
/** Megabytes, of the whole process. */
const LARGEST_PEAK = 400;

const { values, positionals } = parseArgs({
  options: { device: { type: 'string', default: 'wasm' } },
  allowPositionals: true,
});
const device = values.device as DeviceName;

const megabytes = (bytes: number) => Math.round(bytes / 1e6);
const peak = () => megabytes(process.resourceUsage().maxRSS * 1024);

if (positionals[0] === 'batches') await soakBatches();
else if (positionals[0] === 'schedule') await soakSchedule();
else {
  for (const part of ['batches', 'schedule']) {
    const args = [...process.execArgv, fileURLToPath(import.meta.url), part, '--device', device];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}

async function soakBatches(): Promise<void> {
  await withEvaluator(IMAGES, async (evaluator) => {
    const random = randomStream('1', 'soak');
    let current = fullMasks(evaluator.layers);
    const sizes: number[] = [];
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
      // Starts anew before everything is pruned.
      current = batch % 200 === 0 ? fullMasks(evaluator.layers) : candidates[0]!.masks;
      if (batch % (BATCHES / REPORTS) === 0) {
        sizes.push(megabytes(process.memoryUsage.rss()));
        console.log(`${batch} batches: ${sizes.at(-1)} MB resident`);
      }
    }
    const growth = sizes.at(-1)! - sizes[REPORTS / 2 - 1]!;
    verdict(growth <= LARGEST_GROWTH, `${growth} MB more than half-way, at most ${LARGEST_GROWTH} allowed`);
  });
}

async function soakSchedule(): Promise<void> {
  await withEvaluator(10_000, async (evaluator) => {
    const start = performance.now();
    const { best } = await run(simulatedAnnealing(evaluator, { seed: '1' }), evaluator);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`annealing on 10,000 images: ${seconds} s, loss ${best.loss.toFixed(4)}`);
    verdict(peak() <= LARGEST_PEAK, `peak of ${peak()} MB, at most ${LARGEST_PEAK} allowed`);
  });
}

async function withEvaluator(images: number, use: (evaluator: Evaluator) => Promise<void>): Promise<void> {
  const engine = await openEngine({ device });
  try {
    const all = imagesOfSplit(await loadMnist(), 'all');
    await use(await engine.evaluator(await loadModel(), takeImages(all, images)));
  } finally {
    await engine.close();
  }
}

function verdict(passed: boolean, what: string): void {
  console.log(`${passed ? 'ok' : 'FAILED'}: ${what}`);
  if (!passed) process.exitCode = 1;
}
