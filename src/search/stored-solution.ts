/** Masks and solutions as plain JSON. */
import {
  badStored,
  checked,
  finiteNumber,
  fraction,
  optional,
  record,
  tupleOf,
  type Codec,
} from '../core/codec.ts';
import { countPruned, masksEqual, packsBits, sparsityOf, weightsOf, type Mask } from '../core/mask.ts';
import type { Problem, Score, Solution } from './contract.ts';
import { initialMasks } from './initial-masks.ts';

export interface StoredScore {
  readonly loss: number;
  /** Missing for a network without accuracy. */
  readonly accuracy: number | undefined;
}

export interface StoredSolution extends StoredScore {
  /** Of each layer the words of its mask, eight hexadecimal digits per word. */
  readonly masks: readonly string[];
  readonly cost: number;
}

const score = { loss: finiteNumber(0), accuracy: optional(fraction) };

export const scoreCodec: Codec<Score, StoredScore> = record<Score, StoredScore>(score);

/** Solutions of `problem` with the model's weights; sparsity is left out and follows from the masks. */
export function solutionCodec({ layers }: Problem): Codec<Solution, StoredSolution> {
  const stored = record<Omit<Solution, 'sparsity' | 'tensors'>, StoredSolution>({
    masks: tupleOf(layers.map(({ shape }) => maskCodec(weightsOf(shape)))),
    cost: finiteNumber(),
    ...score,
  });
  return {
    encode: (solution) => stored.encode(solution),
    decode(json, path) {
      const solution = stored.decode(json, path);
      return { ...solution, sparsity: sparsityOf(solution.masks) };
    },
  };
}

/** The unpruned network of `problem`. */
export function unprunedCodec(problem: Problem): Codec<Solution, StoredSolution> {
  const initial = initialMasks(problem);
  return checked(solutionCodec(problem), ({ masks }, path) => {
    if (initial.every((mask, layer) => masksEqual(mask, masks[layer]!))) return;
    const already = countPruned(initial);
    const allowed = already > 0 ? `${already}, those of the model` : '0';
    throw badStored(`the number of zeros in ${path}.masks`, countPruned(masks), allowed);
  });
}

/** Masks of `weights` weights. */
export function maskCodec(weights: number): Codec<Mask, string> {
  const digits = 8 * Math.ceil(weights / 32);
  return {
    encode: ({ words }) => Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(''),
    decode(stored, path) {
      const isHex = typeof stored === 'string' && stored.length === digits && /^[0-9a-f]*$/.test(stored);
      const words = isHex ? wordsOf(stored) : undefined;
      if (words && packsBits(words, weights)) return { length: weights, words };
      throw badStored(path, stored, `${digits} hexadecimal digits, one bit for each of ${weights} weights`);
    },
  };
}

function wordsOf(hex: string): Uint32Array {
  return Uint32Array.from({ length: hex.length / 8 }, (_, i) => parseInt(hex.slice(8 * i, 8 * i + 8), 16));
}
