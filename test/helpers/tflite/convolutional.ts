/** A small TFLite file with every kind of layer. */
import { generator } from '../data/numbers.ts';
import { CODES, i32, i8, tflite, type TensorToWrite } from './writer.ts';

const random = generator('tflite of every kind of layer');

const floats = (name: string, shape: readonly number[]): TensorToWrite => ({
  name,
  shape,
  data: random.floats(shape.reduce((product, size) => product * size, 1)),
});

export const convolutional = (): Uint8Array =>
  tflite({
    tensors: [
      { name: 'input', shape: [1, 6, 6, 2] },
      floats('conv', [3, 3, 3, 2]),
      floats('bias', [3]),
      { name: 'a', shape: [1, 3, 3, 3] },
      {
        name: 'wise',
        shape: [1, 3, 3, 3],
        type: 'int8',
        data: new Int8Array(27).fill(9),
        scales: [1, 2, 3],
        zeroPoints: [0, 0, 0],
        axis: 3,
      },
      { name: 'b', shape: [1, 3, 3, 3] },
      { name: 'c', shape: [1, 3, 3, 3] },
      { name: 'axes', shape: [2], type: 'int32', data: Int32Array.of(1, 2) },
      { name: 'd', shape: [1, 3] },
      floats('dense', [2, 3]),
      { name: 'e', shape: [1, 2] },
      { name: 'pads', shape: [4, 2], type: 'int32', data: Int32Array.of(0, 0, 1, 1, 1, 1, 0, 0) },
      { name: 'f', shape: [1, 5, 5, 3] },
      { name: 'g', shape: [1, 3, 3, 6] },
    ],
    operators: [
      { code: CODES.CONV_2D, inputs: [0, 1, 2], outputs: [3], options: [i8(0), i32(2), i32(2), i8(1)] },
      {
        code: CODES.DEPTHWISE_CONV_2D,
        inputs: [3, 4],
        outputs: [5],
        options: [i8(0), i32(1), i32(1), i32(1), i8(3)],
      },
      { code: CODES.ADD, inputs: [3, 5], outputs: [6], options: [i8(1)] },
      { code: CODES.PAD, inputs: [6, 11], outputs: [12] },
      { code: CODES.MEAN, inputs: [12, 7], outputs: [8], options: [i8(0)] },
      { code: CODES.FULLY_CONNECTED, inputs: [8, 9], outputs: [10], options: [i8(0)] },
    ],
    outputs: [10],
  });
