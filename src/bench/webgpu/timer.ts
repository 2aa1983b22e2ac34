/** Times the dispatches of one pass, by the device's clock if it has one that can be asked. */
import { BUFFER_USAGE, MAP_READ } from '../../engine/webgpu/device/constants.ts';
import type { GpuContext } from '../../engine/webgpu/device/context.ts';
import type { TimingMethod } from '../backend.ts';

/** GPUBufferUsage.QUERY_RESOLVE. */
const QUERY_RESOLVE = 0x200;
/** Two u64, in nanoseconds. */
const BYTES = 16;

export class GpuTimer {
  readonly method: TimingMethod;
  readonly #context: GpuContext;
  readonly #clock:
    { readonly queries: GPUQuerySet; readonly resolved: GPUBuffer; readonly host: GPUBuffer } | undefined;

  /** Uses the device's clock if the device was opened with 'timestamp-query'. */
  constructor(context: GpuContext) {
    this.#context = context;
    const { device } = context;
    const { copySource, copyTarget, mapRead } = BUFFER_USAGE;
    if (device.features.has('timestamp-query')) {
      this.#clock = {
        queries: device.createQuerySet({ label: 'timer', type: 'timestamp', count: 2 }),
        resolved: context.createBuffer('timer', BYTES, QUERY_RESOLVE | copySource),
        host: context.createBuffer('timer readback', BYTES, copyTarget | mapRead),
      };
    }
    this.method = this.#clock ? 'timestamp-query' : 'wall-clock';
  }

  /** Seconds of what `encode` dispatches, in one pass and one submission. */
  time(what: string, encode: (pass: GPUComputePassEncoder) => void): Promise<number> {
    const { device } = this.#context;
    const clock = this.#clock;
    return this.#context.scoped(what, async () => {
      const encoder = device.createCommandEncoder({ label: what });
      const pass = encoder.beginComputePass({
        label: what,
        ...(clock && {
          timestampWrites: {
            querySet: clock.queries,
            beginningOfPassWriteIndex: 0,
            endOfPassWriteIndex: 1,
          },
        }),
      });
      encode(pass);
      pass.end();
      if (!clock) {
        const commands = encoder.finish();
        const started = performance.now();
        device.queue.submit([commands]);
        await device.queue.onSubmittedWorkDone();
        return (performance.now() - started) / 1000;
      }
      encoder.resolveQuerySet(clock.queries, 0, 2, clock.resolved, 0);
      encoder.copyBufferToBuffer(clock.resolved, 0, clock.host, 0, BYTES);
      device.queue.submit([encoder.finish()]);
      await clock.host.mapAsync(MAP_READ);
      const [begin, end] = new BigUint64Array(clock.host.getMappedRange());
      const nanoseconds = Number(end! - begin!);
      clock.host.unmap();
      return Math.max(0, nanoseconds) / 1e9;
    });
  }

  close(): void {
    const clock = this.#clock;
    if (!clock) return;
    clock.queries.destroy();
    this.#context.destroyBuffer(clock.resolved);
    this.#context.destroyBuffer(clock.host);
  }
}
