import { barAxis, layerAxis, layerNamesWidth } from '../chart/axes.ts';
import { layerMark } from '../chart/layer-marks.ts';
import { chartText, svgChart, type ChartOption, type Drawing } from '../chart/svg-chart.ts';
import type { Html } from '../html/html.ts';
import { percent } from '../text/numbers.ts';
import type { PruneResult } from './result.ts';

/** Height of a bar, and of one with the space to the next, in the drawing's pixels; of many bars less. */
const BARS = { width: 18, step: 34 } as const;
const NARROW_BARS = { width: 13, step: 20 } as const;
const MANY_BARS = 12;

const sizesOf = (bars: readonly Bar[]) => (bars.length > MANY_BARS ? NARROW_BARS : BARS);

interface Bar {
  readonly name: string;
  /** A fraction. */
  readonly sparsity: number;
}

/** The sparsity of each layer as a horizontal bar, beside which a name of any length fits. */
export function layersChart({ layers, final }: PruneResult): Html {
  const bars = layers.map(({ name }, i) => ({ name, sparsity: final.sparsity.perLayer[i]! }));
  const altText =
    'Bar chart of the sparsity of each layer, in percent of its weights: ' +
    `${bars.map(({ name, sparsity }) => `${name} ${percent(sparsity)}`).join(', ')}.`;
  const drawing = (width: number): Drawing => ({
    width,
    height: sizesOf(bars).step * bars.length + 92,
    option: layersOption(bars, width),
  });
  return svgChart(altText, drawing(460), drawing(358));
}

function layersOption(bars: readonly Bar[], width: number): ChartOption {
  const names = bars.map(({ name }) => name);
  const left = layerNamesWidth(names) + 10;
  return {
    // On the right there is room for the label of a bar of 100 %.
    grid: {
      left,
      width: width - left - 64,
      top: 30,
      height: sizesOf(bars).step * bars.length,
      outerBoundsMode: 'none',
    },
    xAxis: barAxis(0, 'sparsity (% of the layer’s weights)', { min: 0, max: 100, interval: 25 }),
    yAxis: layerAxis(0, names),
    series: [
      {
        type: 'bar',
        data: bars.map(({ sparsity }, i) => ({
          value: 100 * sparsity,
          itemStyle: { color: layerMark(i, bars.length).color },
        })),
        label: {
          ...chartText,
          show: true,
          position: 'right',
          color: 'var(--text)',
          formatter: ({ dataIndex }) => percent(bars[dataIndex]!.sparsity),
        },
        barWidth: sizesOf(bars).width,
        showBackground: true,
        backgroundStyle: { color: 'var(--line)', opacity: 0.6 },
        silent: true,
      },
    ],
  };
}
