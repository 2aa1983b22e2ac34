import { BUFFER_USAGE, MAP_READ } from '../../../src/engine/webgpu/device/constants.ts';

const code = /* wgsl */ `
  @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
  @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x < arrayLength(&numbers)) { numbers[id.x] *= 2; }
  }`;

/** Doubles up to four million numbers on a device: the least that shows that it computes. */
export async function doubleNumbers(device: GPUDevice, numbers: readonly number[]): Promise<number[]> {
  const size = numbers.length * 4;
  const { storage: asStorage, copySource, copyTarget, mapRead } = BUFFER_USAGE;
  const storage = device.createBuffer({ size, usage: asStorage | copySource, mappedAtCreation: true });
  new Float32Array(storage.getMappedRange()).set(numbers);
  storage.unmap();
  const readback = device.createBuffer({ size, usage: mapRead | copyTarget });
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const layout = pipeline.getBindGroupLayout(0);
  const entries = [{ binding: 0, resource: { buffer: storage } }];
  const bindGroup = device.createBindGroup({ layout, entries });

  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(Math.ceil(numbers.length / 64));
  pass.end();
  encoder.copyBufferToBuffer(storage, 0, readback, 0, size);
  device.queue.submit([encoder.finish()]);

  await readback.mapAsync(MAP_READ);
  return [...new Float32Array(readback.getMappedRange())];
}
