/** What does not fit a network that is no LeNet-5: each command says so in one sentence. */
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMasks } from '../../../src/core/mask.ts';
import { masksToSafetensors } from '../../../src/formats/safetensors/masks.ts';
import { encodeSafetensors } from '../../../src/formats/safetensors/tensors.ts';
import { modelToSafetensors } from '../../../src/formats/safetensors/model.ts';
import { BUNDLED_MODEL, loadModel } from '../../../src/node.ts';
import { conv2d, globalPool, NetworkBuilder, pad } from '../../../src/network/builder.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { assertRefused, assertRefusedHere, assertRunsHere, runHere } from '../../helpers/cli.ts';
import { npyBytes, npyFloats, npyTexts, npz } from '../../helpers/data/npy.ts';
import { GRAPHS } from '../../helpers/data/graphs/index.ts';
import { randomModel } from '../../helpers/data/models.ts';
import { changedModel } from './files.ts';

const dir = await mkdtemp(join(tmpdir(), 'masksearch-errors-'));
test.after(() => rmSync(dir, { recursive: true }));

const IMAGES = 24;
const model = randomModel(GRAPHS['residual'], 'errors');
const images = (...shape: readonly number[]) => {
  const size = shape.reduce((product, length) => product * length, IMAGES);
  return npyBytes(
    [IMAGES, ...shape],
    Uint8Array.from({ length: size }, (_, i) => (i * 7919) % 256),
  );
};
const labels = (classes: number) =>
  npyBytes(
    [IMAGES],
    Uint8Array.from({ length: IMAGES }, (_, i) => i % classes),
  );

const lenet5 = await loadModel();
const { layers } = problemOf(lenet5.network);
const FILES: Readonly<Record<string, Uint8Array>> = {
  'residual.safetensors': modelToSafetensors(model),
  'good.npz': npz({ x: images(8, 8), y: labels(4) }),
  'large.npz': npz({ x: images(9, 8), y: labels(4) }),
  'coloured.npz': npz({ x: images(3, 8, 8), y: labels(4) }),
  'vectors.npz': npz({ x: images(60), y: labels(4) }),
  'classes.npz': npz({ x: images(8, 8), y: labels(6) }),
  'words.npz': npz({
    x: images(8, 8),
    y: npyTexts(Array.from({ length: IMAGES }, (_, i) => ['cat', 'dog'][i % 2]!)),
  }),
  'onehot.npz': npz({
    x: images(8, 8),
    y: npyFloats(
      [IMAGES, 5],
      Array.from({ length: 5 * IMAGES }, (_, i) => Number(i % 5 === 0)),
    ),
  }),
  'fewer.npz': npz({ x: images(8, 8), y: npyBytes([23], new Uint8Array(23)) }),
  'unlabelled.npz': npz({ x: images(8, 8) }),
  'masks.safetensors': masksToSafetensors(fullMasks(layers), layers),
  'silent.safetensors': await changedModel(() => undefined).then((file) => {
    const text = Buffer.from(file).toString('latin1').replace('"pooling":"average"', '"comment":"average"');
    return Buffer.from(text, 'latin1');
  }),
};
for (const [name, bytes] of Object.entries(FILES)) await writeFile(join(dir, name), bytes);

const DATA_ERRORS: readonly (readonly [data: string, pattern: RegExp])[] = [
  ['large.npz', /the images are 9 x 8, the network takes 1 x 8 x 8/],
  ['coloured.npz', /the images are 3 x 8 x 8, the network takes 1 x 8 x 8/],
  ['vectors.npz', /the images are 60, the network takes 1 x 8 x 8/],
  ['classes.npz', /the data have 6 classes, the network has 4/],
  ['words.npz', /2 different values.*the network has 4 classes/],
  ['onehot.npz', /5/],
  ['fewer.npz', /there are 23 labels for 24 images/],
  ['unlabelled.npz', /which are no|labels/],
  ['missing.npz', /missing\.npz/],
];

const COMMANDS = {
  prune: 'prune --evaluations 10 --device reference --out out --model residual.safetensors',
  evaluate: 'evaluate --device reference --model residual.safetensors',
  compare:
    'compare --preset tuned --seeds 1 --evaluations 10 --device reference --out out --model residual.safetensors',
};

for (const [command, line] of Object.entries(COMMANDS)) {
  for (const [data, pattern] of DATA_ERRORS) {
    test(`${command} refuses ${data}`, () =>
      assertRefusedHere(`${line} --data ${data}`, pattern, { cwd: dir }));
  }

  test(`${command} refuses layers, data and options that the network does not have`, async () => {
    // The bundled digits have 28 x 28 pixels.
    await assertRefusedHere(
      line,
      /the bundled digits are 28 x 28 .* takes 1 x 8 x 8 and has 4 classes; pass --data/,
      { cwd: dir },
    );
    await assertRefusedHere(
      `${line} --data good.npz --pooling max`,
      /--pooling has no effect on a safetensors file, which holds its network/,
      { cwd: dir },
    );
    await assertRefusedHere(
      `${line} --data good.npz --images 999`,
      /--images is 999 but must be at most 12/,
      { cwd: dir, announced: true },
    );
    if (command === 'evaluate') return;
    await assertRefusedHere(`${line} --data good.npz --layers conv1`, /--layers is conv1 but .*stem/, {
      cwd: dir,
      announced: true,
    });
  });
}

test('a graph that was written by hand is told which field to correct, and where it is shown how', async () => {
  const dense = { kind: 'dense', name: 'a', inputs: ['input'], outputs: 1, weight: 'a.weight' };
  const refused = async (
    architecture: unknown,
    pattern: RegExp,
    metadata = {},
    ...tensors: readonly string[]
  ) => {
    const text = typeof architecture === 'string' ? architecture : JSON.stringify(architecture);
    const named = tensors.map(
      (name) => [name, { dtype: 'F32', shape: [1, 4], data: new Float32Array(4) }] as const,
    );
    const file = encodeSafetensors(new Map(named), { ...metadata, architecture: text });
    await writeFile(join(dir, 'written.safetensors'), file);
    await assertRefusedHere('inspect written.safetensors', pattern, { cwd: dir });
  };
  const graph = (node: object) => ({ input: [4], nodes: [{ ...dense, ...node }], output: 'a' });
  const fix = '; correct the network in the metadata of the file, as docs/networks\\.md shows';
  await refused('{"input":', new RegExp(`the architecture in the file is not JSON${fix}`));
  await refused(
    graph({ kind: 'lstm' }),
    new RegExp(`architecture\\.nodes\\[0\\]\\.kind is lstm but .*flatten${fix}`),
  );
  await refused(graph({ outputs: 0 }), new RegExp(`architecture\\.nodes\\[0\\]\\.outputs is 0 but .*${fix}`));
  await refused(graph({ inputs: ['b'] }), new RegExp(`dense a reads b, which is no node before it${fix}`));
  await refused(
    graph({}),
    /the task is label, only .*; name one of these in the metadata of the file, as/,
    { task: 'label' },
    'a.weight',
  );
  await refused(graph({}), /the file has a tensor x, only a\.weight is allowed;/, {}, 'x');
  await refused(graph({}), /the file has no tensor a\.weight, a\.weight is needed;/);
  const bare = {
    input: [4],
    nodes: [{ kind: 'activation', name: 'a', inputs: ['input'], activation: 'relu', alpha: 0 }],
    output: 'a',
  };
  await refused(bare, /the file has a tensor x, no tensors are allowed;/, {}, 'x');
});

test('a checkpoint that does not say how it pools is refused by every command', async () => {
  for (const line of Object.values(COMMANDS)) {
    const args = line.replace('residual', 'silent');
    await assertRefusedHere(args, /the file does not say .*; pass --pooling max or average/, { cwd: dir });
  }
  await assertRefusedHere('inspect silent.safetensors', /pass --pooling max or average/, { cwd: dir });
});

test('inspect tells of the output that the network names, not of a layer after it', async () => {
  const builder = new NetworkBuilder([1, 1, 4]);
  builder.add(conv2d('conv', { outChannels: 3, kernel: [1, 3] }));
  builder.add(globalPool('global', 'average'));
  builder.add(pad('unused', { padding: [0, 0, 0, 0], channels: [0, 4] }), 'conv');
  const network = { ...builder.build(), output: 'global' };
  await writeFile(join(dir, 'unused.safetensors'), modelToSafetensors(randomModel(network, 'unused')));
  const { stdout } = await assertRunsHere('inspect unused.safetensors', { cwd: dir });
  assert.match(stdout, /^Task +classes: one of 3$/m);
});

test('masks of another network are refused', async () => {
  const line = `${COMMANDS.evaluate} --data good.npz`;
  await assertRefusedHere(`${line} --masks masks.safetensors`, /tensor/, { cwd: dir });
  await assertRefusedHere(`${line} --masks good.npz`, /good\.npz/, { cwd: dir });
  await assertRunsHere(line, { cwd: dir });
});

test('a run of another network is not picked from', async () => {
  const warned = await runHere(`${COMMANDS.prune} --data good.npz`, { cwd: dir });
  assert.is(warned.code, 0, warned.stderr);
  assertRefused(
    await runHere(`pick out --at sparsity=0 --model ${BUNDLED_MODEL}`, { cwd: dir }),
    /is not the model that was pruned/,
  );
});

test.run();
