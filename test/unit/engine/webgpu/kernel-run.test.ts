import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelRun } from '../../../../src/engine/webgpu/device/kernel-run.ts';
import type { Pipelines } from '../../../../src/engine/webgpu/device/pipelines.ts';
import { copyWords } from '../../../../src/kernels/copy-words.ts';
import { fakeContext } from './fake-context.ts';

const options = {
  spec: copyWords,
  shape: { words: 8 },
  images: 0,
  contents: { params: Uint32Array.of(2), x: new Uint32Array(8), y: new Uint32Array(8) },
};
const tiling = { workgroupSize: 1, images: 1, outputs: 4 } as const;

/** Compiles nothing; counts what it is asked for. */
function fakePipelines() {
  const asked: unknown[] = [];
  const get = (...args: unknown[]) => {
    asked.push(args);
    return Promise.resolve({ pipeline: {}, layout: { label: 'layout' } });
  };
  return { asked, pipelines: { get } as unknown as Pipelines };
}

/** The message of what `action` rejects with. */
const messageOf = (action: Promise<unknown>) =>
  action.then(
    () => 'it does not reject',
    (error: Error) => error.message,
  );

test('every binding has a buffer with its contents, bound in order, until close()', async () => {
  const { context, alive, writes, groups } = fakeContext({ limits: { maxComputeWorkgroupsPerDimension: 2 } });
  const { pipelines, asked } = fakePipelines();
  const run = await KernelRun.open(context, pipelines, options);
  const made = [...alive].map(({ label, size }) => `${label} ${size}`);
  assert.equal(made, ['params 4', 'x 32', 'y 32']);
  assert.equal(writes, ['params', 'x', 'y']);
  const { grid } = await run.bind(tiling);
  assert.equal(grid, [2, 1, 1]);
  assert.equal(asked, [[copyWords, { words: 8 }, tiling]]);
  const buffers = [...alive].map((buffer, binding) => ({ binding, resource: { buffer } }));
  assert.equal(groups, [{ label: 'copy_words', layout: { label: 'layout' }, entries: buffers }]);
  run.close();
  assert.is(alive.size, 0);
});

test('if one buffer cannot be created, none is left', async () => {
  const { context, alive } = fakeContext({ refuse: 'y' });
  assert.is(await messageOf(KernelRun.open(context, fakePipelines().pipelines, options)), 'no room for y');
  assert.is(alive.size, 0);
});

test('a grid that the device does not allow is refused before anything is compiled', async () => {
  const { context } = fakeContext({ limits: { maxComputeWorkgroupsPerDimension: 1 } });
  const { pipelines, asked } = fakePipelines();
  const run = await KernelRun.open(context, pipelines, options);
  assert.is(await messageOf(run.bind(tiling)), 'no the grid of copy_words');
  assert.equal(asked, []);
});

test.run();
