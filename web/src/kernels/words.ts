/** Devices and failures in words. */
import { deviceName, numbers, type BrowserDevice, type KernelRecord } from 'masksearch/browser';
import type { Failure, Opened } from './messages.ts';
import { sentence } from '../words.ts';

/** The device that was taken and, if nobody asked for it, why. */
export function describeDevice({ device }: Opened, asked: BrowserDevice): string {
  if (device.kind !== 'webgpu') {
    const what = 'WebAssembly with SIMD, one thread';
    return asked === 'auto' ? `${what}, since WebGPU has no hardware adapter here` : what;
  }
  // Browsers may keep names to themselves.
  const name = deviceName(device) || 'name not given';
  return device.software
    ? `WebGPU on a software adapter (${name}), which computes on the processor`
    : `WebGPU on a hardware adapter (${name})`;
}

/** What a visitor can do; the library's own advice is for programs. */
const FIXES: Readonly<Record<string, string>> = {
  'no-device':
    'choose another device, or use a browser with WebGPU on a machine with a GPU, over https or localhost',
  'device-lost': 'press Start to open it again; if it happens again, choose WebAssembly or update the driver',
  'gpu-failed': 'press Start to try again, or choose WebAssembly',
  'shader-failed': 'choose WebAssembly, or update the browser',
};

export function describeFailure({ code, message, fix }: Failure): string {
  return sentence(`${message}; ${FIXES[code] ?? fix}`);
}

export function describeEnd({ cases }: KernelRecord): string {
  const wrong = cases.filter(({ verified }) => !verified).length;
  const all = numbers.counted(cases.length, 'case');
  return wrong === 0
    ? `Finished: ${all}, all verified.`
    : `Finished: ${all}, of which ${wrong} not verified.`;
}

export function describeRoof(value: number, unit: string, what: string): string {
  return `${numbers.fixed(value, 1)} ${unit} ${what}`;
}
