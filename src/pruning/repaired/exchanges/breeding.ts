/**
 * A population of one layer. A generation is evaluated at once: mutants, which exchange one weight more than their parent, and children that join what
 * others have done better. What improves a network without another improvement mostly does so with it too, since rows are refitted one by one: so a
 * generation is worth as many steps as it has good mutants.
 */
import { randomStream, type RandomStream } from '../../../core/random.ts';
import { ExchangeDraws, type PrunedLayer } from '../../../repair/exchange-draws.ts';
import { withChange, withLayer, type LayerExchangeOptions } from '../../../repair/exchanges.ts';
import type { RepairedNetwork } from '../../../repair/round.ts';
import type { Evaluation, Score } from '../../../search/contract.ts';
import { expressed, joinedGenes, withMutation, type Gene } from './genes.ts';
import type { LayerSearch, Told } from './contract.ts';

export interface BreedingOptions extends LayerExchangeOptions {
  /** Of the network. */
  readonly loss: number;
  /** Children of a generation. */
  readonly children: number;
}

/** Share of a generation that joins what others have done better. */
const JOINED_SHARE = 0.2;
/** The last children only join: nothing comes after them that could. */
const LAST = 8;
/** Survivors, as a share of the children. */
const SURVIVORS = 0.25;
/** Individuals that are drawn for a parent, the best of which becomes it. */
const TOURNAMENT = 3;
/** Draws for a child that was not there before. */
const MAX_DRAWS = 4;

interface Individual {
  readonly genes: readonly Gene[];
  readonly layer: PrunedLayer;
  readonly network: RepairedNetwork;
}

interface Living extends Individual {
  readonly score: Pick<Score, 'loss'>;
}

interface Child extends Individual {
  /** Of a mutant: from whom, and what it has more. */
  readonly mutation?: { readonly parent: Living; readonly gene: Gene } | undefined;
}

export class Breeding implements LayerSearch {
  readonly #options: BreedingOptions;
  readonly #draws: ExchangeDraws;
  readonly #founder: Living;
  /** Combinations of genes that were evaluated. */
  readonly #known = new Set<string>();
  /** The best first. */
  #population: readonly Living[];
  #children: readonly Child[] = [];
  #generation = 0;
  #genes = 0;

  constructor(options: BreedingOptions) {
    const { network, layer, rows, loss } = options;
    this.#options = options;
    this.#draws = new ExchangeDraws(options);
    const own = { mask: network.masks[layer]!, rows: rows.of(network.tensors) };
    this.#founder = { genes: [], layer: own, network, score: { loss } };
    this.#population = [this.#founder];
    this.#known.add('');
  }

  get network(): RepairedNetwork {
    return this.#population[0]!.network;
  }

  get loss(): number {
    return this.#population[0]!.score.loss;
  }

  /** A child that is worse than where all began, or than all survivors, does not survive. */
  get lossLimit(): number {
    const isFull = this.#population.length >= this.#survivors;
    return isFull ? this.#population.at(-1)!.score.loss : this.#founder.score.loss;
  }

  get #survivors(): number {
    return Math.max(2, Math.round(this.#options.children * SURVIVORS));
  }

  propose(most: number): readonly RepairedNetwork[] {
    const count = most <= LAST ? most : Math.min(this.#options.children, Math.max(most - LAST, 1));
    const joined = most <= LAST ? count : Math.round(count * JOINED_SHARE);
    const children: Child[] = [];
    for (let place = 0; place < count; place++) {
      for (let draw = 0; draw < MAX_DRAWS; draw++) {
        const random = this.#stream(place, draw);
        const isFirst = place === 0 && draw === 0;
        const child = (place < joined && this.#joined(random, isFirst)) || this.#mutant(random);
        if (!child) break;
        const key = keyOf(child.genes);
        if (this.#known.has(key)) continue;
        this.#known.add(key);
        children.push(child);
        break;
      }
    }
    this.#children = children;
    this.#generation++;
    return children.map(({ network }) => network);
  }

  tell(evaluations: readonly Evaluation[]): Told {
    const limit = this.lossLimit;
    const born = this.#children.flatMap((child, i) => {
      const told = evaluations[i]!;
      return told.exceeded || told.loss >= limit ? [] : [{ child, score: told }];
    });
    for (const { child, score } of born) {
      const { gene, parent } = child.mutation ?? {};
      if (gene) gene.gain += parent!.score.loss - score.loss;
    }
    const before = this.loss;
    this.#population = [...this.#population, ...born.map(({ child, score }) => ({ ...child, score }))]
      .sort((a, b) => a.score.loss - b.score.loss)
      .slice(0, this.#survivors);
    const { network } = this;
    const best = born.find(({ child }) => child.network === network);
    const counted = evaluations.length;
    return this.loss < before && best ? { counted, accepted: { network, score: best.score } } : { counted };
  }

  /** What the founder becomes with genes of several individuals; undefined if they have fewer than two. */
  #joined(random: RandomStream, takesAll: boolean): Child | undefined {
    const genes = [...new Set(this.#population.flatMap((one) => one.genes))];
    if (genes.length < 2) return undefined;
    const joined = joinedGenes(genes, takesAll ? 1 : random(), random);
    return this.#child(joined, expressed(this.#founder.layer, joined, this.#options.fit.inputs));
  }

  #mutant(random: RandomStream): Child | undefined {
    const parent = this.#parent(random);
    const change = this.#draws.draw(parent.layer, random);
    if (!change) return undefined;
    const { inputs } = this.#options.fit;
    const mutant = withChange(parent.layer, change);
    const { gene, genes } = withMutation(parent.genes, mutant, {
      ...{ inputs, outputs: [...change.changed.keys()], id: this.#genes++ },
    });
    return this.#child(genes, mutant, { parent, gene });
  }

  #child(genes: readonly Gene[], own: PrunedLayer, mutation?: Child['mutation']): Child {
    const { layer, rows } = this.#options;
    return { genes, layer: own, network: withLayer(this.#founder.network, layer, rows, own), mutation };
  }

  /** The best of some individuals that are drawn. */
  #parent(random: RandomStream): Living {
    let place = this.#population.length;
    for (let i = 0; i < TOURNAMENT; i++) {
      place = Math.min(place, Math.floor(random() * this.#population.length));
    }
    return this.#population[place]!;
  }

  #stream(place: number, draw: number): RandomStream {
    const { seed, visit } = this.#options;
    return randomStream(seed, 'breeding', visit, this.#generation, place, draw);
  }
}

const keyOf = (genes: readonly Gene[]) =>
  genes
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .join();
