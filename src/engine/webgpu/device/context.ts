/**
 * One WebGPU device. Turns its failures into typed errors and checks its limits. All other code of the WebGPU backend
 * uses the device through it.
 */
import { MasksearchError } from '../../../core/error.ts';
import { BUFFER_USAGE } from './constants.ts';

/** Limits that are checked before the device is asked. */
type LimitName =
  | 'maxBufferSize'
  | 'maxStorageBufferBindingSize'
  | 'maxComputeInvocationsPerWorkgroup'
  | 'maxComputeWorkgroupSizeX'
  | 'maxComputeWorkgroupStorageSize'
  | 'maxComputeWorkgroupsPerDimension';

/** Milliseconds that an error waits for a device loss that may be its cause. */
const LOSS_GRACE = 50;

export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}

export class GpuContext {
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;
  readonly limits: GPUSupportedLimits;
  /** The first failure that made the device unusable: a loss, `close`, or an error outside of any scope. */
  #failure: MasksearchError | undefined;
  /** The `reject` functions of all promises that wait for the device. */
  readonly #waiting = new Set<(failure: MasksearchError) => void>();
  readonly #buffers = new Set<GPUBuffer>();

  /**
   * Requests the adapter's device; an adapter gives only one. It has default limits, since work that exceeds them is
   * split, and those of `features` that the adapter supports. Rejects with 'no-device' if the request fails.
   */
  static async open(adapter: GPUAdapter, features: readonly GPUFeatureName[] = []): Promise<GpuContext> {
    const requiredFeatures = features.filter((feature) => adapter.features.has(feature));
    let device: GPUDevice;
    try {
      device = await adapter.requestDevice({ label: 'masksearch', requiredFeatures });
    } catch (error) {
      throw new MasksearchError(
        'no-device',
        'the adapter gave no device',
        'close other users of it, or retry',
        {
          cause: error,
        },
      );
    }
    return new GpuContext(device, adapter.info);
  }

  private constructor(device: GPUDevice, { vendor, architecture, description }: GPUAdapterInfo) {
    this.device = device;
    this.adapter = { vendor, architecture, description };
    this.limits = device.limits;
    void device.lost.then(({ reason, message }) =>
      this.#fail(
        new MasksearchError(
          'device-lost',
          `the GPU device was lost (${message || reason})`,
          'open the engine again; if it happens again, use fewer images or update the driver',
        ),
      ),
    );
    device.addEventListener?.('uncapturederror', ({ error }) => this.#fail(gpuError(error, 'a GPU command')));
  }

  /** The error that made the device unusable; undefined as long as it is usable. */
  get failure(): MasksearchError | undefined {
    return this.#failure;
  }

  #fail(error: MasksearchError): void {
    this.#failure ??= error;
    for (const reject of this.#waiting) reject(this.#failure);
    this.#waiting.clear();
  }

  /** Settles like `promise`, but rejects as soon as the device fails: a promise of a failed device may never settle. */
  guard<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting.add(reject);
      const settle = (report: () => void) => {
        this.#waiting.delete(reject);
        report();
      };
      promise.then(
        (value) => settle(() => resolve(value)),
        (error: Error) => {
          if (error instanceof MasksearchError) return settle(() => reject(error));
          // A pending map is rejected just before the loss that caused it is reported. Wait for that report.
          setTimeout(() => settle(() => reject(error)), LOSS_GRACE);
        },
      );
    });
  }

  /**
   * Runs `work`. Rejects with a typed error that names `what` if it throws or causes a validation error ('gpu-failed')
   * or an out-of-memory error ('limit-exceeded').
   */
  async scoped<T>(what: string, work: () => T | Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    this.device.pushErrorScope('out-of-memory');
    this.device.pushErrorScope('validation');
    // An async function runs at once up to its first await. What it throws there becomes a rejection too.
    const outcome = (async () => await work())();
    // Pop the scopes now, before another caller pushes its own.
    const scopes = Promise.all([this.device.popErrorScope(), this.device.popErrorScope()]);
    outcome.catch(() => undefined);
    const error = (await this.guard(scopes)).find((scope) => scope !== null);
    if (error) throw gpuError(error, what);
    try {
      return await this.guard(outcome);
    } catch (thrown) {
      throw thrown instanceof MasksearchError ? thrown : gpuError(thrown as Error, what);
    }
  }

  /**
   * Creates a buffer of `size` bytes, rounded up to words. Throws 'limit-exceeded' if the device's limits do not allow
   * it.
   */
  createBuffer(label: string, size: number, usage: number): GPUBuffer {
    const bytes = Math.max(4, Math.ceil(size / 4) * 4);
    this.checkLimit(`the buffer of ${label}`, bytes, 'maxBufferSize', 'bytes');
    if (usage & BUFFER_USAGE.storage) {
      this.checkLimit(`the binding of ${label}`, bytes, 'maxStorageBufferBindingSize', 'bytes');
    }
    const buffer = this.device.createBuffer({ label, size: bytes, usage });
    this.#buffers.add(buffer);
    return buffer;
  }

  destroyBuffer(buffer: GPUBuffer): void {
    this.#buffers.delete(buffer);
    buffer.destroy();
  }

  /** Number of buffers that were created and not destroyed. */
  get bufferCount(): number {
    return this.#buffers.size;
  }

  /** Throws 'limit-exceeded' if `value` is above a limit of the device. */
  checkLimit(what: string, value: number, limit: LimitName, unit: string): void {
    const largest = this.limits[limit];
    if (value > largest) {
      throw new MasksearchError(
        'limit-exceeded',
        `${what} takes ${value} ${unit}, the device allows ${largest} (${limit})`,
        'use fewer images or a smaller layer',
      );
    }
  }

  /** Destroys the device. Work in progress rejects with 'closed'. */
  close(): void {
    this.#fail(new MasksearchError('closed', 'the engine was closed', 'open a new one'));
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.clear();
    this.device.destroy();
  }
}

function gpuError(error: GPUError | Error, what: string): MasksearchError {
  const outOfMemory = error.constructor.name === 'GPUOutOfMemoryError';
  return new MasksearchError(
    outOfMemory ? 'limit-exceeded' : 'gpu-failed',
    `${what} failed on the GPU: ${error.message.trim()}`,
    outOfMemory
      ? 'use fewer images or smaller batches'
      : 'report this with the name of the adapter and its driver',
  );
}
