import { openAnyAdapter } from '../../scripts/software-gpu/open-adapter.ts';
import { skipLine } from '../../scripts/test-outcome.ts';
import { webGpuEngine, type WebGpuEngine } from '../../src/engine/webgpu/webgpu.ts';
import type { NodeAdapter } from '../../src/engine/webgpu/node/adapter.ts';

export interface TestDevice {
  readonly adapter: GPUAdapter;
  readonly device: GPUDevice;
  /** Destroys the device; Node does not exit while one lives. Call it in `finally` or in a last test. */
  readonly release: () => void;
}

/** The exit code of a test file that was skipped as a whole, by the convention of Automake. */
export const skippedExitCode = 77;

/**
 * An adapter for tests: of the machine, or else of the software GPU. Processes that a test starts afterwards inherit it: the
 * command line finds it by `--device webgpu`. Call it in a test of its own or at the top of a file: uvu 0.5.6 exits
 * with 0 when a `before` hook throws.
 *
 * Throws if there is no adapter, so that no suite passes without having run. With `MASKSEARCH_TEST_GPU=skip` it ends the test
 * file instead, and the test runner counts the file as skipped.
 */
export async function acquireAdapter(): Promise<NodeAdapter> {
  const found = await withTimeout(openAnyAdapter(), 60_000, 'opening an adapter');
  if (found) return found;
  if (process.env['MASKSEARCH_TEST_GPU'] === 'skip') {
    console.log(skipLine('all of its tests', 'there is no GPU adapter, and MASKSEARCH_TEST_GPU=skip'));
    process.exit(skippedExitCode);
  }
  throw new Error('there is no GPU adapter; MASKSEARCH_TEST_GPU=skip leaves these tests out');
}

/** A bare device on such an adapter. */
export async function acquireDevice(descriptor?: GPUDeviceDescriptor): Promise<TestDevice> {
  const { adapter } = await acquireAdapter();
  const device = await withTimeout(adapter.requestDevice(descriptor), 60_000, 'opening a device');
  return { adapter, device, release: () => device.destroy() };
}

/** The engine on such an adapter; close it in `finally` or after the last test. */
export async function acquireEngine(): Promise<WebGpuEngine> {
  const { adapter, software } = await acquireAdapter();
  return withTimeout(webGpuEngine(adapter, software), 60_000, 'opening the engine');
}

/** Rejects when `promise` has not settled after `ms` milliseconds. uvu has no timeout, and a lost device may hang. */
export async function withTimeout<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
