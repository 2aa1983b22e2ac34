import { MasksearchError } from '../../core/error.ts';

/** The error for a PyTorch file that breaks its format. */
export function damagedTorch(
  message: string,
  fix = 'save it again with torch.save, or take a fresh copy',
): MasksearchError {
  return new MasksearchError('bad-input', message, fix);
}
