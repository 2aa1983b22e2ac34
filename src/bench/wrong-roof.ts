import { MasksearchError } from '../core/error.ts';

/** The error for a roof kernel that wrote a wrong value: its time would mean nothing. */
export function wrongRoof(kernel: string, index: number, found: number, expected: number): MasksearchError {
  return new MasksearchError(
    'gpu-failed',
    `${kernel} wrote ${found} at ${index} but must write ${expected}`,
    'report this together with the output of `masksearch doctor`',
  );
}
