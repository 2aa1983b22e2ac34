/** Loss, accuracy and sparsity over the evaluations of a search. */
import { Chart, type Points } from './chart.ts';
import type { Task } from 'masksearch/browser';
import type { Live, Sample } from '../protocol.ts';
import { byId } from '../dom.ts';
import { capitalized, count, fixed, measures, nats, percent } from '../words.ts';

/** With more samples, every second one is dropped: there are fewer pixels. */
const MAX_SAMPLES = 2000;

const across = { across: 'Evaluations', formatAcross: count };
const inPercent = (value: number) => fixed(value, 1);

export class CourseCharts {
  readonly #loss = new Chart('loss-chart', {
    ...across,
    lines: [
      { label: 'tuning images', color: '--series-1' },
      { label: 'validation images', color: '--series-2', dashed: true, points: 4 },
    ],
    format: (loss) => fixed(loss, 3),
  });
  readonly #accuracy = new Chart('accuracy-chart', {
    ...across,
    lines: [{ label: 'accuracy', color: '--series-1' }],
    format: (value) => (this.#quality.unit === '%' ? inPercent(value) : fixed(value, 3)),
  });
  readonly #sparsity = new Chart('sparsity-chart', {
    ...across,
    lines: [
      { label: 'all weights', color: '--series-1' },
      { label: 'mean over layers', color: '--series-3', dashed: true },
    ],
    format: inPercent,
  });
  #quality = measures('classes')[0];
  #samples: Sample[] = [];
  #validationPoints: Live['validationPoints'] = [];

  /** What the figures are depends on what the network is for. */
  set task(task: Task) {
    const [quality, loss] = measures(task);
    this.#quality = quality;
    byId('loss-caption', HTMLElement).textContent = `Loss, ${lossUnit(loss.unit)}`;
    byId('accuracy-caption', HTMLElement).textContent =
      `${capitalized(quality.name)} on the tuning images${quality.unit === '%' ? ', in percent' : ''}`;
    this.#accuracy.relabel(1, quality.name);
  }

  clear(): void {
    this.#samples = [];
    this.#validationPoints = [];
    this.#draw();
  }

  add({ samples, validationPoints }: Live): void {
    this.#samples.push(...samples);
    if (this.#samples.length > MAX_SAMPLES) {
      // The last one is kept for an odd and for an even number.
      this.#samples = this.#samples.filter((_, i, { length }) => (length - i) % 2 === 1);
    }
    this.#validationPoints = validationPoints;
    this.#draw();
  }

  /** Writes the alt texts of the charts. */
  describe(): void {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last) return;
    const course = `over ${count(last.evaluations)} evaluations`;
    this.#loss.description = `Loss ${course}: from ${nats(first.loss)} to ${nats(last.loss)}`;
    const { name, textOf } = this.#quality;
    this.#accuracy.description = `${capitalized(name)} ${course}: from ${textOf(first)} to ${textOf(last)}`;
    this.#sparsity.description = `Share of pruned weights ${course}: from ${percent(first.globalSparsity)} to ${percent(last.globalSparsity)}`;
  }

  #draw(): void {
    const line = (valueOf: (sample: Sample) => number): Points => [
      this.#samples.map(({ evaluations }) => evaluations),
      this.#samples.map(valueOf),
    ];
    const validationPoints: Points = [
      this.#validationPoints.map(({ evaluations }) => evaluations),
      this.#validationPoints.map(({ loss }) => loss),
    ];
    this.#loss.update([line(({ loss }) => loss), validationPoints]);
    this.#accuracy.update([line(this.#quality.valueOf)]);
    this.#sparsity.update([
      line(({ globalSparsity }) => 100 * globalSparsity),
      line(({ meanLayerSparsity }) => 100 * meanLayerSparsity),
    ]);
  }
}

const lossUnit = (unit: string) => (unit === 'nats' ? 'in nats' : unit);
