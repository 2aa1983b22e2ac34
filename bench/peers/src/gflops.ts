/** How fast each runtime gets through the whole unmasked network. */
import {
  maskFromBytes,
  maskToBytes,
  fullMasks,
  takeImages,
  type Masks,
  type PrunableLayer,
} from 'masksearch';
import { loadModel } from 'masksearch/node';
import { findBatchSize } from './batch-size.ts';
import { contestants } from './contestants.ts';
import { allImages } from './digits.ts';
import { timeCandidates } from './measure.ts';
import { countOption, deviceOption, readOptions, runCommand, sharedOptions } from './options.ts';
import { fuse } from './layers.ts';
import { spreadOf } from './statistics.ts';
import { markdownTable } from './table.ts';

const options = {
  images: { placeholder: 'N', description: 'first N of training, search and test images (2000)' },
  threads: { placeholder: 'N', description: 'threads of those that have any (1)' },
  passes: { placeholder: 'N', description: 'forward passes to time (10)' },
  ...sharedOptions,
};

await runCommand(async () => {
  const given = readOptions('gflops', options);
  const threads = countOption('threads', given.threads, 1);
  const passes = countOption('passes', given.passes, 10);
  const model = await loadModel();
  const images = takeImages(await allImages(), countOption('images', given.images, 2000));
  const device = deviceOption(given.device);
  const macs = fuse(model.network).reduce((sum, layer) => sum + layer.macs, 0);

  const rows: string[][] = [];
  for (const contestant of contestants(device)) {
    if (contestant.batched && contestant.way !== 'plain') continue;
    const workload = { model, images };
    const batchSize = contestant.batched
      ? (await findBatchSize(contestant, workload, threads)).best
      : undefined;
    const opened = await contestant.open(workload, threads, batchSize ?? images.count);
    try {
      const [warmUp, ...masks] = almostFull(opened.evaluator.layers, passes + 1);
      await timeCandidates(opened.evaluator, [warmUp!]);
      const seconds = spreadOf(await timeCandidates(opened.evaluator, masks));
      const speed = (time: number) => ((2 * macs * images.count) / time / 1e9).toFixed(1);
      rows.push([
        contestant.runtime,
        `${opened.threads ?? '-'}`,
        `${batchSize ?? '-'}`,
        ((seconds.median * 1e6) / images.count).toFixed(2),
        speed(seconds.median),
        speed(seconds.min),
      ]);
    } finally {
      await opened.close();
    }
  }
  console.log(`${images.count} images, ${macs} multiply-accumulates each, two operations per one\n`);
  console.log(
    markdownTable(['runtime', 'threads', 'batch', 'us per image', 'GFLOP/s, median', 'best'], rows),
  );
  return 0;
});

/** Masks that prune one weight of each layer, another each time, so that no evaluator can have the answer already. */
function almostFull(layers: readonly PrunableLayer[], count: number): readonly Masks[] {
  return Array.from({ length: count }, (_, i) =>
    fullMasks(layers).map((full) =>
      maskFromBytes(maskToBytes(full).map((kept, weight) => (weight === i % full.length ? 0 : kept))),
    ),
  );
}
