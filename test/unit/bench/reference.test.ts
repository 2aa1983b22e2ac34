import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PERIOD, plant } from '../../../src/bench/planted.ts';
import { Reference } from '../../../src/bench/reference.ts';
import { SHAPES } from '../../../src/bench/shapes.ts';
import { isKept } from '../../../src/core/mask.ts';

const shapeOf = (name: string) => SHAPES.find((shape) => shape.name === name)!;

test('the expected outputs of a dense layer are those of the candidate’s own mask and input', () => {
  const planted = plant(shapeOf('out'), 0.5);
  const reference = new Reference(planted);
  for (let candidate = 0; candidate < PERIOD; candidate++) {
    const words = planted.masks[candidate]!;
    const { y } = reference.of(candidate);
    for (const [output, image] of [
      [0, 0],
      [9, 2],
    ] as const) {
      let sum = planted.bias[output]!;
      for (let input = 0; input < 84; input++) {
        const i = output * 84 + input;
        const kept = isKept({ length: 840, words }, i);
        if (kept) sum += planted.weight[i]! * planted.x[candidate]![input * 4 + image]!;
      }
      assert.is(y[output * 4 + image], sum, `candidate ${candidate}, output ${output}, image ${image}`);
    }
  }
});

test('candidates repeat after three, and the first three differ', () => {
  for (const name of ['out', 'softmax10']) {
    const reference = new Reference(plant(shapeOf(name), 0.5));
    const outputs = [0, 1, 2, 3, 4, 5].map((candidate) => reference.of(candidate));
    assert.equal(outputs.slice(3), outputs.slice(0, 3), name);
    assert.is(new Set(outputs.map(({ y, losses }) => [...y, ...losses].join())).size, PERIOD, name);
  }
});

test.run();
