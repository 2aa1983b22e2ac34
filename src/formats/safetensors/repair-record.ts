/** What files of masks say of the weights that the masks leave: masks of a repaired network are worth less without its repair. */
import { SAFETENSORS_BYTES } from '../arrays/safetensors.ts';
import { parseHeader } from './header.ts';

/** How weights were repaired. Every field but the first may be missing in a file. */
export interface RepairRecord {
  /** `bias`, `affine` or `least-squares`. */
  readonly repair: string;
  readonly ridge?: number | 'auto' | undefined;
  /** Number of calibration images. */
  readonly calibration?: number | undefined;
}

/** The metadata of a file with this record, for `masksToSafetensors` and `frontToSafetensors`. */
export function repairMetadata({ repair, ridge, calibration }: RepairRecord): Record<string, string> {
  return {
    repair,
    ...(ridge !== undefined && { ridge: String(ridge) }),
    ...(calibration !== undefined && { calibration: String(calibration) }),
  };
}

/** The record in a file of masks; undefined if it has none. Throws 'bad-input' for a damaged file. */
export function repairFromSafetensors(bytes: Uint8Array): RepairRecord | undefined {
  const { repair, ridge, calibration } = parseHeader(bytes, SAFETENSORS_BYTES).metadata;
  // A name of another program's, or of a later version.
  if (repair === undefined || !/^[a-z][a-z0-9-]{0,39}$/.test(repair)) return undefined;
  return {
    repair,
    ridge: ridge === 'auto' ? ridge : numberOf(ridge),
    calibration: numberOf(calibration),
  };
}

/** Undefined for a text that is no finite number. */
function numberOf(text: string | undefined): number | undefined {
  const value = Number(text === undefined || text.trim() === '' ? NaN : text);
  return Number.isFinite(value) ? value : undefined;
}
