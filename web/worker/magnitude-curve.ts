/** What pruning the smallest weights of the whole network reaches, on the images that the search optimises on. */
import {
  baselineOrder,
  holdBack,
  masksAt,
  zerosAt,
  type CountingEvaluator,
  type Engine,
  type Model,
  type PruningOrder,
  type SearchTask,
} from 'masksearch/browser';
import type { Event } from '../src/protocol.ts';

/** Global sparsities, those first that tell most. */
const SPARSITIES = [0, 0.8, 0.5, 0.9, 0.7, 0.6, 0.85, 0.75, 0.95, 0.3, 0.65];

export class MagnitudeCurve {
  readonly #order: PruningOrder;
  readonly #evaluator: CountingEvaluator;
  readonly #left = [...SPARSITIES];

  private constructor(order: PruningOrder, evaluator: CountingEvaluator) {
    this.#order = order;
    this.#evaluator = evaluator;
  }

  static async open(engine: Engine, model: Model, { images, spec }: SearchTask): Promise<MagnitudeCurve> {
    const judged = spec.preset === 'tuned' ? holdBack(images).optimised : images;
    const order = await baselineOrder('magnitude-global', model, { images: judged, random: () => 0 });
    return new MagnitudeCurve(order, await engine.evaluator(model, judged, { tune: false }));
  }

  /** Sends one more point; false if there is none left. */
  async advance(send: (event: Event) => void): Promise<boolean> {
    const sparsity = this.#left.shift();
    if (sparsity === undefined) return false;
    const masks = masksAt(this.#order, zerosAt(this.#order, sparsity));
    const [told] = await this.#evaluator.evaluate([{ masks }]);
    if (told && !told.exceeded) send({ type: 'magnitude', point: { sparsity, loss: told.loss } });
    return true;
  }

  close(): Promise<void> {
    return this.#evaluator.close();
  }
}
