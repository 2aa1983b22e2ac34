/** The kernels on wgpu, whose compiler is Naga. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { acquireEngine } from '../helpers/gpu.ts';
import { webGpuKernels } from '../kernels/devices/webgpu.ts';
import { testKernels } from '../kernels/table.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

test('the device is one of Deno', () => {
  assert.instance(engine.context.device, (globalThis as { GPUDevice?: unknown }).GPUDevice);
});

testKernels(webGpuKernels(engine), 2);

test.run();
