/** The classes of a result, by what pruning took from them. */
import { html, type Html } from '../html/html.ts';
import { numericColumns, table } from '../html/table.ts';
import { count, counted, percent, signed } from '../text/numbers.ts';
import type { ClassAccuracy, PruneResult } from './result.ts';

/** Most classes of a table that is shown at once; of more, there is a summary first. */
const MAX_SHOWN = 100;

/** Fraction by which a class must have lost more than all images, and the standard errors, for it to be named. */
const MIN_EXCESS = 0.02;
const ERRORS = 2;

/** Changes of accuracy, in percentage points, between which classes are counted. */
const BANDS = [-20, -10, -5, -2, 2] as const;

/** Change of a class's accuracy, a fraction. */
export const changeOf = ({ unpruned, pruned }: Pick<ClassAccuracy, 'unpruned' | 'pruned'>): number =>
  pruned - unpruned;

/** Those that lost most first; equal ones in the order of the classes. */
export function byLoss(classes: readonly ClassAccuracy[]): readonly ClassAccuracy[] {
  return classes.toSorted((a, b) => changeOf(a) - changeOf(b));
}

/** Those that lost clearly more than the images as a whole, the worst first; not those that may have by chance. */
export function notableClasses({ test }: Pick<PruneResult, 'test'>): readonly ClassAccuracy[] {
  if (!test?.classes) return [];
  const overall = test.pruned.accuracy! - test.unpruned.accuracy!;
  return byLoss(test.classes).filter((one) => {
    const variance = (accuracy: number) => (accuracy * (1 - accuracy)) / one.images;
    // Of one class, 0 or 1 are measured from few images: as if one more were right, and one more wrong.
    const smoothed = (one.pruned * one.images + 1) / (one.images + 2);
    const error = Math.sqrt(variance(smoothed) + variance(one.unpruned));
    return overall - changeOf(one) > Math.max(MIN_EXCESS, ERRORS * error);
  });
}

/** "+1.20" or "−12.34" percentage points. */
export const pointsText = (change: number): string => signed(100 * change, 2);

/** Empty for results without classes. */
export function classesSection({ test }: PruneResult): Html {
  if (!test?.classes || test.classes.length < 2) return html``;
  const { classes } = test;
  const notable = notableClasses({ test });
  const overall = test.pruned.accuracy! - test.unpruned.accuracy!;
  const all = classesTable(classes);
  return html`<section>
    <h2>Classes</h2>
    <p>
      Over all test images the accuracy changed by ${pointsText(overall)} percentage points.
      ${notable.length === 0 ? 'No class lost clearly more than that.' : `${counted(notable.length, 'class').replace(/classs$/, 'classes')} lost clearly more, by more than chance explains.`}
    </p>
    ${
      classes.length > MAX_SHOWN
        ? html`${bandsTable(classes)}
            <details>
              <summary>All ${count(classes.length)} classes</summary>
              ${all}
            </details>`
        : all
    }
  </section>`;
}

function classesTable(classes: readonly ClassAccuracy[]): Html {
  return table({
    caption: 'Accuracy of each class on the test images, largest loss first',
    tall: true,
    columns: [{ name: 'Class' }, ...numericColumns(['Images', 'Unpruned', 'Pruned', 'Change (points)'])],
    rows: byLoss(classes).map((one) => [
      one.name,
      count(one.images),
      percent(one.unpruned),
      percent(one.pruned),
      pointsText(changeOf(one)),
    ]),
  });
}

/** How many classes changed by how much. */
function bandsTable(classes: readonly ClassAccuracy[]): Html {
  const bounds = [-Infinity, ...BANDS, Infinity];
  const name = (from: number, to: number) => {
    if (to === Infinity) return `rose by ${from} or more`;
    if (from === -Infinity) return `fell by more than ${-to}`;
    return from < 0 && to > 0 ? `within ${to}` : `fell by ${-to} to ${-from}`;
  };
  return table({
    caption: 'Change of the accuracy of classes on the test images, in percentage points',
    columns: [{ name: 'Accuracy' }, ...numericColumns(['Classes', 'Images'])],
    rows: bounds.slice(1).map((to, i) => {
      const from = bounds[i]!;
      const inside = classes.filter((one) => 100 * changeOf(one) >= from && 100 * changeOf(one) < to);
      return [
        name(from, to),
        count(inside.length),
        count(inside.reduce((sum, { images }) => sum + images, 0)),
      ];
    }),
  });
}
