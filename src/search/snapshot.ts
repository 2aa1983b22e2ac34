/** Solutions as plain JSON and back. */
import type { Problem, Solution } from './contract.ts';
import { MasksearchError } from '../core/error.ts';
import { checkMasks, packsBits, sparsityOf, weightsOf, type Mask } from '../core/mask.ts';

export interface StoredSolution {
  /** Mask words of each layer in hexadecimal, eight digits per word. */
  readonly masks: readonly string[];
  readonly cost: number;
  readonly loss: number;
  readonly accuracy: number;
}

export function storeSolution(solution: Solution | undefined): StoredSolution | null {
  if (!solution) return null;
  const { masks, cost, loss, accuracy } = solution;
  return { masks: masks.map(maskToHex), cost, loss, accuracy };
}

/** Throws 'bad-input' if the masks do not fit the problem. */
export function restoreSolution(stored: StoredSolution | null, problem: Problem): Solution | undefined {
  if (!stored) return undefined;
  const masks = stored.masks.map((hex, i) => maskFromHex(hex, weightsOf(problem.layers[i]?.shape ?? [])));
  checkMasks(masks, problem.layers);
  const { cost, loss, accuracy } = stored;
  return { masks, cost, loss, accuracy, sparsity: sparsityOf(masks) };
}

export function maskToHex(mask: Mask): string {
  return Array.from(mask.words, (word) => word.toString(16).padStart(8, '0')).join('');
}

/** Throws 'bad-input' if it does not have `length` bits. */
export function maskFromHex(hex: string, length: number): Mask {
  const words = Uint32Array.from(hex.match(/[0-9a-f]{8}/g) ?? [], (digits) => parseInt(digits, 16));
  if (words.length * 8 !== hex.length || !packsBits(words, length)) {
    throw new MasksearchError(
      'bad-input',
      `a stored mask does not fit a layer of ${length} weights`,
      'continue with the problem the state was taken from',
    );
  }
  return { length, words };
}
