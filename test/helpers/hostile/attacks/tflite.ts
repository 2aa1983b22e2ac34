/** Hostile TFLite files: valid ones with other offsets and sizes, and networks that cannot be. */
import { CODES, i32, i8, tflite } from '../../tflite/writer.ts';
import { convolutional } from '../../tflite/convolutional.ts';
import { modelAttacks, type Files, type Rows } from './attack.ts';

const changed = (change: (file: Buffer) => void) => (): Files => {
  const file = Buffer.from(convolutional());
  change(file);
  return { 'model.tflite': file };
};
/** A file whose words for which `is` holds are others. */
const words = (is: (value: number, at: number, file: Buffer) => boolean, value: (at: number) => number) =>
  changed((file) => {
    for (let at = 8; at + 4 <= file.length; at += 4)
      if (is(file.readInt32LE(at), at, file)) file.writeUInt32LE(value(at) >>> 0, at);
  });
const dense =
  (weights: readonly number[], input: readonly number[] = [1, 4]) =>
  (): Files => ({
    'model.tflite': tflite({
      tensors: [
        { name: 'input', shape: input },
        { name: 'w', shape: weights, data: new Float32Array(16).fill(0.5) },
        { name: 'out', shape: [1, 4] },
      ],
      operators: [{ code: CODES.FULLY_CONNECTED, inputs: [0, 1], outputs: [2], options: [i8(0)] }],
      outputs: [2],
    }),
  });
const chain = (read: number, give: number) => (): Files => ({
  'model.tflite': tflite({
    tensors: [
      { name: 'input', shape: [1, 4] },
      { name: 'a', shape: [1, 4] },
      { name: 'b', shape: [1, 4] },
    ],
    operators: [
      { code: CODES.ADD, inputs: [0, read], outputs: [1], options: [i8(0)] },
      { code: CODES.ADD, inputs: [1, 1], outputs: [give], options: [i8(0)] },
    ],
    outputs: [2],
  }),
});

const ROWS: Rows = {
  'a TFLite file whose root is itself': [changed((file) => file.writeUInt32LE(0, 0)), /TFLite/],
  'a TFLite file whose root is beyond its end': [
    changed((file) => file.writeUInt32LE(0xffffffff, 0)),
    /TFLite/,
  ],
  'a TFLite file whose root is its last byte': [
    changed((file) => file.writeUInt32LE(file.length - 1, 0)),
    /TFLite/,
  ],
  'a TFLite file whose offsets are all 0': [
    words(
      (value, at, file) => value > 0 && at + value < file.length,
      () => 0,
    ),
    /./,
  ],
  'a TFLite file whose offsets are all their own place': [
    words(
      (value, at, file) => value > 3 && at + value < file.length,
      (at) => -at,
    ),
    /./,
  ],
  'a TFLite file whose offsets all lead to the root': [
    words(
      (value, at, file) => value > 3 && at + value < file.length,
      (at) => 8 - at,
    ),
    /./,
  ],
  'a TFLite file whose vectors have 2^31 elements': [
    words(
      (value) => value > 0 && value < 20,
      () => 0x7fffffff,
    ),
    /./,
  ],
  'a TFLite dense layer of 2^60 weights': [dense([2 ** 30, 2 ** 30]), /./],
  'a TFLite dense layer of -4 outputs': [dense([-4, -4]), /./],
  'a TFLite input of 2^60 pixels': [dense([4, 4], [1, 2 ** 30, 2 ** 30, 1]), /./],
  'TFLite operators that read each other': [chain(2, 2), /./],
  'a TFLite operator that reads what it gives': [chain(1, 2), /./],
  'a TFLite operator that reads tensor 2^31 - 1': [chain(0x7fffffff, 2), /./],
  'a TFLite operator that gives tensor -9': [chain(0, -9), /./],
  'a TFLite convolution of stride -1 and dilation 2^31 - 1': [
    () => ({
      'model.tflite': tflite({
        tensors: [
          { name: 'input', shape: [1, 4, 4, 1] },
          { name: 'w', shape: [1, 3, 3, 1], data: new Float32Array(9).fill(0.5) },
          { name: 'out', shape: [1, 4, 4, 1] },
        ],
        operators: [
          {
            ...{ code: CODES.CONV_2D, inputs: [0, 1], outputs: [2] },
            options: [i8(0), i32(-1), i32(-1), i8(0), i32(0x7fffffff), i32(0x7fffffff)],
          },
        ],
        outputs: [2],
      }),
    }),
    /./,
  ],
};

export const TFLITE_ATTACKS = modelAttacks(ROWS);
