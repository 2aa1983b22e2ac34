/** What individuals of a population of one layer inherit from each other. */
import type { RandomStream } from '../../../core/random.ts';
import type { PrunedLayer } from '../../../repair/exchange-draws.ts';
import type { Row } from '../../../repair/layer-fit.ts';
import { keptIn } from '../../../repair/repair.ts';

/**
 * What outputs of the layer have become. They are inherited together: with all of them or none the layer keeps as many weights. Genes with an output in
 * common exclude each other.
 */
export interface Gene {
  readonly id: number;
  /** By output. */
  readonly outputs: ReadonlyMap<number, PrunedRow>;
  /** By how much it has lowered the loss of its first owner, in nats. */
  gain: number;
}

interface PrunedRow {
  /** Indices of inputs, ascending. */
  readonly kept: Uint32Array;
  readonly row: Row;
}

/** The founder's layer with these genes. */
export function expressed(founder: PrunedLayer, genes: readonly Gene[], inputs: number): PrunedLayer {
  const words = founder.mask.words.slice();
  const rows = [...founder.rows];
  for (const { outputs } of genes) {
    for (const [output, { kept, row }] of outputs) {
      const first = output * inputs;
      for (let i = first; i < first + inputs; i++) words[i >>> 5]! &= ~(1 << (i & 31));
      for (const input of kept) words[(first + input) >>> 5]! |= 1 << ((first + input) & 31);
      rows[output] = row;
    }
  }
  return { mask: { length: founder.mask.length, words }, rows };
}

/** The genes of a mutant: what `outputs` have become is one gene with all that they were part of. */
export function withMutation(
  parent: readonly Gene[],
  mutant: PrunedLayer,
  {
    inputs,
    outputs,
    id,
  }: { readonly inputs: number; readonly outputs: readonly number[]; readonly id: number },
): { readonly gene: Gene; readonly genes: readonly Gene[] } {
  const isPart = (gene: Gene) => outputs.some((output) => gene.outputs.has(output));
  const parts = parent.filter(isPart);
  const changed = outputs.map(
    (output) => [output, { kept: keptIn(mutant.mask, output, inputs), row: mutant.rows[output]! }] as const,
  );
  const gene = {
    id,
    outputs: new Map([...parts.flatMap((part) => [...part.outputs]), ...changed]),
    gain: parts.reduce((sum, { gain }) => sum + gain, 0),
  };
  return { gene, genes: [...parent.filter((one) => !isPart(one)), gene] };
}

/** Those of `genes` that a child gets, each with this probability, the ones of most gain first: an output has one gene at the most. */
export function joinedGenes(
  genes: readonly Gene[],
  probability: number,
  random: RandomStream,
): readonly Gene[] {
  const taken: Gene[] = [];
  const outputs = new Set<number>();
  for (const gene of [...genes].sort((a, b) => b.gain - a.gain || a.id - b.id)) {
    const isTaken = random() < probability;
    if (!isTaken || [...gene.outputs.keys()].some((output) => outputs.has(output))) continue;
    taken.push(gene);
    for (const output of gene.outputs.keys()) outputs.add(output);
  }
  return taken;
}
