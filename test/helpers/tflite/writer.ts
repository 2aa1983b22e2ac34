/** Small TFLite files, written with FlatBuffers' own library. */
import { Builder } from 'flatbuffers';

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** float32 if undefined. */
  readonly type?: keyof typeof TYPES;
  readonly data?: Float32Array | Int32Array | Int8Array | Uint8Array | Uint16Array;
  readonly scales?: readonly number[];
  readonly zeroPoints?: readonly number[];
  readonly axis?: number;
}

type Field = readonly [kind: 'int8' | 'int32' | 'float32', value: number];

export interface OperatorToWrite {
  readonly code: number;
  /** Of a custom operator. */
  readonly custom?: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** By index. */
  readonly options?: readonly (Field | undefined)[];
}

export interface ModelToWrite {
  readonly tensors: readonly TensorToWrite[];
  readonly operators: readonly OperatorToWrite[];
  readonly inputs?: readonly number[];
  readonly outputs: readonly number[];
}

const TYPES = { float32: 0, float16: 1, int32: 2, uint8: 3, int64: 4, text: 5, int8: 9 } as const;

export const CODES = {
  ...{ ADD: 0, AVERAGE_POOL_2D: 1, CONCATENATION: 2, CONV_2D: 3, DEPTHWISE_CONV_2D: 4, DEQUANTIZE: 6 },
  ...{
    FULLY_CONNECTED: 9,
    LOGISTIC: 14,
    LSTM: 16,
    MAX_POOL_2D: 17,
    MUL: 18,
    RELU: 19,
    RELU6: 21,
    RESHAPE: 22,
  },
  ...{
    SOFTMAX: 25,
    TANH: 28,
    CUSTOM: 32,
    PAD: 34,
    TRANSPOSE: 39,
    MEAN: 40,
    SUB: 41,
    DIV: 42,
    SQUEEZE: 43,
    CAST: 53,
  },
  ...{ EXPAND_DIMS: 70, LEAKY_RELU: 98, ELU: 111, QUANTIZE: 114, HARD_SWISH: 117, GELU: 150 },
} as const;

export const i8 = (value: number): Field => ['int8', value];
export const i32 = (value: number): Field => ['int32', value];
export const f32 = (value: number): Field => ['float32', value];

export function tflite({ tensors, operators, inputs = [0], outputs }: ModelToWrite): Uint8Array {
  const builder = new Builder(1024);
  const ints = (values: readonly number[]) => {
    builder.startVector(4, values.length, 4);
    for (const value of [...values].reverse()) builder.addInt32(value);
    return builder.endVector();
  };
  const offsets = (values: readonly number[]) => {
    builder.startVector(4, values.length, 4);
    for (const value of [...values].reverse()) builder.addOffset(value);
    return builder.endVector();
  };
  const bytes = (data: Uint8Array) => {
    builder.startVector(1, data.length, 16);
    for (let i = data.length - 1; i >= 0; i--) builder.addInt8(data[i]!);
    return builder.endVector();
  };
  const object = (fields: number, fill: () => void) => {
    builder.startObject(fields);
    fill();
    return builder.endObject();
  };

  const data = tensors.flatMap(({ data }) => (data ? [data] : []));
  const buffers = [undefined, ...data].map((numbers) => {
    const at = numbers && bytes(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
    return object(1, () => at !== undefined && builder.addFieldOffset(0, at, 0));
  });
  const codes = [...new Set(operators.map(({ code, custom }) => `${code} ${custom ?? ''}`))];
  const codeTables = codes.map((text) => {
    const [code, custom] = text.split(' ') as [string, string];
    const name = custom === '' ? undefined : builder.createString(custom);
    return object(4, () => {
      builder.addFieldInt8(0, Math.min(Number(code), 127), 0);
      if (name !== undefined) builder.addFieldOffset(1, name, 0);
      builder.addFieldInt32(3, Number(code), 0);
    });
  });
  const tensorTables = tensors.map((tensor) => {
    const [name, shape] = [builder.createString(tensor.name), ints(tensor.shape)];
    const quantization = tensor.scales && quantized(tensor);
    return object(8, () => {
      builder.addFieldOffset(0, shape, 0);
      builder.addFieldInt8(1, TYPES[tensor.type ?? 'float32'], 0);
      if (tensor.data) builder.addFieldInt32(2, data.indexOf(tensor.data) + 1, 0);
      builder.addFieldOffset(3, name, 0);
      if (quantization !== undefined) builder.addFieldOffset(4, quantization, 0);
    });
  });
  const operatorTables = operators.map(({ code, custom, options, ...operator }) => {
    const [reads, gives] = [ints(operator.inputs), ints(operator.outputs)];
    const table =
      options &&
      object(options.length, () => {
        options.forEach((field, index) => {
          if (!field) return;
          const [kind, value] = field;
          if (kind === 'int8') builder.addFieldInt8(index, value, 99);
          else if (kind === 'int32') builder.addFieldInt32(index, value, 99_999);
          else builder.addFieldFloat32(index, value, 99_999);
        });
      });
    return object(5, () => {
      builder.addFieldInt32(0, codes.indexOf(`${code} ${custom ?? ''}`), 0);
      builder.addFieldOffset(1, reads, 0);
      builder.addFieldOffset(2, gives, 0);
      if (table !== undefined) {
        builder.addFieldInt8(3, 1, 0);
        builder.addFieldOffset(4, table, 0);
      }
    });
  });
  const vectors = [tensorTables, operatorTables].map(offsets) as [number, number];
  const [graphInputs, graphOutputs] = [ints(inputs), ints(outputs)];
  const graph = object(5, () => {
    builder.addFieldOffset(0, vectors[0], 0);
    builder.addFieldOffset(1, graphInputs, 0);
    builder.addFieldOffset(2, graphOutputs, 0);
    builder.addFieldOffset(3, vectors[1], 0);
  });
  const [allCodes, graphs, allBuffers] = [offsets(codeTables), offsets([graph]), offsets(buffers)];
  const model = object(5, () => {
    builder.addFieldInt32(0, 3, 0);
    builder.addFieldOffset(1, allCodes, 0);
    builder.addFieldOffset(2, graphs, 0);
    builder.addFieldOffset(4, allBuffers, 0);
  });
  builder.finish(model, 'TFL3');
  return new Uint8Array(builder.asUint8Array());

  function quantized({ scales = [], zeroPoints = [], axis = 0 }: TensorToWrite): number {
    builder.startVector(4, scales.length, 4);
    for (const scale of [...scales].reverse()) builder.addFloat32(scale);
    const scaleVector = builder.endVector();
    builder.startVector(8, zeroPoints.length, 8);
    for (const zero of [...zeroPoints].reverse()) builder.addInt64(BigInt(zero));
    const zeroVector = builder.endVector();
    return object(7, () => {
      builder.addFieldOffset(2, scaleVector, 0);
      builder.addFieldOffset(3, zeroVector, 0);
      builder.addFieldInt32(6, axis, 0);
    });
  }
}
