import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Dispatcher, type Dispatch } from '../../../../src/engine/webgpu/device/dispatcher.ts';
import { fakeContext } from './fake-context.ts';

const buffer = (label: string) => ({ label }) as GPUBuffer;
const pipelineOf = (name: string) => ({
  pipeline: { label: name } as GPUComputePipeline,
  layout: { label: name } as GPUBindGroupLayout,
  tiling: { workgroupSize: 64, images: 1, outputs: 4 } as const,
});

/** A pass that records its calls. */
function recorder() {
  const calls: unknown[][] = [];
  const pass = {
    setPipeline: (pipeline: object) => calls.push(['pipeline', pipeline]),
    setBindGroup: (index: number, group: object, offsets: number[]) =>
      calls.push(['group', index, group, offsets]),
    dispatchWorkgroups: (...grid: number[]) => calls.push(['dispatch', ...grid]),
  };
  return { pass: pass as unknown as GPUComputePassEncoder, calls };
}

const first = pipelineOf('first');
const [params, x, y] = [buffer('params'), buffer('x'), buffer('y')];
const dispatch: Dispatch = {
  pipeline: first,
  params: { buffer: params, offset: 512, bytes: 256 },
  buffers: [x, y],
  grid: [3, 2, 1],
};

test('a dispatch binds its uniform at its offset, then its buffers in order', () => {
  const { context, groups } = fakeContext();
  const { pass, calls } = recorder();
  new Dispatcher(context).encode(pass, dispatch);
  assert.equal(groups, [
    {
      layout: first.layout,
      entries: [
        { binding: 0, resource: { buffer: params, size: 256 } },
        { binding: 1, resource: { buffer: x } },
        { binding: 2, resource: { buffer: y } },
      ],
    },
  ]);
  assert.equal(calls, [
    ['pipeline', first.pipeline],
    ['group', 0, groups[0], [512]],
    ['dispatch', 3, 2, 1],
  ]);
});

test('a bind group is reused for the same layout and buffers, whatever the offset and the grid', () => {
  const { context, groups } = fakeContext();
  const { pass } = recorder();
  const dispatcher = new Dispatcher(context);
  dispatcher.encode(pass, dispatch);
  dispatcher.encode(pass, { ...dispatch, params: { ...dispatch.params, offset: 0 }, grid: [1, 1, 1] });
  assert.is(groups.length, 1);
  for (const other of [
    { buffers: [y, x] },
    { buffers: [x, buffer('y')] },
    { pipeline: pipelineOf('second') },
    { params: { ...dispatch.params, buffer: buffer('params') } },
  ]) {
    const before = groups.length;
    dispatcher.encode(pass, { ...dispatch, ...other });
    assert.is(groups.length, before + 1, Object.keys(other)[0]);
  }
});

test('after clear() nothing is reused: buffers may be others', () => {
  const { context, groups } = fakeContext();
  const { pass } = recorder();
  const dispatcher = new Dispatcher(context);
  dispatcher.encode(pass, dispatch);
  dispatcher.clear();
  dispatcher.encode(pass, dispatch);
  assert.is(groups.length, 2);
});

test.run();
