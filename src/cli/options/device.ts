import { deviceName, type DeviceInfo } from '../../engine/backend.ts';
import { MAX_THREADS } from '../../engine/wasm/threads/pool.ts';
import { DEVICES, type DeviceName } from '../../node.ts';
import { byteSize, choice, count } from '../../pruning/options/kinds.ts';

export const deviceOptions = {
  device: choice(DEVICES, 'auto (default) takes a hardware GPU if there is one, else wasm: WebAssembly SIMD'),
  threads: count('N', 'threads of the WebAssembly backend (default: one per core); no result depends on it', {
    most: MAX_THREADS,
    example: 2,
  }),
  memory: byteSize(
    'BYTES',
    'for activations that are kept, such as 512MB or 2GB (default: a quarter of what the machine has; on a GPU 1GiB); no result depends on it',
  ),
};

/** The device that was opened, and why. */
export function describeDevice(device: DeviceInfo, asked: DeviceName = 'auto'): string {
  const name = deviceName(device);
  const kinds = {
    webgpu: `the ${device.software ? 'software' : 'hardware'} GPU (${name})`,
    wasm: `the processor (${name})`,
    reference: `the reference (${name})`,
  };
  const kind = kinds[device.kind];
  if (asked !== 'auto') return `${kind}, as asked for`;
  return `${kind}, since there is ${device.kind === 'webgpu' ? 'one' : 'no hardware GPU'}`;
}
