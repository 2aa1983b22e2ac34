/** One kernel with its buffers, timed by the clock of the benchmark's device. */
import type { GpuContext } from '../../engine/webgpu/device/context.ts';
import { KernelRun, type BoundKernel, type KernelRunOptions } from '../../engine/webgpu/device/kernel-run.ts';
import type { Pipelines } from '../../engine/webgpu/device/pipelines.ts';
import type { Tiling } from '../../kernels/spec.ts';
import type { GpuTimer } from './timer.ts';

/** An open device of the benchmark. */
export interface TimedDevice {
  readonly context: GpuContext;
  readonly pipelines: Pipelines;
  readonly timer: GpuTimer;
}

export class TimedRun {
  readonly #timer: GpuTimer;
  readonly #name: string;
  readonly #run: KernelRun;
  readonly #kernel: BoundKernel;

  /** Rejects with 'limit-exceeded' if the device does not allow the data or the tiling. Call `close` in `finally`. */
  static async open(
    { context, pipelines, timer }: TimedDevice,
    options: KernelRunOptions<void>,
    tiling: Tiling,
  ): Promise<TimedRun> {
    const run = await KernelRun.open(context, pipelines, options);
    try {
      return new TimedRun(timer, options.spec.name, run, await run.bind(tiling));
    } catch (error) {
      run.close();
      throw error;
    }
  }

  private constructor(timer: GpuTimer, name: string, run: KernelRun, kernel: BoundKernel) {
    this.#timer = timer;
    this.#name = name;
    this.#run = run;
    this.#kernel = kernel;
  }

  /** Overwrites the first elements of a buffer. */
  write(name: string, data: Float32Array | Uint32Array): void {
    this.#run.write(name, data);
  }

  /** Seconds of `runs` dispatches, one after the other. */
  time(runs: number): Promise<number> {
    return this.#timer.time(this.#name, (pass) => this.#run.encode(pass, this.#kernel, runs));
  }

  /** The contents of a whole buffer. */
  read(name: string): Promise<ArrayBuffer> {
    return this.#run.read(name);
  }

  close(): void {
    this.#run.close();
  }
}
