/**
 * TFLite's operators in float64, one image at a time, straight from the tables of a file with FlatBuffers' own library: what the import must agree
 * with. Channels are last, as in the file. Shares nothing with the import.
 */
import { ByteBuffer } from 'flatbuffers';

interface Value {
  readonly shape: readonly number[];
  readonly numbers: Float64Array;
}

/** Table in a buffer, by the indices of the schema. */
class Fields {
  readonly #buffer: ByteBuffer;
  readonly #at: number;

  constructor(buffer: ByteBuffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
  }

  #field(index: number): number {
    if (this.#at === 0) return 0;
    const offset = this.#buffer.__offset(this.#at, 4 + 2 * index);
    return offset === 0 ? 0 : this.#at + offset;
  }

  scalar(index: number, kind: 'Int8' | 'Int32' | 'Float32', missing = 0): number {
    const at = this.#field(index);
    if (at === 0) return missing;
    if (kind === 'Int8') return this.#buffer.readInt8(at);
    return kind === 'Int32' ? this.#buffer.readInt32(at) : this.#buffer.readFloat32(at);
  }

  list<T>(index: number, size: number, read: (buffer: ByteBuffer, at: number) => T): T[] {
    const field = this.#field(index);
    if (field === 0) return [];
    const length = this.#buffer.__vector_len(field);
    const begin = this.#buffer.__vector(field);
    return Array.from({ length }, (_, i) => read(this.#buffer, begin + i * size));
  }

  ints = (index: number) => this.list(index, 4, (buffer, at) => buffer.readInt32(at));
  floats = (index: number) => this.list(index, 4, (buffer, at) => buffer.readFloat32(at));
  longs = (index: number) => this.list(index, 8, (buffer, at) => Number(buffer.readInt64(at)));
  tables = (index: number) => this.list(index, 4, (buffer, at) => new Fields(buffer, buffer.__indirect(at)));

  table(index: number): Fields {
    const at = this.#field(index);
    return new Fields(this.#buffer, at === 0 ? 0 : this.#buffer.__indirect(at));
  }
}

const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** The output for one image, whose numbers are in the order of the file's input. Softmax is left out, as the loss does it. */
export function twinScores(file: Uint8Array, image: Float32Array): Float64Array {
  const buffer = new ByteBuffer(new Uint8Array(file));
  const model = new Fields(buffer, buffer.readInt32(0));
  const graph = model.tables(2)[0]!;
  const buffers = model.tables(4);
  const codes = model.tables(1).map((code) => Math.max(code.scalar(0, 'Int8'), code.scalar(3, 'Int32')));
  const tensors = graph.tables(0);
  const values = new Map<number, Value>();
  const [input] = graph.ints(1) as [number];
  values.set(input, { shape: tensors[input]!.ints(0), numbers: Float64Array.from(image) });

  const valueOf = (index: number): Value => {
    const known = values.get(index);
    if (known) return known;
    const tensor = tensors[index]!;
    const shape = tensor.ints(0);
    const bytes = Uint8Array.from(buffers[tensor.scalar(2, 'Int32')]!.list(0, 1, (b, at) => b.readUint8(at)));
    const numbers = numbersOf(bytes, tensor.scalar(1, 'Int8'));
    const quantization = tensor.table(4);
    const scales = quantization.floats(2);
    const zeros = quantization.longs(3);
    const axis = quantization.scalar(6, 'Int32');
    const inner = size(shape.slice(axis + 1));
    if (scales.length > 0 && tensor.scalar(1, 'Int8') !== 0)
      numbers.forEach((number, i) => {
        const channel = scales.length === 1 ? 0 : Math.floor(i / inner) % scales.length;
        numbers[i] = Math.fround(scales[channel]! * (number - (zeros[channel] ?? zeros[0] ?? 0)));
      });
    const value = { shape, numbers };
    values.set(index, value);
    return value;
  };
  for (const operator of graph.tables(3)) {
    const reads = operator.ints(1);
    const [output] = operator.ints(2) as [number];
    const given = (place: number) => ((reads[place] ?? -1) < 0 ? undefined : valueOf(reads[place]!));
    values.set(
      output,
      compute(codes[operator.scalar(0, 'Int32')]!, given, operator.table(4), tensors[output]!.ints(0)),
    );
  }
  return valueOf(graph.ints(2)[0]!).numbers;
}

function numbersOf(bytes: Uint8Array, type: number): Float64Array {
  switch (type) {
    case 0:
      return Float64Array.from(new Float32Array(bytes.buffer));
    case 1:
      return Float64Array.from(new Uint16Array(bytes.buffer), (bits) => {
        const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
        const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
        return bits >> 15 ? -magnitude : magnitude;
      });
    case 2:
      return Float64Array.from(new Int32Array(bytes.buffer));
    case 9:
      return Float64Array.from(new Int8Array(bytes.buffer));
    default:
      return Float64Array.from(bytes);
  }
}

const clip = (low: number, high: number) => (x: number) => Math.min(Math.max(x, low), high);
const FUSED = [(x: number) => x, (x: number) => Math.max(x, 0), clip(-1, 1), clip(0, 6), Math.tanh];
const map = ({ shape, numbers }: Value, of: (x: number) => number): Value => ({
  shape,
  numbers: numbers.map(of),
});

type Given = (place: number) => Value | undefined;

function compute(code: number, given: Given, options: Fields, shape: readonly number[]): Value {
  const x = given(0)!;
  const fused = (value: Value, field: number) => map(value, FUSED[options.scalar(field, 'Int8')]!);
  switch (code) {
    case 0:
      return fused(
        elementwise(x, given(1)!, (a, b) => a + b),
        0,
      );
    case 18:
      return fused(
        elementwise(x, given(1)!, (a, b) => a * b),
        0,
      );
    case 41:
      return fused(
        elementwise(x, given(1)!, (a, b) => a - b),
        0,
      );
    case 42:
      return fused(
        elementwise(x, given(1)!, (a, b) => a / b),
        0,
      );
    case 1:
    case 17:
      return fused(pool(x, options, code === 17, shape), 5);
    case 2:
      return fused(concat([x, given(1)!], options.scalar(0, 'Int32')), 1);
    case 3:
      return fused(convolve(x, given(1)!, given(2), options, [4, 5], shape, false), 3);
    case 4:
      return fused(convolve(x, given(1)!, given(2), options, [5, 6], shape, true), 4);
    case 9:
      return fused(dense(x, given(1)!, given(2), shape), 0);
    case 14:
      return map(x, (value) => 1 / (1 + Math.exp(-value)));
    case 19:
      return map(x, FUSED[1]!);
    case 21:
      return map(x, FUSED[3]!);
    case 28:
      return map(x, Math.tanh);
    case 98: {
      const alpha = options.scalar(0, 'Float32');
      return map(x, (value) => (value < 0 ? alpha * value : value));
    }
    case 111:
      return map(x, (value) => (value < 0 ? Math.expm1(value) : value));
    case 117:
      return map(x, (value) => (value * clip(0, 6)(value + 3)) / 6);
    case 22:
    case 43:
    case 70:
      return { shape, numbers: x.numbers };
    case 34:
      return pad(x, given(1)!.numbers, shape);
    case 39:
      return transpose(x, given(1)!.numbers, shape);
    case 40:
      return mean(x, given(1)!.numbers, shape);
    // Softmax is the loss's; casts and dequantisation of what is dequantised already.
    case 25:
    case 53:
    case 6:
    case 114:
      return x;
    default:
      throw new Error(`the twin has no operator ${code}`);
  }
}

function elementwise(a: Value, b: Value, of: (a: number, b: number) => number): Value {
  if (b.numbers.length > a.numbers.length) return elementwise(b, a, (x, y) => of(y, x));
  return {
    shape: a.shape,
    numbers: a.numbers.map((value, i) => of(value, b.numbers[i % b.numbers.length]!)),
  };
}

/** Zeros before the first place. */
function before(isSame: boolean, length: number, places: number, stride: number, extent: number): number {
  return isSame ? Math.floor(Math.max((places - 1) * stride + extent - length, 0) / 2) : 0;
}

function convolve(
  x: Value,
  weight: Value,
  bias: Value | undefined,
  options: Fields,
  [dilationX, dilationY]: readonly [number, number],
  shape: readonly number[],
  isDepthwise: boolean,
): Value {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const [, rows, columns, outputs] = shape as [number, number, number, number];
  const [, tall, wide] = weight.shape as [number, number, number, number];
  const [strideX, strideY] = [options.scalar(1, 'Int32'), options.scalar(2, 'Int32')];
  const [stepX, stepY] = [options.scalar(dilationX, 'Int32', 1), options.scalar(dilationY, 'Int32', 1)];
  const isSame = options.scalar(0, 'Int8') === 0;
  const top = before(isSame, height, rows, strideY, (tall - 1) * stepY + 1);
  const left = before(isSame, width, columns, strideX, (wide - 1) * stepX + 1);
  const numbers = new Float64Array(rows * columns * outputs);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      for (let o = 0; o < outputs; o++) {
        let sum = bias ? bias.numbers[o]! : 0;
        for (let i = 0; i < tall; i++)
          for (let j = 0; j < wide; j++) {
            const [y, z] = [r * strideY - top + i * stepY, c * strideX - left + j * stepX];
            if (y < 0 || z < 0 || y >= height || z >= width) continue;
            const pixel = (y * width + z) * channels;
            if (isDepthwise) {
              const channel = Math.floor(o / (outputs / channels));
              sum += x.numbers[pixel + channel]! * weight.numbers[(i * wide + j) * outputs + o]!;
            } else {
              for (let k = 0; k < channels; k++)
                sum += x.numbers[pixel + k]! * weight.numbers[((o * tall + i) * wide + j) * channels + k]!;
            }
          }
        numbers[(r * columns + c) * outputs + o] = sum;
      }
  return { shape, numbers };
}

function pool(x: Value, options: Fields, isMax: boolean, shape: readonly number[]): Value {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const [, rows, columns] = shape as [number, number, number];
  const [strideX, strideY, wide, tall] = [1, 2, 3, 4].map((field) => options.scalar(field, 'Int32')) as [
    number,
    number,
    number,
    number,
  ];
  const isSame = options.scalar(0, 'Int8') === 0;
  const top = before(isSame, height, rows, strideY, tall);
  const left = before(isSame, width, columns, strideX, wide);
  const numbers = new Float64Array(rows * columns * channels);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      for (let k = 0; k < channels; k++) {
        const inside: number[] = [];
        for (let y = r * strideY - top; y < r * strideY - top + tall; y++)
          for (let z = c * strideX - left; z < c * strideX - left + wide; z++)
            if (y >= 0 && z >= 0 && y < height && z < width)
              inside.push(x.numbers[(y * width + z) * channels + k]!);
        numbers[(r * columns + c) * channels + k] = isMax
          ? Math.max(...inside)
          : inside.reduce((sum, value) => sum + value, 0) / inside.length;
      }
  return { shape, numbers };
}

function dense(x: Value, weight: Value, bias: Value | undefined, shape: readonly number[]): Value {
  const [outputs, features] = weight.shape as [number, number];
  const numbers = Float64Array.from({ length: outputs }, (_, o) => {
    let sum = bias ? bias.numbers[o]! : 0;
    for (let i = 0; i < features; i++) sum += x.numbers[i]! * weight.numbers[o * features + i]!;
    return sum;
  });
  return { shape, numbers };
}

function concat(values: readonly Value[], given: number): Value {
  const [first] = values as [Value];
  const axis = given < 0 ? given + first.shape.length : given;
  const outer = size(first.shape.slice(0, axis));
  const numbers: number[] = [];
  for (let o = 0; o < outer; o++)
    for (const { shape, numbers: own } of values) {
      const row = size(shape.slice(axis));
      numbers.push(...own.subarray(o * row, (o + 1) * row));
    }
  const total = values.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return { shape: first.shape.with(axis, total), numbers: Float64Array.from(numbers) };
}

/** The place of each number of an array, axis by axis. */
function positions(shape: readonly number[]): number[][] {
  return Array.from({ length: size(shape) }, (_, index) => {
    const at: number[] = [];
    for (let axis = shape.length - 1, left = index; axis >= 0; axis--) {
      at.unshift(left % shape[axis]!);
      left = Math.floor(left / shape[axis]!);
    }
    return at;
  });
}

const indexOf = (at: readonly number[], shape: readonly number[]) =>
  at.reduce((index, place, axis) => index * shape[axis]! + place, 0);

function pad(x: Value, pads: ArrayLike<number>, shape: readonly number[]): Value {
  const numbers = new Float64Array(size(shape));
  positions(x.shape).forEach((at, i) => {
    numbers[
      indexOf(
        at.map((place, axis) => place + pads[2 * axis]!),
        shape,
      )
    ] = x.numbers[i]!;
  });
  return { shape, numbers };
}

function transpose(x: Value, axes: ArrayLike<number>, shape: readonly number[]): Value {
  const numbers = new Float64Array(size(shape));
  positions(x.shape).forEach((at, i) => {
    numbers[
      indexOf(
        Array.from(axes, (axis) => at[axis]!),
        shape,
      )
    ] = x.numbers[i]!;
  });
  return { shape, numbers };
}

function mean(x: Value, axes: ArrayLike<number>, shape: readonly number[]): Value {
  const reduced = Array.from(axes, (axis) => (axis < 0 ? axis + x.shape.length : axis));
  const kept = x.shape.map((length, axis) => (reduced.includes(axis) ? 1 : length));
  const numbers = new Float64Array(size(kept));
  positions(x.shape).forEach((at, i) => {
    numbers[
      indexOf(
        at.map((place, axis) => (reduced.includes(axis) ? 0 : place)),
        kept,
      )
    ]! += x.numbers[i]!;
  });
  const count = x.numbers.length / numbers.length;
  return { shape, numbers: numbers.map((sum) => sum / count) };
}
