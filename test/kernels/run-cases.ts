import { test } from 'uvu';
import { withTimeout } from '../helpers/gpu.ts';
import type { KernelCase } from './case.ts';
import { KERNELS, type KernelDevice } from './cases/index.ts';

/** A test for every case of the kernels that a device has. */
export function testKernels(device: KernelDevice): void {
  for (const [kernel, cases] of Object.entries(KERNELS)) {
    const run = device[kernel as keyof KernelDevice] as ((input: unknown) => Promise<unknown>) | undefined;
    if (!run) continue;
    for (const { name, input, check } of cases as readonly KernelCase<unknown, unknown>[]) {
      test(`${kernel}: ${name}`, async () => {
        const given = input();
        check(await withTimeout(run(given), 60_000, kernel), given);
      });
    }
  }
}
