/** What no network here can do: refused in one sentence that names the operator, how often it occurs and where. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MasksearchError } from '../../../../src/core/error.ts';
import { modelFromTflite } from '../../../../src/formats/tflite/model.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import {
  CODES,
  f32,
  i32,
  i8,
  tflite,
  type ModelToWrite,
  type OperatorToWrite,
  type TensorToWrite,
} from '../../../helpers/tflite/writer.ts';

const floats = (...shape: number[]): TensorToWrite => ({
  name: 'weights',
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.5),
});
const dense = (
  inputs: number[],
  outputs: number[],
  options: OperatorToWrite['options'] = [i8(0)],
): OperatorToWrite => ({
  code: CODES.FULLY_CONNECTED,
  inputs,
  outputs,
  options,
});

/** From [1, 4] to [1, 2]; `others` come in between. */
const model = (changes: Partial<ModelToWrite> = {}): ModelToWrite => ({
  tensors: [
    { name: 'input', shape: [1, 4] },
    floats(2, 4),
    { name: 'scores', shape: [1, 2] },
    { name: 'end', shape: [1, 2] },
    { name: 'end 2', shape: [1, 2] },
  ],
  operators: [dense([0, 1], [2])],
  outputs: [2],
  ...changes,
});

const after = (...operators: OperatorToWrite[]): ModelToWrite =>
  model({ operators: [dense([0, 1], [2]), ...operators], outputs: operators.at(-1)!.outputs });

const REFUSED: [name: string, file: ModelToWrite, pattern: RegExp][] = [
  [
    'operators that are not supported',
    after(
      { code: CODES.LSTM, inputs: [2], outputs: [3] },
      { code: CODES.CUSTOM, custom: 'Flex\nErf', inputs: [3], outputs: [4] },
    ),
    /^the network has operators that are not supported: LSTM \(1, the first gives "end"\), CUSTOM Flex\\nErf \(1, the first gives "end 2"\)$/,
  ],
  [
    'an operator that has no name yet',
    after({ code: 9999, inputs: [2], outputs: [3] }),
    /operator 9999 \(1, the first gives "end"\)/,
  ],
  ['two inputs', model({ inputs: [0, 3] }), /the network has 2 inputs, one is supported/],
  ['two outputs', model({ outputs: [2, 2] }), /the network has 2 outputs/],
  ['an output that nothing gives', model({ outputs: [3] }), /no operator gives the output/],
  ['no operators', model({ operators: [], outputs: [0] }), /no operator gives the output/],
  [
    'a softmax of another temperature',
    after({ code: CODES.SOFTMAX, inputs: [2], outputs: [3], options: [f32(2)] }),
    /^SOFTMAX "end" has a beta of 2, only 1/,
  ],
  [
    'a softmax before the end',
    after(
      { code: CODES.SOFTMAX, inputs: [2], outputs: [3], options: [f32(1)] },
      { code: CODES.TANH, inputs: [3], outputs: [4] },
    ),
    /^TANH "end 2" reads the output of Softmax/,
  ],
  [
    'an unknown function at the end of a layer',
    model({ operators: [dense([0, 1], [2], [i8(5)])] }),
    /^FULLY_CONNECTED "scores" ends with the function 5/,
  ],
  [
    'weights in an order for other hardware',
    model({ operators: [dense([0, 1], [2], [i8(0), i8(1)])] }),
    /in an order for other hardware/,
  ],
  [
    'weights that depend on the input',
    after(dense([2, 2], [3])),
    /FULLY_CONNECTED "end" has weights that depend on the input/,
  ],
  [
    'weights of another size',
    model({ tensors: [{ name: 'input', shape: [1, 5] }, floats(2, 4), { name: 'scores', shape: [1, 2] }] }),
    /^FULLY_CONNECTED "scores" has weights of 2 x 4 for 5 features/,
  ],
  [
    'numbers that are rounded',
    {
      ...after({ code: CODES.CAST, inputs: [2], outputs: [3] }),
      tensors: model().tensors.with(3, { name: 'end', shape: [1, 2], type: 'int32' }),
    },
    /^CAST "end" makes numbers of type int32/,
  ],
  [
    'an input of text',
    model({
      tensors: [
        { name: 'input', shape: [1, 4], type: 'text' },
        floats(2, 4),
        { name: 'scores', shape: [1, 2] },
      ],
    }),
    /the input "input" is of type unknown/,
  ],
  [
    'a sum of different shapes',
    model({
      tensors: [
        { name: 'input', shape: [1, 4] },
        floats(2, 4),
        { name: 'a', shape: [1, 2] },
        { name: 'b', shape: [1, 2] },
      ],
      operators: [dense([0, 1], [2]), { code: CODES.ADD, inputs: [2, 0], outputs: [3], options: [i8(0)] }],
      outputs: [3],
    }),
    /^ADD "b" adds 2 and 4, only equal shapes/,
  ],
  [
    'activations of int8',
    model({
      tensors: [
        { name: 'input', shape: [1, 4], type: 'int8', scales: [1] },
        { name: 'weights', shape: [2, 4], type: 'int8', data: new Int8Array(8), scales: [1] },
        { name: 'scores', shape: [1, 2], type: 'int8', scales: [1] },
      ],
    }),
    /^the network computes with activations of int8: FULLY_CONNECTED \(1, the first gives "scores"\)$/,
  ],
  [
    'an image of a kernel that is too large',
    model({
      tensors: [
        { name: 'input', shape: [1, 2, 2, 1] },
        floats(1, 5, 5, 1),
        { name: 'a', shape: [1, 1, 1, 1] },
      ],
      operators: [
        { code: CODES.CONV_2D, inputs: [0, 1], outputs: [2], options: [i8(1), i32(1), i32(1), i8(0)] },
      ],
    }),
    /5 x 5 over 2 x 2 pixels/,
  ],
];

for (const [name, file, pattern] of REFUSED) {
  test(`${name}: refused`, () => assertBadInput(() => modelFromTflite(tflite(file)), pattern));
}

test('advice is about TFLite files', () => {
  const fixes = REFUSED.flatMap(([, file]) => {
    try {
      modelFromTflite(tflite(file));
      return [];
    } catch (error) {
      return [(error as MasksearchError).fix];
    }
  });
  assert.is(fixes.length, REFUSED.length);
  assert.equal(
    fixes.filter((fix) => /onnx|opset|exporter/i.test(fix)),
    [],
  );
});

test.run();
