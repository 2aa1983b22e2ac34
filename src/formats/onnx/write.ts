/** An ONNX file with other numbers in it. */
import { MasksearchError } from '../../core/error.ts';
import type { ContainerFiles } from '../../network/container.ts';
import type { Tensors } from '../../network/model.ts';
import { encodeFloats, type FloatType } from '../arrays/encode-floats.ts';
import { ELEMENT_BYTES } from '../arrays/numbers.ts';
import type { ByteRange } from '../protobuf/reader.ts';
import { splice, type Edit } from '../protobuf/splice.ts';
import { joined, varint } from '../protobuf/writer.ts';
import { shown } from '../safetensors/header.ts';
import type { Parameter } from './import/network-import.ts';
import type { TensorData } from './messages.ts';
import { isFloat } from './element-types.ts';
import type { ExternalFiles } from './tensor-numbers.ts';

/** A number of a tensor, by its index there, that is not what it was. */
type Changes = ReadonlyMap<number, number>;

/** The files with `tensors` in place of `parameters`; numbers that are the same keep their bytes. Throws 'bad-input' if one has no place. */
export function withNumbers(
  file: Uint8Array,
  external: ExternalFiles,
  parameters: ReadonlyMap<string, Parameter>,
  tensors: Tensors,
): ContainerFiles {
  // Not slice(): that of Node's Buffer does not copy, and the model's numbers are views of the file.
  const main = new Uint8Array(file);
  const beside = new Map([...external].map(([name, bytes]) => [name, new Uint8Array(bytes)]));
  const edits: Edit[] = [];
  for (const [name, { values, origin }] of parameters) {
    const changes = changesOf(values, tensors.get(name)!, origin?.order);
    if (changes.size === 0) continue;
    const type = origin?.tensor.type;
    if (!origin || type === undefined || !isFloat(type))
      throw new MasksearchError(
        'bad-input',
        `parameter ${shown(name)} has changed, and the ONNX file has no place for it`,
        'keep it as it was',
      );
    edits.push(...changeTensor(origin.tensor.data, type, changes, main, beside));
  }
  return { main: edits.length > 0 ? splice(main, edits) : main, beside };
}

function changesOf(before: Float32Array, after: Float32Array, order: Uint32Array | undefined): Changes {
  const changes = new Map<number, number>();
  for (let i = 0; i < before.length; i++) {
    if (!Object.is(before[i], after[i])) changes.set(order ? order[i]! : i, after[i]!);
  }
  return changes;
}

/** Writes the changes where numbers have a fixed length, and returns the edits where they have not. */
function changeTensor(
  data: TensorData,
  type: FloatType,
  changes: Changes,
  main: Uint8Array,
  beside: ReadonlyMap<string, Uint8Array>,
): readonly Edit[] {
  switch (data.kind) {
    case 'external':
      writeNumbers(
        beside.get(data.location)!,
        type,
        changes,
        (index) => data.offset + index * ELEMENT_BYTES[type],
      );
      return [];
    case 'fixed':
      writeNumbers(main, type, changes, placesIn(data.pieces, ELEMENT_BYTES[type]));
      return [];
    case 'varints': {
      let index = 0;
      return data.pieces.map((range) => {
        const numbers: Uint8Array[] = [];
        for (let at = range.begin; at < range.end; index++) {
          let end = at;
          while (main[end]! >= 0x80) end++;
          const changed = changes.get(index);
          numbers.push(changed === undefined ? main.slice(at, end + 1) : varint(bitsOf(changed, type)));
          at = end + 1;
        }
        return { range, bytes: joined(numbers) };
      });
    }
  }
}

/** Writes each number at its place. All are encoded at once, which takes a tenth of the time. */
function writeNumbers(
  bytes: Uint8Array,
  type: FloatType,
  changes: Changes,
  placeOf: (index: number) => number,
): void {
  const size = ELEMENT_BYTES[type];
  const encoded = encodeFloats(Float32Array.from(changes.values()), type);
  let from = 0;
  for (const index of changes.keys()) {
    bytes.set(encoded.subarray(from, from + size), placeOf(index));
    from += size;
  }
}

/** Where each number of a tensor starts. */
function placesIn(pieces: readonly ByteRange[], size: number): (index: number) => number {
  const [first, ...rest] = pieces;
  if (rest.length === 0) return (index) => first!.begin + index * size;
  const places = pieces.flatMap(({ begin, end }) =>
    Array.from({ length: (end - begin) / size }, (_, i) => begin + i * size),
  );
  return (index) => places[index]!;
}

/** A float of 16 bits as the whole number that typed fields hold. */
const bitsOf = (value: number, type: FloatType) =>
  new Uint16Array(encodeFloats(Float32Array.of(value), type).buffer)[0]!;
