/** A TFLite file as a graph for the ONNX import, which knows how layouts, functions and layers become a network. */
import { MasksearchError } from '../../../core/error.ts';
import type { ExternalFiles } from '../../onnx/tensor-numbers.ts';
import type { OnnxModel } from '../../onnx/messages.ts';
import { shown } from '../../safetensors/header.ts';
import { isQuantized } from '../constants.ts';
import type { TfliteModel, TfliteTensor } from '../decode.ts';
import { GraphBuilder } from './graph-builder.ts';
import { OPERATORS } from './operators.ts';
import { checkOperators, reachedOperators } from './reach.ts';

export interface TranslatedGraph {
  readonly model: OnnxModel;
  /** Weights that are quantised in the file, as float32 bytes, by name. */
  readonly dequantized: ExternalFiles;
  /** Whether activations are quantised between operators for nothing. */
  readonly quantizes: boolean;
}

/** The version of ONNX's operators whose attributes the nodes have. */
const OPSET = 13;
const KNOWN = new Set(Object.keys(OPERATORS));

/** Throws 'bad-input' for operators that are not supported, and for what only a damaged file holds. */
export function translated(model: TfliteModel, file: Uint8Array): TranslatedGraph {
  const [input, output] = [only('input', model.inputs), only('output', model.outputs)];
  const operators = reachedOperators(model);
  checkOperators(operators, model, KNOWN);
  checkInput(model.tensors[input]!);
  const graph = new GraphBuilder(model, file);
  const inputs = [graph.input(input)];
  for (const operator of operators) OPERATORS[operator.name]!(graph, operator);
  const last = operators.findLast(({ outputs }) => outputs.includes(output));
  if (!last)
    throw new MasksearchError(
      'bad-input',
      'no operator gives the output of the network',
      'use a file that a converter wrote',
    );
  const outputs = [{ name: graph.value(last, output, 'last'), type: undefined, shape: undefined }];
  const quantizes = operators.some(
    ({ name, outputs: [index] }) => name === 'QUANTIZE' && isQuantized(model.tensors[index!]!),
  );
  const { nodes, initializers, dequantized } = graph;
  return {
    model: {
      opsets: new Map([['', OPSET]]),
      graph: { nodes, initializers: [...initializers.values()], inputs, outputs, sparse: 0 },
      metadata: {},
    },
    dequantized,
    quantizes,
  };
}

/** Index of the only tensor that the network takes or gives. */
function only(what: 'input' | 'output', indices: readonly number[]): number {
  const [index, ...others] = indices;
  if (index !== undefined && others.length === 0) return index;
  throw new MasksearchError(
    'bad-input',
    `the network has ${indices.length} ${what}s, one is supported`,
    what === 'input' ? 'convert it with its image as the only input' : 'convert it with its scores alone',
  );
}

function checkInput({ name, type }: TfliteTensor): void {
  if (type === 'float32' || type === 'float16' || type === 'uint8') return;
  throw new MasksearchError(
    'bad-input',
    `the input ${shown(name)} is of type ${type ?? 'unknown'}, only float32 and bytes are supported`,
    'convert the network with an input of float32',
  );
}
