/** The parts of a TFLite file that networks need, as TensorFlow's lite/schema/schema.fbs (Apache-2.0) defines them. */
import { damagedFile } from '../arrays/array.ts';
import { ELEMENT_BYTES, type ElementType } from '../arrays/numbers.ts';
import type { ByteRange } from '../protobuf/reader.ts';
import { shown } from '../safetensors/header.ts';
import { Flatbuffer, type Table } from './flatbuffer.ts';
import { operatorName } from './operator-names.ts';

/** Numbers q that stand for scale * (q - zero point). */
export interface Quantization {
  /** One for all, or one for each index of `axis`. */
  readonly scales: readonly number[];
  /** As many, or one, or none for 0. */
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

export interface TfliteTensor {
  /** Unique in the file. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Undefined for one that is not read, such as text. */
  readonly type: ElementType | undefined;
  /** Where its numbers are, if they are known without an input. */
  readonly data: ByteRange | undefined;
  readonly quantization: Quantization | undefined;
}

export interface TfliteOperator {
  readonly name: string;
  /** Indices of tensors; -1 for one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: Table | undefined;
}

export interface TfliteModel {
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const TYPES = new Map<number, ElementType>([
  ...([
    [0, 'float32'],
    [1, 'float16'],
    [2, 'int32'],
    [3, 'uint8'],
    [4, 'int64'],
    [6, 'bool'],
  ] as const),
  ...([
    [7, 'int16'],
    [9, 'int8'],
    [10, 'float64'],
    [12, 'uint64'],
    [15, 'uint32'],
    [16, 'uint16'],
  ] as const),
]);

/** Axes of a tensor at the most. */
const MAX_RANK = 8;

/** True if `bytes` start as a TFLite file does: an offset, and its identifier. */
export function isTflite(bytes: Uint8Array): boolean {
  return [...'TFL3'].every((letter, i) => bytes[4 + i] === letter.charCodeAt(0));
}

/** The network in a TFLite file: its first subgraph. Throws 'bad-input' for a damaged file. */
export function decodeTflite(file: Uint8Array): TfliteModel {
  if (!isTflite(file)) throw damagedFile('the TFLite file does not start with its identifier, TFL3');
  const { root } = new Flatbuffer(file);
  const [graph] = root.tables(2);
  if (!graph) throw damagedFile('the TFLite file has no graph');
  const buffers = root.tables(4).map((buffer) => dataOf(buffer, file));
  const tensors = uniquelyNamed(graph.tables(0).map((table) => decodeTensor(table, buffers)));
  // Codes of a byte are all that old files have; newer ones that do not fit there have their own field.
  const names = root
    .tables(1)
    .map((code) => operatorName(Math.max(code.int8(0), code.int32(3)), code.text(1)));
  const checked = (indices: readonly number[], least: number) => {
    for (const index of indices)
      if (!(index >= least && index < tensors.length))
        throw damagedFile(`the TFLite file names tensor ${index} of ${tensors.length}`);
    return indices;
  };
  const operators = graph.tables(3).map((table): TfliteOperator => {
    const name = names[table.uint32(0)];
    if (name === undefined)
      throw damagedFile(`the TFLite file names operator ${table.uint32(0)} of ${names.length}`);
    return {
      name,
      inputs: checked(table.ints(1), -1),
      outputs: checked(table.ints(2), 0),
      options: table.table(4),
    };
  });
  return { tensors, operators, inputs: checked(graph.ints(1), 0), outputs: checked(graph.ints(2), 0) };
}

/** Undefined for an empty buffer, as that of tensors which operators compute. */
function dataOf(buffer: Table, file: Uint8Array): ByteRange | undefined {
  const [begin, size] = [buffer.uint64(1), buffer.uint64(2)];
  // In files of more than 2 GiB behind all tables.
  if (begin > 1) {
    if (!(begin + size <= file.length))
      throw damagedFile(`a buffer of the TFLite file ends at byte ${begin + size} of ${file.length}`);
    return { begin, end: begin + size };
  }
  const range = buffer.range(0);
  return range && range.end > range.begin ? range : undefined;
}

function decodeTensor(table: Table, buffers: readonly (ByteRange | undefined)[]): TfliteTensor {
  const name = table.text(3);
  const shape = table.ints(0);
  if (shape.length > MAX_RANK || !shape.every((size) => size >= 0))
    throw damagedFile(
      `tensor ${shown(name)} of the TFLite file has the shape ${shape.slice(0, MAX_RANK).join(' x ')}`,
    );
  const buffer = table.uint32(2);
  if (buffer > 0 && buffer >= buffers.length)
    throw damagedFile(`tensor ${shown(name)} is in buffer ${buffer} of ${buffers.length}`);
  const type = TYPES.get(table.int8(1));
  const data = buffers[buffer];
  // Sparse ones have fewer, and are densified by an operator that is not supported.
  if (data && type && !table.has(6)) {
    const needed = shape.reduce((product, size) => product * size, ELEMENT_BYTES[type]);
    if (data.end - data.begin !== needed)
      throw damagedFile(
        `tensor ${shown(name)} has ${data.end - data.begin} bytes, its shape ${shape.join(' x ')} needs ${needed}`,
      );
  }
  return {
    name,
    shape,
    type: table.has(6) ? undefined : type,
    data,
    quantization: quantizationOf(table, shape, name),
  };
}

function quantizationOf(table: Table, shape: readonly number[], name: string): Quantization | undefined {
  const quantization = table.table(4);
  const scales = quantization?.floats(2) ?? [];
  if (!quantization || scales.length === 0) return undefined;
  const zeroPoints = quantization.longs(3);
  const axis = quantization.int32(6);
  const isForAxis = scales.length === 1 || shape[axis] === scales.length;
  const areZeroPoints = zeroPoints.length <= 1 || zeroPoints.length === scales.length;
  if (!isForAxis || !areZeroPoints || !scales.every((scale) => Number.isFinite(scale) && scale >= 0))
    throw damagedFile(
      `tensor ${shown(name)} of ${shape.join(' x ')} has ${scales.length} scales and ${zeroPoints.length} zero points`,
    );
  return { scales, zeroPoints, axis };
}

/** Names are there for people alone: some repeat. */
function uniquelyNamed(tensors: readonly TfliteTensor[]): readonly TfliteTensor[] {
  const seen = new Map<string, number>();
  const taken = new Set(tensors.map(({ name }) => name));
  return tensors.map((tensor, index) => {
    const wanted = tensor.name || `tensor ${index}`;
    const before = seen.get(wanted) ?? 0;
    seen.set(wanted, before + 1);
    if (before === 0 && tensor.name !== '') return tensor;
    let unique = before === 0 ? wanted : `${wanted} #${index}`;
    while (taken.has(unique)) unique += '#';
    taken.add(unique);
    return { ...tensor, name: unique };
  });
}
