/** Times whole networks of any kind: a dense pass, and the default search beside the same search as a plain loop over ONNX Runtime. */
import { basename } from 'node:path';
import {
  holdBack,
  problemOf,
  run,
  tunedAnnealing,
  weightImportance,
  withValidation,
  type CountingEvaluator,
  type Evaluator,
  type ImageSet,
  type Masks,
  type Model,
} from 'masksearch';
import { openEngine } from 'masksearch/node';
import { wasmRoofs } from '../../../src/bench/wasm/roofs.ts';
import { uploadBatches } from './batches.ts';
import type { Workload } from './contestants.ts';
import { normalized } from './digits.ts';
import { GraphRuntime } from './graphs/graph-runtime.ts';
import { ownWorkload, WORKLOADS, workload } from './graphs/workloads.ts';
import { timeCandidates } from './measure.ts';
import { countOption, readOptions, runCommand, sharedOptions, UsageError } from './options.ts';
import { PeerEvaluator } from './peer-evaluator.ts';
import { PlainEvaluator } from './plain-evaluator.ts';
import { fallingMasks } from './random.ts';
import { spreadOf } from './statistics.ts';
import { markdownTable } from './table.ts';

const options = {
  networks: { placeholder: 'NAME,…', description: `of ${WORKLOADS.join(', ')} (all)` },
  model: { placeholder: 'FILE', description: 'a network of your own instead; needs --data' },
  data: { placeholder: 'PATH', description: 'its data, of which the search images are taken' },
  evaluations: { placeholder: 'N', description: 'of each search (300)' },
  passes: { placeholder: 'N', description: 'dense passes to time (7)' },
  repeats: { placeholder: 'N', description: 'searches of each, in turn (3)' },
  help: sharedOptions.help,
};

const THREADS = 1;
const ROOF_SAMPLES = 3;
/** Images of one run of a session. */
const BATCH_SIZES = [1, 8, 32, 100, 250];

await runCommand(async () => {
  const given = readOptions('graphs', options);
  const passes = countOption('passes', given.passes, 7);
  const evaluations = countOption('evaluations', given.evaluations, 300);
  const repeats = countOption('repeats', given.repeats, 3);
  const dense: string[][] = [];
  const searches: string[][] = [];
  for (const { name, load } of chosen(given)) {
    const work = await load();
    dense.push([name, ...(await denseRow(work, passes))]);
    console.error(dense.at(-1)!.join('  '));
    searches.push([name, ...(await searchRow(work, evaluations, repeats))]);
    console.error(searches.at(-1)!.join('  '));
  }
  console.log(
    `Dense pass, one thread, GFLOP/s, medians of ${passes}; the roof is that of 128-bit WebAssembly\n`,
  );
  console.log(
    markdownTable(['network', 'images', 'masksearch', 'of the roof', 'onnxruntime', 'batch', 'ratio'], dense),
  );
  console.log(`\nDefault search, ${evaluations} evaluations, one thread, medians of ${repeats}\n`);
  const header = ['network', 'images', 'masksearch', 'plain loop', 'times faster', 'same result'];
  console.log(markdownTable(header, searches));
  return 0;
});

interface Chosen {
  readonly name: string;
  readonly load: () => Promise<Workload>;
}

function chosen({ networks, model, data }: Partial<Record<string, string | boolean>>): readonly Chosen[] {
  if (typeof model === 'string' || typeof data === 'string') {
    if (typeof model !== 'string' || typeof data !== 'string' || networks !== undefined)
      throw new UsageError('--model needs --data, and the other way round, and neither goes with --networks');
    return [{ name: basename(model), load: () => ownWorkload(model, data) }];
  }
  const names = typeof networks === 'string' ? networks.split(',') : WORKLOADS;
  return names.map((name) => {
    const found = WORKLOADS.find((known) => known === name);
    if (found) return { name, load: () => workload(found) };
    throw new UsageError(`--networks names '${name}', there are ${WORKLOADS.join(', ')}`);
  });
}

/** Each in turn, pass by pass, so that both see the same machine. */
async function denseRow({ model, images }: Workload, passes: number): Promise<readonly string[]> {
  const engine = await openEngine({ device: 'wasm', threads: THREADS });
  const evaluator = await engine.evaluator(model, images);
  const runtime = await GraphRuntime.open(model, THREADS, 'constants');
  try {
    const { best, batches } = await bestBatch(runtime, model, images);
    // Every mask changes the first layer, so nothing is known already; one weight in a thousand makes no difference to the time.
    const candidates = fallingMasks(evaluator.layers, passes + 1, [0.9999, 0.999]);
    const own: number[] = [];
    const theirs: number[] = [];
    const roofs: number[] = [];
    for (const masks of candidates) {
      // Just before each: what shares the core may leave it half of its instructions.
      roofs.push((await wasmRoofs(ROOF_SAMPLES)).gflops);
      own.push(...(await timeCandidates(evaluator, [masks])));
      theirs.push(
        await secondsOf(async () => {
          for (const { activations } of batches) await runtime.scores(activations);
        }),
      );
    }
    const flop = 2 * evaluator.macsPerImage * images.count;
    // The first of each is a warm-up.
    const [a, b] = [own, theirs].map((seconds) => flop / spreadOf(seconds.slice(1)).median / 1e9) as [
      number,
      number,
    ];
    const shares = own.slice(1).map((seconds, i) => (100 * flop) / seconds / 1e9 / roofs[i + 1]!);
    const share = `${spreadOf(shares).median.toFixed(0)} % (${Math.min(...shares).toFixed(0)} to ${Math.max(...shares).toFixed(0)})`;
    return [`${images.count}`, a.toFixed(1), share, b.toFixed(1), `${best}`, (a / b).toFixed(2)];
  } finally {
    await runtime.close();
    await engine.close();
  }
}

async function bestBatch(runtime: GraphRuntime, model: Model, images: ImageSet) {
  const digits = normalized(images, model);
  let found: { best: number; seconds: number; batches: ReturnType<typeof upload> } | undefined;
  const upload = (size: number) => uploadBatches(runtime, digits, size);
  for (const size of BATCH_SIZES) {
    const batches = upload(size);
    const pass = async () => {
      for (const { activations } of batches) await runtime.scores(activations);
    };
    await pass();
    const seconds = await secondsOf(pass);
    if (!found || seconds < found.seconds) found = { best: size, seconds, batches };
  }
  return found!;
}

async function searchRow(work: Workload, evaluations: number, repeats: number): Promise<readonly string[]> {
  const own: number[] = [];
  const theirs: number[] = [];
  const results: (readonly Masks[])[] = [];
  const { tuning, validation } = holdBack(work.images);
  for (let repeat = 0; repeat < repeats; repeat++) {
    const engine = await openEngine({ device: 'wasm', threads: THREADS });
    try {
      const evaluator = withValidation(
        await engine.evaluator(work.model, tuning),
        await engine.evaluator(work.model, validation),
      );
      const ours = await timedSearch(work, tuning, evaluator, evaluations);
      own.push(ours.seconds);
      const plain = withValidation(
        await plainLoop(work.model, tuning),
        await plainLoop(work.model, validation),
      );
      const peer = await timedSearch(work, tuning, plain, evaluations);
      await plain.close();
      theirs.push(peer.seconds);
      results.push([ours.masks, peer.masks]);
    } finally {
      await engine.close();
    }
  }
  const [a, b] = [spreadOf(own).median, spreadOf(theirs).median];
  const same = results.every(([x, y]) => JSON.stringify(x, words) === JSON.stringify(y, words));
  const images = `${tuning.count} + ${validation.count}`;
  return [images, `${a.toFixed(2)} s`, `${b.toFixed(2)} s`, (b / a).toFixed(1), same ? 'yes' : 'no'];
}

function words(_: string, value: unknown): unknown {
  return value instanceof Uint32Array ? Array.from(value) : value;
}

async function timedSearch(
  { model }: Workload,
  tuning: ImageSet,
  evaluator: CountingEvaluator,
  evaluations: number,
): Promise<{ readonly seconds: number; readonly masks: Masks }> {
  const importance = await weightImportance('magnitude', model, tuning);
  const search = tunedAnnealing(evaluator, { importance, maxAccuracyDrop: 1, evaluations });
  let masks: Masks = [];
  const seconds = await secondsOf(async () => {
    masks = (await run(search, evaluator)).best.masks;
  });
  return { seconds, masks };
}

/** Every candidate over all images, with its weights as inputs. */
async function plainLoop(model: Model, images: ImageSet): Promise<CountingEvaluator> {
  const runtime = await GraphRuntime.open(model, THREADS, 'inputs');
  const { best, batches } = await bestBatch(runtime, model, images);
  for (const { activations } of batches) runtime.free(activations);
  const evaluator = PlainEvaluator.open(runtime, normalized(images, model), best);
  return counting(new PeerEvaluator(problemOf(model.network), evaluator));
}

/** What it computed is not counted. */
function counting(evaluator: Evaluator): CountingEvaluator {
  const none = {
    candidates: 0,
    forwardPasses: 0,
    imagesEvaluated: 0,
    macs: 0,
    skippedMacs: 0,
    uploadedBytes: 0,
    rounds: 0,
  };
  return Object.assign(evaluator, { macsPerImage: 0, work: none });
}

async function secondsOf(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}
