import { BUFFER_USAGE, MAP_READ } from '../../src/engine/webgpu/device/constants.ts';

const code = /* wgsl */ `
  @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
  @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x < arrayLength(&numbers)) { numbers[id.x] *= 2; }
  }`;

/** Doubles up to four million numbers on a device: the least that shows that it computes, in Node or in a page. */
export async function doubleNumbers(device: GPUDevice, numbers: readonly number[]): Promise<number[]> {
  const input = new Float32Array(numbers);
  const size = input.byteLength;
  const storage = device.createBuffer({
    size,
    usage: BUFFER_USAGE.storage | BUFFER_USAGE.copySource | BUFFER_USAGE.copyTarget,
  });
  const readback = device.createBuffer({ size, usage: BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget });
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: storage } }],
  });

  device.queue.writeBuffer(storage, 0, input);
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
