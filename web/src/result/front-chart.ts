/** The front of a search, compared with magnitude pruning. */
import { Chart, type Points } from './chart.ts';
import type { LossAtSparsity } from '../protocol.ts';
import { fixed, nats, percent } from '../words.ts';

export class FrontChart {
  readonly #chart = new Chart('front-chart', {
    across: 'Pruned, %',
    lines: [
      { label: 'search', color: '--series-1', points: 5 },
      { label: 'magnitude', color: '--series-2', dashed: true, points: 5 },
    ],
    logarithmic: true,
    range: [0, 100],
    format: (loss) => `${Number(loss.toPrecision(2))}`,
    formatAcross: (sparsity) => `${Number(fixed(sparsity, 1))}`,
  });
  #front: readonly LossAtSparsity[] = [];
  #magnitude: readonly LossAtSparsity[] = [];

  clear(): void {
    this.#front = [];
    this.#magnitude = [];
    this.#draw();
  }

  set front(points: readonly LossAtSparsity[]) {
    this.#front = points;
    this.#draw();
  }

  addMagnitude(point: LossAtSparsity): void {
    this.#magnitude = [...this.#magnitude, point].sort((a, b) => a.sparsity - b.sparsity);
    this.#draw();
  }

  /** Writes the alt text of the chart. */
  describe(): void {
    const texts = [
      ['the search', this.#front.at(-1)],
      ['magnitude pruning', this.#magnitude.at(-1)],
    ] as const;
    const ends = texts.flatMap(([name, point]) =>
      point ? [`${name} reaches ${percent(point.sparsity, 1)} pruned at a loss of ${nats(point.loss)}`] : [],
    );
    this.#chart.description = `Loss over sparsity: ${ends.join('; ')}`;
  }

  #draw(): void {
    const line = (points: readonly LossAtSparsity[]): Points => [
      points.map(({ sparsity }) => 100 * sparsity),
      // The axis is logarithmic.
      points.map(({ loss }) => Math.max(loss, 1e-4)),
    ];
    this.#chart.update([line(this.#front), line(this.#magnitude)]);
  }
}
