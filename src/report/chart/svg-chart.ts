/** Draws ECharts options as SVG markup, without a browser. */
// Only the modules of these two charts: 'echarts/charts' and 'echarts/components' load all of them, which takes three
// times as long.
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

/** `width` and `height` are the CSS pixels at which texts are as large as the page's; the page scales the drawing. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly option: ChartOption;
}

/** Styles of lines and texts. Colours are variables of the style sheet, so that they follow light and dark. */
export const chartText = { color: 'var(--muted)', fontFamily: 'inherit', fontSize: 13 } as const;
export const chartGridLine = { lineStyle: { color: 'var(--line)' } } as const;
export const chartAxisLine = { show: true, lineStyle: { color: 'var(--muted)' } } as const;

/**
 * The same chart for wide and for narrow pages; the style sheet shows one of them.
 *
 * @param altText replaces the chart for readers who cannot see it
 */
export function svgChart(altText: string, wide: Drawing, narrow: Drawing): Html {
  return html`${svg('wide', altText, wide)} ${svg('narrow', altText, narrow)}`;
}

function svg(name: string, altText: string, { width, height, option }: Drawing): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: 'transparent', ...option });
    const drawing = contentOf(chart.renderToSVGString());
    return html`<svg
      class="chart ${name}"
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="${altText}"
    >
      ${drawing}
    </svg>`;
  } finally {
    chart.dispose();
  }
}

/**
 * The content of ECharts' SVG element, without what affects the rest of the page: style sheets and classes for the pointer;
 * clip paths, whose ids count the charts that the process has drawn, and which a browser does not find in the drawing that
 * is hidden. Nothing needs to be clipped: all points are within the axes. Numbers of series and points are removed too.
 * ECharts escapes texts, quotes included, so that a pattern cannot match inside a text.
 */
function contentOf(drawn: string): Html {
  return new Html(
    drawn
      .replace(/^<svg[^>]*>|<\/svg>\s*$/g, '')
      .replace(/<(style|defs)[^]*?<\/\1>\s*/g, '')
      .replace(/ (?:class|clip-path|ecmeta_\w+|pointer-events|xml:space)="[^"]*"/g, ''),
  );
}
