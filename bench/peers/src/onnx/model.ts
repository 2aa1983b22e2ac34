/** ONNX models of a range of layers, built in memory. Nothing here runs them. */
import { fileURLToPath } from 'node:url';
import type { Activation } from 'masksearch';
import protobuf from 'protobufjs';
import type { FusedLayer, LayerParameters } from '../layers.ts';

export const INPUT = 'x';
export const OUTPUT = 'y';

/** Version 13 of the operators and of its time's file format: any runtime in use reads them. */
const OPERATORS = 13;
const FORMAT = 7;
/** TensorProto.DataType. */
const FLOAT = 1;

const OPERATOR_OF: Readonly<Partial<Record<Activation, string>>> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
};

const schema = protobuf.loadSync(fileURLToPath(new URL('onnx.proto', import.meta.url)));
const ModelProto = schema.lookupType('onnx.ModelProto');

/** Name of a layer's weights, an input of the model: PyTorch's layout. */
export function weightName(layer: FusedLayer): string {
  return `${layer.layer.name}.weight`;
}

/**
 * The bytes of a model that runs `layers`, a part of a network without gaps: from `INPUT`, [image, …] as enters the
 * first, and the weights of each to `OUTPUT`, [image, …] as leaves the last, or its log-softmax. Biases, which no mask
 * changes, are constants.
 *
 * @param parameters of these layers
 */
export function onnxModel(
  layers: readonly FusedLayer[],
  parameters: readonly LayerParameters[],
  { logSoftmax }: { readonly logSoftmax: boolean },
): Uint8Array {
  const graph = new GraphBuilder(layers[0]!.inputShape);
  layers.forEach((fused, s) => {
    const { layer } = fused;
    const weight = graph.input(weightName(fused), fused.weightShape);
    const bias = graph.constant(`${layer.name}.bias`, parameters[s]!.bias);
    if (layer.kind === 'conv2d') {
      const { kernel, padding } = layer;
      graph.append('Conv', [weight, bias], {
        kernel_shape: [kernel, kernel],
        pads: [padding, padding, padding, padding],
      });
    } else {
      graph.append('Gemm', [weight, bias], { transB: 1 });
    }
    if (layer.activation !== 'none') graph.append(OPERATOR_OF[layer.activation]!);
    for (const kind of fused.following) {
      if (kind === 'flatten') graph.append('Flatten');
      else graph.append('AveragePool', [], { kernel_shape: [2, 2], strides: [2, 2] });
    }
  });
  if (logSoftmax) graph.append('LogSoftmax', [], { axis: 1 });
  const model = ModelProto.fromObject({
    irVersion: FORMAT,
    opsetImport: [{ domain: '', version: OPERATORS }],
    graph: graph.finish(),
  });
  return ModelProto.encode(model).finish();
}

/** A chain of operators, each reading what the one before it wrote. */
class GraphBuilder {
  readonly #nodes: {
    readonly opType: string;
    readonly input: string[];
    output: string[];
    attribute: object[];
  }[] = [];
  readonly #inputs: object[] = [];
  readonly #constants: object[] = [];
  #last = INPUT;

  constructor(inputShape: readonly number[]) {
    this.#inputs.push(tensorInfo(INPUT, ['images', ...inputShape]));
  }

  input(name: string, shape: readonly number[]): string {
    this.#inputs.push(tensorInfo(name, shape));
    return name;
  }

  constant(name: string, values: Float32Array): string {
    this.#constants.push({ name, dataType: FLOAT, dims: [values.length], floatData: [...values] });
    return name;
  }

  append(
    opType: string,
    operands: readonly string[] = [],
    attributes: Readonly<Record<string, number | readonly number[]>> = {},
  ): void {
    const output = `${this.#nodes.length} ${opType}`;
    this.#nodes.push({
      opType,
      input: [this.#last, ...operands],
      output: [output],
      attribute: Object.entries(attributes).map(([name, value]) =>
        typeof value === 'number' ? { name, type: 'INT', i: value } : { name, type: 'INTS', ints: value },
      ),
    });
    this.#last = output;
  }

  finish(): object {
    this.#nodes.at(-1)!.output = [OUTPUT];
    return {
      name: 'layers',
      node: this.#nodes,
      initializer: this.#constants,
      input: this.#inputs,
      // The runtime infers the shape.
      output: [{ name: OUTPUT, type: { tensorType: { elemType: FLOAT } } }],
    };
  }
}

/** A float32 tensor's name and shape, each size a number or a name. */
function tensorInfo(name: string, shape: readonly (number | string)[]): object {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}
