/** Charts of two panels, beside each other where there is room for that, else one above the other. */
import type { Html } from '../html/html.ts';
import type { Box } from './axes.ts';
import { svgChart, type ChartOption } from './svg-chart.ts';

/** Sizes in the drawing's pixels. */
export interface TwoPanels {
  /** Room for the labels of a vertical axis. */
  readonly labels: number;
  /** Width of the first plot where the panels are beside each other. */
  readonly firstWidth: number;
  /** Height of the plots beside each other, and one above the other. */
  readonly heights: { readonly wide: number; readonly narrow: number };
}

/** Two panels of the same size. */
export const EQUAL_PANELS: TwoPanels = { labels: 52, firstWidth: 411, heights: { wide: 262, narrow: 200 } };

const WIDE = 960;
const NARROW = 358;

/** Above a plot: the name of its vertical axis. */
const ABOVE = 36;
/** Below it: labels and name of the horizontal axis. */
const BELOW = 62;
/** Right of the last plot: half of its last label. */
const RIGHT = 18;
/** Between panels. */
const GAP = 16;

/** The same chart for wide and for narrow pages; `optionOf` draws it with its plots in the given boxes. */
export function twoPanels(
  altText: string,
  { labels, firstWidth, heights }: TwoPanels,
  optionOf: (boxes: readonly [Box, Box]) => ChartOption,
): Html {
  const second = labels + firstWidth + GAP + labels;
  const wide = { top: ABOVE, height: heights.wide };
  // The labels of a narrow chart have fewer digits.
  const narrow = { left: labels - 4, width: NARROW - RIGHT - (labels - 4), height: heights.narrow };
  const panelHeight = ABOVE + heights.narrow + BELOW;
  return svgChart(
    altText,
    {
      width: WIDE,
      height: ABOVE + heights.wide + BELOW,
      option: optionOf([
        { ...wide, left: labels, width: firstWidth },
        { ...wide, left: second, width: WIDE - RIGHT - second },
      ]),
    },
    {
      width: NARROW,
      height: 2 * panelHeight + GAP,
      option: optionOf([
        { ...narrow, top: ABOVE },
        { ...narrow, top: panelHeight + GAP + ABOVE },
      ]),
    },
  );
}
