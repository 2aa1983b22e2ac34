/** Networks and image sets of the size that people have fit into 2 GB, in a process of their own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sample } from '../helpers/sample.ts';

const root = join(import.meta.dirname, '../..');

/** Evaluates all weights, and masks that differ in one layer in the middle; prints the process's memory. */
const program = (name: string, images: number) => `
  import { spawnNodeWorker as spawn } from './src/engine/wasm/node/workers.ts';
  import { wasmEngine } from './src/engine/wasm/wasm.ts';
  import { fullMasks, randomMasks, randomModel, shadedImages } from './test/helpers/data/models.ts';
  import { PUBLIC_NETWORKS } from './test/helpers/data/public-networks.ts';
  const { network } = PUBLIC_NETWORKS[${JSON.stringify(name)}];
  const engine = await wasmEngine({ threads: 2, shared: true, spawn });
  const images = shadedImages(network, ${images}, 'memory');
  const evaluator = await engine.evaluator(randomModel(network, 'memory'), images);
  const masks = fullMasks(network);
  const middle = Math.floor(masks.length / 2);
  const [all] = await evaluator.evaluate([{ masks }]);
  for (let i = 0; i < 3; i++) {
    const pruned = masks.with(middle, randomMasks(network, 0.5, 'memory ' + i)[middle]);
    await evaluator.evaluate([{ masks: pruned }]);
  }
  const { macs, forwardPasses } = evaluator.work;
  const whole = evaluator.macsPerImage * images.count;
  await engine.close();
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ loss: all.loss, megabytes, passes: forwardPasses, share: macs / whole }));
`;

const rows = [
  ['MobileNetV1-0.25', 1_000],
  ['ResNet-20', 2_000],
] as const;

for (const [name, images] of sample(rows, 2)) {
  test(`${name} on ${images} images takes less than 2 GB, and layers before a change are not computed again`, async () => {
    const args = ['--import', 'tsx', '--input-type=module', '-e', program(name, images)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 240_000 });
    const { loss, megabytes, passes, share } = JSON.parse(stdout) as Record<string, number>;
    assert.ok(loss! > 0 && loss! < 100, `a loss of ${loss}`);
    assert.ok(megabytes! < 2_000, `${megabytes} MB`);
    // Four candidates; all but the first start in the middle.
    assert.ok(share! < passes! - 0.5, `${share} forward passes' worth of work in ${passes}`);
  });
}

test.run();
