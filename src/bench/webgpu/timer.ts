/** Times the dispatches of one pass: by timestamps of the device if it has them, else by the host's clock. */
import { BUFFER_USAGE, MAP_READ } from '../../engine/webgpu/device/constants.ts';
import type { GpuContext } from '../../engine/webgpu/device/context.ts';
import { timePass } from '../../engine/webgpu/device/time-pass.ts';
import type { TimingMethod } from '../bench-device.ts';

/** Two u64 timestamps, in nanoseconds. */
const BYTES = 16;

interface DeviceClock {
  readonly queries: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly host: GPUBuffer;
}

export class GpuTimer {
  readonly method: TimingMethod;
  readonly #context: GpuContext;
  readonly #clock: DeviceClock | undefined;

  /** Uses timestamps if the device was opened with 'timestamp-query'. */
  constructor(context: GpuContext) {
    this.#context = context;
    const { device } = context;
    const { copySource, copyTarget, mapRead, queryResolve } = BUFFER_USAGE;
    if (device.features.has('timestamp-query')) {
      this.#clock = {
        queries: device.createQuerySet({ label: 'timer', type: 'timestamp', count: 2 }),
        resolved: context.createBuffer('timer', BYTES, queryResolve | copySource),
        host: context.createBuffer('timer readback', BYTES, copyTarget | mapRead),
      };
    }
    this.method = this.#clock ? 'timestamp-query' : 'wall-clock';
  }

  /** Seconds that the dispatches written by `encode` take, in one pass and one submission. */
  time(label: string, encode: (pass: GPUComputePassEncoder) => void): Promise<number> {
    const clock = this.#clock;
    if (!clock) return timePass(this.#context, label, encode);
    return this.#context.scoped(label, () => this.#timeOnDevice(clock, label, encode));
  }

  async #timeOnDevice(
    { queries, resolved, host }: DeviceClock,
    label: string,
    encode: (pass: GPUComputePassEncoder) => void,
  ): Promise<number> {
    const { device } = this.#context;
    const encoder = device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({
      label,
      timestampWrites: { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    });
    encode(pass);
    pass.end();
    encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, host, 0, BYTES);
    device.queue.submit([encoder.finish()]);
    await host.mapAsync(MAP_READ);
    const [begin, end] = new BigUint64Array(host.getMappedRange());
    const nanoseconds = Number(end! - begin!);
    host.unmap();
    return Math.max(0, nanoseconds) / 1e9;
  }

  close(): void {
    if (!this.#clock) return;
    this.#clock.queries.destroy();
    this.#context.destroyBuffer(this.#clock.resolved);
    this.#context.destroyBuffer(this.#clock.host);
  }
}
