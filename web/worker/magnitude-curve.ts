/** What pruning the smallest weights of the whole network reaches, on the images that the search optimises on. */
import {
  baselineOrder,
  evaluatedImages,
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
  readonly #send: (event: Event) => void;
  readonly #left = [...SPARSITIES];

  private constructor(order: PruningOrder, evaluator: CountingEvaluator, send: (event: Event) => void) {
    this.#order = order;
    this.#evaluator = evaluator;
    this.#send = send;
  }

  static async open(
    engine: Engine,
    model: Model,
    task: SearchTask,
    send: (event: Event) => void,
  ): Promise<MagnitudeCurve> {
    const images = evaluatedImages(task);
    const order = await baselineOrder('magnitude-global', model, { images, random: () => 0 });
    return new MagnitudeCurve(order, await engine.evaluator(model, images, { tune: false }), send);
  }

  /** Sends one more point; false if there is none left. A search does not end because there can be none: it is for show. */
  async advance(): Promise<boolean> {
    const sparsity = this.#left.shift();
    if (sparsity === undefined) return false;
    const masks = masksAt(this.#order, zerosAt(this.#order, sparsity));
    try {
      const [told] = await this.#evaluator.evaluate([{ masks }]);
      if (told && !told.exceeded) this.#send({ type: 'magnitude', point: { sparsity, loss: told.loss } });
      return true;
    } catch {
      this.#left.length = 0;
      return false;
    }
  }

  close(): Promise<void> {
    return this.#evaluator.close();
  }
}
