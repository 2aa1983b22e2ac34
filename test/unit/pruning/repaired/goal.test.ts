/** How states are judged, and how far rounds go. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toleranceOn } from '../../../../src/pruning/repaired/judged.ts';
import { RoundSchedule } from '../../../../src/pruning/repaired/schedule.ts';

test('the drop stays below the goal by a part of its standard error, or half of the goal', () => {
  const allowed = (points: number, images: number) =>
    toleranceOn(images).allowedPoints(points, { loss: 1, accuracy: 0.96 }, { loss: 1, accuracy: 0.97 });
  // sqrt((0.03 + 0.04) / 2000) = 0.00592
  assert.ok(Math.abs(allowed(1, 2000) - (1 - 0.4 * 0.5916)) < 1e-4, `${allowed(1, 2000)}`);
  assert.ok(Math.abs(allowed(1, 8000) - (1 - 0.2 * 0.5916)) < 1e-4);
  assert.is(allowed(0.2, 2000), 0.1);
  assert.is(allowed(1, 100), 0.5);
});

test('rounds keep a share of the weights, a smaller step after a failure, and never more zeros than wanted', () => {
  const schedule = new RoundSchedule();
  assert.is(schedule.next(1000, 0, undefined), 600);
  assert.is(schedule.next(1000, 0, 350), 350);
  schedule.succeeded();
  assert.is(schedule.next(1000, 600, undefined), 1000 - 260);
  assert.is(schedule.failed(), true);
  assert.is(schedule.next(1000, 600, undefined), 1000 - Math.round(400 * Math.sqrt(0.65)));
  schedule.succeeded();
  assert.is(schedule.next(1000, 600, undefined), 1000 - Math.round(400 * Math.sqrt(0.65)), 'as it was');
  let tries = 1;
  while (schedule.failed()) tries++;
  assert.is(tries, 3);
  assert.is(new RoundSchedule().next(10, 9, undefined), 9, 'one weight stays');
});

test.run();
