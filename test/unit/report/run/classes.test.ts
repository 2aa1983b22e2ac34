import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { classAccuracies, predictedClasses } from '../../../../src/pruning/evaluation/classes.ts';
import { classesSection, notableClasses } from '../../../../src/report/run/classes.ts';
import { result } from './fake-result.ts';

test('the largest output is the prediction, of equal ones the first', () => {
  const outputs = Float32Array.of(0, 3, 1, 2, 2, 1, -3, -2, -1);
  assert.equal([...predictedClasses(outputs, 3)], [1, 0, 2]);
});

test('each class that there are images of has its share, in the order of the classes', () => {
  const images = { count: 5, labels: Uint8Array.of(2, 0, 2, 0, 2), classNames: ['cat', 'dog', 'owl'] };
  const found = classAccuracies(images, Uint16Array.of(2, 0, 2, 1, 2), Uint16Array.of(1, 0, 2, 1, 0));
  assert.equal(found, [
    { name: 'cat', images: 2, unpruned: 0.5, pruned: 0.5 },
    { name: 'owl', images: 3, unpruned: 1, pruned: 1 / 3 },
  ]);
  const unnamed = classAccuracies({ ...images, classNames: undefined }, found as never, found as never);
  assert.equal(
    unnamed.map(({ name }) => name),
    ['0', '2'],
  );
});

const classOf = (name: string, images: number, unpruned: number, pruned: number) => ({
  ...{ name, images, unpruned, pruned },
});
const withClasses = (classes: readonly ReturnType<typeof classOf>[]) => ({
  ...result,
  test: {
    ...result.test!,
    unpruned: { loss: 0.1, accuracy: 0.95 },
    pruned: { loss: 0.2, accuracy: 0.94 },
    classes,
  },
});

test('a class is named if it lost more than all, and more than chance explains', () => {
  const classes = [
    classOf('as all', 1000, 0.95, 0.94),
    classOf('rare', 40, 0.9, 0.3),
    classOf('chance', 4, 1, 0.75),
    classOf('clear', 1000, 0.95, 0.89),
    classOf('little', 100_000, 0.95, 0.925),
  ];
  assert.equal(
    notableClasses(withClasses(classes)).map(({ name }) => name),
    ['rare', 'clear'],
  );
  assert.equal(notableClasses({}), []);
});

test('the report lists the classes by their loss, and counts them if there are many', () => {
  const few = classesSection(
    withClasses([classOf('<a>', 10, 0.9, 0.9), classOf('worse', 10, 0.9, 0.1)]),
  ).markup;
  assert.ok(few.indexOf('worse') < few.indexOf('&lt;a&gt;'), few);
  assert.match(few, '−80.00');
  const many = Array.from({ length: 300 }, (_, i) =>
    classOf(`class ${i}`, 10, 0.9, 0.9 - ((i % 30) + 0.5) / 100),
  );
  const { markup } = classesSection(withClasses(many));
  const rows = [...markup.matchAll(/<th scope="row"[^>]*>([^<]*)<\/th>\s*<td[^>]*>(\d+)</g)];
  const counts = rows.slice(0, 6).map(([, name, count]) => `${name}: ${count}`);
  assert.equal(counts, [
    'fell by more than 20: 100',
    'fell by 10 to 20: 100',
    'fell by 5 to 10: 50',
    'fell by 2 to 5: 30',
    'within 2: 20',
    'rose by 2 or more: 0',
  ]);
  assert.match(markup, /<summary>All 300 classes/);
  assert.is(classesSection(result).markup, '');
});

test.run();
