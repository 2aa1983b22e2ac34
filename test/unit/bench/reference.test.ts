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

test('the expected loss is that of the candidate’s own outputs and the image’s own targets', () => {
  for (const name of ['soft10', 'sigmoid10', 'squared640']) {
    const planted = plant(shapeOf(name), 1);
    const { loss, perImage, values } = planted.targets!;
    const { outputs, scale } = loss;
    for (const [candidate, image] of [
      [0, 0],
      [2, 1],
      [1, 2],
    ] as const) {
      let sum = 0;
      let right = 0;
      const scores = Array.from({ length: outputs }, (_, o) => planted.x[candidate]![o * 4 + image]!);
      const total = scores.reduce((before, score) => before + Math.exp(score), 0);
      for (let output = 0; output < outputs; output++) {
        const score = planted.x[candidate]![output * 4 + image]!;
        const target = values[(image + 1) * perImage - outputs + output]!;
        if (loss.kernel === 'squared_error') {
          sum += (score - target) ** 2;
          continue;
        }
        if (loss.kernel === 'soft_cross_entropy') {
          sum -= target * Math.log(Math.exp(score) / total);
          right += Number(output === values[image * perImage] && score === Math.max(...scores));
          continue;
        }
        sum -= Math.log(1 / (1 + Math.exp(target === 1 ? -score : score)));
        if (target === 1 ? score > 0 : score <= 0) right++;
      }
      const { losses, correct } = new Reference(planted).of(candidate);
      const what = `${name}, candidate ${candidate}, image ${image}`;
      assert.ok(Math.abs(losses[image]! / 2 ** 20 - sum * scale) <= 2 ** -20, what);
      assert.is(correct[image], right, what);
    }
  }
});

test('candidates repeat after three, and the first three differ', () => {
  for (const name of ['out', 'softmax10', 'soft10', 'sigmoid10', 'squared640']) {
    const reference = new Reference(plant(shapeOf(name), 0.5));
    const outputs = [0, 1, 2, 3, 4, 5].map((candidate) => reference.of(candidate));
    assert.equal(outputs.slice(3), outputs.slice(0, 3), name);
    assert.is(new Set(outputs.map(({ y, losses }) => [...y, ...losses].join())).size, PERIOD, name);
  }
});

test.run();
