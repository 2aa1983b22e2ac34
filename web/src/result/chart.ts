/** A line chart in the colours and at the width of the page. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { byId, cssColor, onSchemeChange } from '../dom.ts';

export interface Line {
  readonly label: string;
  /** Variable of the style sheet. */
  readonly color: string;
  readonly dashed?: boolean;
  /** Diameter of the points; none unless given. */
  readonly points?: number;
}

export interface ChartOptions {
  readonly lines: readonly Line[];
  /** What is on the horizontal axis. */
  readonly across: string;
  readonly logarithmic?: boolean;
  /** Ends of the horizontal axis; those of the points unless given. */
  readonly range?: readonly [number, number];
  readonly format: (value: number) => string;
  readonly formatAcross: (value: number) => string;
}

/** Horizontal and vertical positions of a line's points, by rising position. */
export type Points = [number[], number[]];

const FONT = '12px system-ui, sans-serif';

export class Chart {
  readonly #element: HTMLElement;
  readonly #plot: uPlot;

  constructor(id: string, options: ChartOptions) {
    this.#element = byId(id, HTMLElement);
    this.#plot = new uPlot(
      plotOptions(this.#element, options),
      [[], ...options.lines.map(() => [])],
      this.#element,
    );
    onSchemeChange(() => this.#plot.redraw());
    new ResizeObserver(() => this.#fit()).observe(this.#element);
  }

  /** Points of each line. */
  update(lines: readonly Points[]): void {
    this.#plot.setData(uPlot.join([...lines]));
  }

  /** Names a line, of which the first is 1. */
  relabel(line: number, label: string): void {
    this.#plot.series[line]!.label = label;
    const text = this.#element.querySelectorAll('.u-series .u-label')[line];
    if (text) text.textContent = label;
  }

  /** Says what the chart shows to who does not see it. */
  set description(text: string) {
    this.#element.setAttribute('aria-label', text);
  }

  #fit(): void {
    const { clientWidth: width } = this.#element;
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: this.#plot.height });
  }
}

function plotOptions(element: HTMLElement, options: ChartOptions): uPlot.Options {
  const { lines, across, logarithmic, range, format, formatAcross } = options;
  const axis = (values: (value: number) => string, size: number, space: number): uPlot.Axis => ({
    stroke: () => cssColor('--muted'),
    font: FONT,
    size,
    space,
    grid: { stroke: () => cssColor('--line'), width: 1 },
    ticks: { stroke: () => cssColor('--line'), width: 1, size: 4 },
    values: (_, splits) => splits.map((split) => (split === null ? '' : values(split))),
  });
  return {
    width: element.clientWidth || 300,
    // Room for the legend below it.
    height: element.clientHeight - LEGEND,
    scales: {
      x: { time: false, ...(range && { range: [...range] }) },
      // Somewhat more than the points need, and no whole decades.
      y: logarithmic
        ? { distr: 3, range: (_, least, most) => (least > 0 ? [least * 0.8, most * 1.25] : [0.1, 1]) }
        : {},
    },
    axes: [axis(formatAcross, 26, 40), { ...axis(format, 52, 20), ...(logarithmic && LOGARITHMIC_AXIS) }],
    cursor: { y: false, points: { size: 6 } },
    legend: { show: true, live: true },
    series: [
      { label: across, value: (_, x) => (x === null ? '–' : formatAcross(x)) },
      ...lines.map(({ label, color, dashed, points }): uPlot.Series => {
        return {
          label,
          stroke: () => cssColor(color),
          width: 1.5,
          ...(dashed && { dash: [5, 4] }),
          spanGaps: true,
          points: points
            ? { show: true, size: points, fill: () => cssColor(color), width: 0 }
            : { show: false },
          value: (_, y) => (y === null ? '–' : format(y)),
        };
      }),
    ],
  };
}

/** Ticks at 1, 2 and 5 of every decade. Those of uPlot 1.6.32 never end on a chart whose points were taken away. */
const LOGARITHMIC_AXIS: uPlot.Axis = {
  splits: (_plot, _axis, least, most) => {
    if (!(least > 0 && most < Infinity)) return [];
    const decades = Array.from({ length: 10 }, (_, i) => Math.floor(Math.log10(least)) + i);
    return decades
      .flatMap((decade) => [1, 2, 5].map((digit) => Number(`${digit}e${decade}`)))
      .filter((tick) => tick >= least && tick <= most);
  },
  filter: (_plot, splits) => splits,
};

/** Height of the legend in CSS pixels: search.css has it too. */
const LEGEND = 48;
