import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Box } from '../../../../src/report/chart/axes.ts';
import { EQUAL_PANELS, twoPanels, type TwoPanels } from '../../../../src/report/chart/panels.ts';
import { charts } from '../markup.ts';

/** The boxes of the plots, beside each other and one above the other, with the sizes of the drawings. */
function drawn(sizes: TwoPanels) {
  const boxes: (readonly [Box, Box])[] = [];
  const { markup } = twoPanels('alt text', sizes, (pair) => {
    boxes.push(pair);
    return { grid: [], xAxis: [], yAxis: [] };
  });
  const viewBoxes = charts(markup).map((chart) =>
    /viewBox="0 0 (\d+) (\d+)"/.exec(chart)!.slice(1).map(Number),
  );
  return boxes.map(([first, second], i) => ({ first, second, size: viewBoxes[i]! }));
}

const sizes: TwoPanels = { labels: 48, firstWidth: 500, heights: { wide: 368, narrow: 308 } };

test('wide: the plots are beside each other, with room for labels left of and below both', () => {
  const { first, second, size } = drawn(sizes)[0]!;
  assert.equal([first.left, first.width, first.height, second.height], [48, 500, 368, 368]);
  assert.is(second.top, first.top);
  assert.ok(second.left - (first.left + first.width) >= 48 + 10);
  assert.ok(second.left + second.width <= size[0]! - 10 && second.width > 300);
  assert.ok(first.top >= 30 && size[1]! - (first.top + first.height) >= 50);
});

test('narrow: the plots are one above the other, with room for labels below both', () => {
  const { first, second, size } = drawn(sizes)[1]!;
  assert.equal([first.left, first.width, first.height], [second.left, second.width, second.height]);
  assert.is(first.height, 308);
  assert.ok(first.left >= 44 && first.left + first.width <= size[0]! - 10);
  assert.ok(second.top - (first.top + first.height) >= 50 + 30);
  assert.ok(size[1]! - (second.top + second.height) >= 50);
});

test('equal panels are equally wide', () => {
  for (const { first, second } of drawn(EQUAL_PANELS)) {
    assert.is(first.width, second.width);
    assert.is(first.height, second.height);
  }
});

test('both drawings have the alt text', () => {
  const { markup } = twoPanels('alt text', sizes, () => ({ grid: [], xAxis: [], yAxis: [] }));
  assert.is(charts(markup).filter((chart) => chart.includes('aria-label="alt text"')).length, 2);
});

test.run();
