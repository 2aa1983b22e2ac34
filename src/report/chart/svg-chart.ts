/** ECharts as a function from options to markup, without a document. */
// The modules of these two charts alone: 'echarts/charts' and 'echarts/components' load all there are, which takes
// three times as long.
import 'echarts/lib/chart/bar';
import 'echarts/lib/chart/line';
import 'echarts/lib/component/gridSimple';
import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { GridComponentOption } from 'echarts/components';
import { init, use, type ComposeOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { html, Html } from '../html/html.ts';

use([SVGRenderer]);

export type ChartOption = ComposeOption<BarSeriesOption | LineSeriesOption | GridComponentOption>;

/** Sizes in CSS pixels at which texts have the size of the page's; the page scales the whole. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly option: ChartOption;
}

/** How to draw lines and texts: colours are those of the style sheet, so that they follow light and dark. */
export const chartText = { color: 'var(--muted)', fontFamily: 'inherit', fontSize: 13 } as const;
export const chartGridLine = { lineStyle: { color: 'var(--line)' } } as const;
export const chartAxisLine = { show: true, lineStyle: { color: 'var(--muted)' } } as const;

/**
 * The same chart for wide and for narrow pages; the style sheet shows one of them.
 *
 * @param alternative what the chart shows, for who does not see it
 */
export function svgChart(alternative: string, wide: Drawing, narrow: Drawing): Html {
  return html`${svg('wide', alternative, wide)} ${svg('narrow', alternative, narrow)}`;
}

function svg(name: string, alternative: string, { width, height, option }: Drawing): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: 'transparent', ...option });
    const drawing = contentOf(chart.renderToSVGString());
    return html`<svg
      class="chart ${name}"
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="${alternative}"
    >
      ${drawing}
    </svg>`;
  } finally {
    chart.dispose();
  }
}

/**
 * The content of ECharts' SVG element without what would reach beyond it: a style sheet and classes for the pointer, which
 * apply to the whole page, and clip paths, whose ids count the charts that the process has drawn and which a browser does
 * not find in the drawing that is hidden. Nothing needs to be clipped: the axes hold all points. The numbers of series
 * and points go too. ECharts escapes texts, quotes too, so that what looks like a tag or an attribute is one.
 */
function contentOf(drawn: string): Html {
  return new Html(
    drawn
      .replace(/^<svg[^>]*>|<\/svg>\s*$/g, '')
      .replace(/<(style|defs)[^]*?<\/\1>\s*/g, '')
      .replace(/ (?:class|clip-path|ecmeta_\w+|pointer-events|xml:space)="[^"]*"/g, ''),
  );
}
