/** Magnitude pruning over the whole network, evaluated on the tuning images of the search, for comparison. */
import {
  baselineOrder,
  masksAt,
  tuningImages,
  withTeacherTargets,
  zerosAt,
  type CountingEvaluator,
  type Engine,
  type Model,
  type PruningOrder,
  type SearchTask,
} from 'masksearch/browser';
import type { Event } from '../src/protocol.ts';

/** Global sparsities to evaluate, the most informative first. */
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
    const images = tuningImages(task);
    const order = await baselineOrder('magnitude-global', model, { images, random: () => 0 });
    // Beside the two evaluators of the search, which have all the memory. Its masks share no layers.
    const compared = task.targets === 'teacher' ? await withTeacherTargets(engine, model, images) : images;
    const evaluator = await engine.evaluator(model, compared, { tune: false, memory: 0 });
    return new MagnitudeCurve(order, evaluator, send);
  }

  /** Evaluates and sends the next point; false if none is left. An error ends the curve, not the search. */
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
