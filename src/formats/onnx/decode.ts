/** Bytes to an `OnnxModel`. Nothing is copied but names and small lists: tensors keep the ranges of their bytes. */
import { MasksearchError } from '../../core/error.ts';
import {
  bytesRange,
  damagedMessage,
  fieldsIn,
  integerIn,
  integersIn,
  textIn,
  WIRE,
  type ByteRange,
  type Field,
} from '../protobuf/reader.ts';
import { decodeTensor, MAX_TEXT } from './decode-tensor.ts';
import { elementTypeOf } from './element-types.ts';
import { decodeMetadata } from './metadata.ts';
import type { Attribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './messages.ts';

/** Numbers in an attribute at the most: none that a network needs has more. */
const MAX_NUMBERS = 65_536;

/** Throws 'bad-input' for bytes that are no ONNX model. */
export function decodeOnnx(file: Uint8Array): OnnxModel {
  let graph: OnnxGraph | undefined;
  const metadata: (readonly [string, string])[] = [];
  const opsets = new Map<string, number>();
  try {
    for (const field of fieldsIn(file, { begin: 0, end: file.length })) {
      if (field.number === 7) graph = decodeGraph(file, bytesRange(field));
      if (field.number === 8) {
        const { domain, version } = decodeOpset(file, bytesRange(field));
        opsets.set(domain, version);
      }
      if (field.number === 14) metadata.push(...decodeMetadata(file, bytesRange(field)));
    }
  } catch (error) {
    if (error instanceof MasksearchError && error.code === 'bad-input')
      throw new MasksearchError('bad-input', `the ONNX file is damaged: ${error.message}`, error.fix);
    throw error;
  }
  if (!graph) throw damagedMessage('the file holds no graph, so it is no ONNX model');
  return { opsets, graph, metadata: Object.fromEntries(metadata) };
}

function decodeOpset(file: Uint8Array, range: ByteRange) {
  let domain = '';
  let version = 0;
  for (const field of fieldsIn(file, range)) {
    if (field.number === 1) domain = name(file, field);
    if (field.number === 2) version = integerIn(file, field);
  }
  // The two names of the standard operators.
  return { domain: domain === 'ai.onnx' ? '' : domain, version };
}

function decodeGraph(file: Uint8Array, range: ByteRange): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  let sparse = 0;
  for (const field of fieldsIn(file, range)) {
    if (field.number === 1) nodes.push(decodeNode(file, bytesRange(field)));
    if (field.number === 5) initializers.push(decodeTensor(file, bytesRange(field)));
    if (field.number === 11) inputs.push(decodeValue(file, bytesRange(field)));
    if (field.number === 12) outputs.push(decodeValue(file, bytesRange(field)));
    if (field.number === 15) sparse++;
  }
  return { nodes, initializers, inputs, outputs, sparse };
}

function decodeNode(file: Uint8Array, range: ByteRange): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let nodeName = '';
  let operator = '';
  let domain = '';
  for (const field of fieldsIn(file, range)) {
    if (field.number === 1) inputs.push(name(file, field));
    if (field.number === 2) outputs.push(name(file, field));
    if (field.number === 3) nodeName = name(file, field);
    if (field.number === 4) operator = name(file, field);
    if (field.number === 5) attributes.set(...decodeAttribute(file, bytesRange(field)));
    if (field.number === 7) domain = name(file, field);
  }
  return {
    name: nodeName,
    operator,
    domain: domain === 'ai.onnx' ? '' : domain,
    inputs,
    outputs,
    attributes,
  };
}

/** Fields of AttributeProto that hold its value. */
const VALUE_FIELDS = { float: 2, int: 3, text: 4, tensor: 5, floats: 7, ints: 8 } as const;
/** AttributeProto.AttributeType. */
const KINDS: Readonly<Record<number, keyof typeof VALUE_FIELDS>> = {
  1: 'float',
  2: 'int',
  3: 'text',
  4: 'tensor',
  6: 'floats',
  7: 'ints',
};

function decodeAttribute(file: Uint8Array, range: ByteRange): readonly [string, Attribute] {
  let attributeName = '';
  let type = 0;
  const values: Field[] = [];
  for (const field of fieldsIn(file, range)) {
    if (field.number === 1) attributeName = name(file, field);
    else if (field.number === 20) type = integerIn(file, field);
    else {
      values.push(field);
      checkCount(values.length);
    }
  }
  const kind = KINDS[type];
  if (kind === undefined) return [attributeName, { kind: 'other' }];
  const own = values.filter(({ number }) => number === VALUE_FIELDS[kind]);
  return [attributeName, valueOf(file, kind, own)];
}

function valueOf(file: Uint8Array, kind: keyof typeof VALUE_FIELDS, fields: readonly Field[]): Attribute {
  const last = fields.at(-1);
  switch (kind) {
    case 'float':
      return { kind, value: last ? (floatsIn(file, [last])[0] ?? 0) : 0 };
    case 'int':
      return { kind, value: last ? integerIn(file, last) : 0 };
    case 'text':
      return { kind, value: last ? textIn(file, last, MAX_TEXT) : '' };
    case 'tensor':
      return last ? { kind, value: decodeTensor(file, bytesRange(last)) } : { kind: 'other' };
    case 'floats':
      return { kind, value: floatsIn(file, fields) };
    case 'ints':
      return { kind, value: integersOf(file, fields) };
  }
}

function floatsIn(file: Uint8Array, fields: readonly Field[]): number[] {
  const bytes = fields.reduce((sum, { begin, end }) => sum + end - begin, 0);
  const isWrong = fields.some(
    ({ wire, begin, end }) => (wire !== WIRE.fixed32 && wire !== WIRE.bytes) || (end - begin) % 4 !== 0,
  );
  if (isWrong) throw damagedMessage(`the field at byte ${fields[0]!.tag} holds no floats`);
  checkCount(bytes / 4);
  const view = new DataView(file.buffer, file.byteOffset);
  return fields.flatMap(({ begin, end }) =>
    Array.from({ length: (end - begin) / 4 }, (_, i) => view.getFloat32(begin + 4 * i, true)),
  );
}

function integersOf(file: Uint8Array, fields: readonly Field[]): number[] {
  const numbers: number[] = [];
  for (const field of fields) {
    for (const value of integersIn(file, field)) {
      numbers.push(value);
      checkCount(numbers.length);
    }
  }
  return numbers;
}

function checkCount(count: number): void {
  if (count > MAX_NUMBERS)
    throw damagedMessage(`an attribute has ${count} numbers or more, at most ${MAX_NUMBERS} are allowed`);
}

/** A ValueInfoProto. */
function decodeValue(file: Uint8Array, range: ByteRange): OnnxValue {
  let valueName = '';
  let type: OnnxValue['type'];
  let shape: OnnxValue['shape'];
  for (const field of fieldsIn(file, range)) {
    if (field.number === 1) valueName = name(file, field);
    if (field.number !== 2) continue;
    for (const typeField of fieldsIn(file, bytesRange(field))) {
      if (typeField.number !== 1) continue;
      for (const tensorField of fieldsIn(file, bytesRange(typeField))) {
        if (tensorField.number === 1) type = elementTypeOf(integerIn(file, tensorField));
        if (tensorField.number === 2) shape = decodeShape(file, bytesRange(tensorField));
      }
    }
  }
  return { name: valueName, type, shape };
}

/** A TensorShapeProto. Sizes below 1 stand for any, as some exporters write them. */
function decodeShape(file: Uint8Array, range: ByteRange): (number | undefined)[] {
  const shape: (number | undefined)[] = [];
  for (const field of fieldsIn(file, range)) {
    if (field.number !== 1) continue;
    let size: number | undefined;
    for (const dimension of fieldsIn(file, bytesRange(field))) {
      if (dimension.number === 1) size = integerIn(file, dimension);
    }
    shape.push(size !== undefined && size >= 1 ? size : undefined);
    checkCount(shape.length);
  }
  return shape;
}

const name = (file: Uint8Array, field: Field) => textIn(file, field, MAX_TEXT);
