import type { GpuContext } from './context.ts';

/** Seconds from the submission of one compute pass to its completion, by the host's clock. */
export function timePass(
  context: GpuContext,
  label: string,
  encode: (pass: GPUComputePassEncoder) => void,
): Promise<number> {
  const { device } = context;
  return context.scoped(label, async () => {
    const encoder = device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    encode(pass);
    pass.end();
    const commands = encoder.finish();
    const started = performance.now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - started) / 1000;
  });
}
