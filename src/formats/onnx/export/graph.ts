/** A graph of operators as it grows: values and operators under unique names, and each constant once. */
import { elementsOf } from '../../../network/shapes.ts';
import { messageField, type FieldBytes } from '../../protobuf/writer.ts';
import {
  encodeFloatTensor,
  encodeIntegerTensor,
  encodeNode,
  type AttributeValue,
  type OperatorCall,
} from './messages.ts';

/** What an operator is called, and what else it needs; the name of its value is made from that. */
export interface OperatorOptions {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** Adds an operator of a node; `part` is its place in the node, none for the last. */
export type AddOperator = (
  operator: string,
  inputs: readonly string[],
  options?: { readonly part?: string; readonly attributes?: Readonly<Record<string, AttributeValue>> },
) => string;

export class OperatorGraph {
  /** Operators and values have names of their own, so that a network's last node keeps its name although its value is the output. */
  readonly #operators = new Names();
  readonly #values = new Names();
  readonly #calls: OperatorCall[] = [];
  readonly #tensors: (readonly FieldBytes[])[] = [];
  /** Names of constants by what they hold. */
  readonly #constants = new Map<string, string>();

  /** A name that no value has, like `wanted`. */
  reserve(wanted: string): string {
    return this.#values.unique(wanted);
  }

  /** Adds an operator; returns the name of its value, `output` if that was reserved. */
  call(
    operator: string,
    inputs: readonly string[],
    { name, attributes = {} }: OperatorOptions,
    output?: string,
  ): string {
    const value = output ?? this.reserve(name);
    this.#calls.push({ operator, name: this.#operators.unique(name), inputs, output: value, attributes });
    return value;
  }

  /** Adds a tensor under a reserved name. */
  tensor(name: string, shape: readonly number[], values: Float32Array): string {
    this.#tensors.push(encodeFloatTensor(name, shape, values));
    return name;
  }

  /** The name of a number. */
  number(value: number): string {
    return this.#constant(`number ${value}`, String(value), (name) =>
      encodeFloatTensor(name, [], Float32Array.of(value)),
    );
  }

  /** The name of a list of whole numbers. */
  integers(values: readonly number[]): string {
    return this.#constant(`integers ${values.join()}`, `[${values.join(', ')}]`, (name) =>
      encodeIntegerTensor(name, values),
    );
  }

  /** The name of a tensor whose elements are all the same. */
  filled(shape: readonly number[], value: number): string {
    const wanted = `${value} x ${shape.join(' x ')}`;
    return this.#constant(`filled ${wanted}`, wanted, (name) =>
      encodeFloatTensor(name, shape, new Float32Array(elementsOf(shape)).fill(value)),
    );
  }

  #constant(key: string, wanted: string, encode: (name: string) => readonly FieldBytes[]): string {
    let name = this.#constants.get(key);
    if (name === undefined) {
      name = this.reserve(wanted);
      this.#constants.set(key, name);
      this.#tensors.push(encode(name));
    }
    return name;
  }

  /** Fields of a GraphProto. */
  fields(): readonly FieldBytes[] {
    return [
      ...this.#calls.map((call) => messageField(1, [encodeNode(call)])),
      ...this.#tensors.map((fields) => messageField(5, ...fields)),
    ];
  }
}

/** Names that were given away. */
class Names {
  readonly #taken = new Set<string>();
  /** How often a name was wanted. */
  readonly #wanted = new Map<string, number>();

  unique(given: string): string {
    // An empty name stands for a value that is missing.
    const wanted = given === '' ? 'unnamed' : given;
    for (let i = (this.#wanted.get(wanted) ?? 0) + 1; ; i++) {
      const unique = i === 1 ? wanted : `${wanted} (${i})`;
      if (this.#taken.has(unique)) continue;
      this.#wanted.set(wanted, i);
      this.#taken.add(unique);
      return unique;
    }
  }
}
