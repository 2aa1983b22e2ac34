/** Any network as an ONNX file. */
import { MasksearchError } from '../../../core/error.ts';
import { VERSION } from '../../../core/version.ts';
import { checkModel } from '../../../network/check-model.ts';
import type { Model } from '../../../network/model.ts';
import { INPUT, type Network, type Node, type Shape } from '../../../network/network.ts';
import { parameterShapes } from '../../../network/parameter-shapes.ts';
import { elementsOf, inferShapes } from '../../../network/shapes.ts';
import { integerField, message, messageField, textField, type FieldBytes } from '../../protobuf/writer.ts';
import { metadataOf, type Metadata } from '../metadata.ts';
import { OperatorGraph } from './graph.ts';
import { encodeValue } from './messages.ts';
import { exportNode } from './nodes.ts';
import { isDilatedMean } from './pools.ts';

/** Version of the operators, and of its time's file format. Means with dilation came later than all else. */
const VERSIONS = { opset: 17, format: 8 };
const VERSIONS_OF_DILATED_MEANS = { opset: 19, format: 9 };
/** Readers of the format refuse longer messages. */
const MAX_BYTES = 2 ** 31 - 1;
/** Name of the graph's output. */
const OUTPUT = 'output';

/**
 * The network with its parameters, as an ONNX file that any runtime runs: from `input`, [batch, …the network's input], which is the
 * normalised image, to `output`, the scores as the network gives them, without softmax or sigmoid. Initializers have the names of the
 * parameters. Normalisation and task are in the metadata, where `modelFromOnnx` finds them. Throws 'bad-input' for an invalid model,
 * and for one of 2 GiB or more.
 */
export function modelToOnnx(model: Model): Uint8Array {
  const { network, tensors } = model;
  const nodes = reachableNodes(network);
  const shapes = parameterShapes({ ...network, nodes });
  checkSize([...shapes.values()].reduce((sum, shape) => sum + 4 * elementsOf(shape), 0));
  checkModel(model);
  const graph = exportGraph({ ...network, nodes }, shapes, tensors);
  const hasDilatedMeans = nodes.some((node) => node.kind === 'pool2d' && isDilatedMean(node));
  const { opset, format } = hasDilatedMeans ? VERSIONS_OF_DILATED_MEANS : VERSIONS;
  const file = message(
    integerField(1, format),
    textField(2, 'masksearch'),
    textField(3, VERSION),
    messageField(7, ...graph),
    messageField(8, textField(1, ''), integerField(2, opset)),
    ...metadataFields(metadataOf(model)),
  );
  checkSize(file.length);
  return file;
}

function checkSize(bytes: number): void {
  if (bytes > MAX_BYTES)
    throw new MasksearchError(
      'bad-input',
      `the network needs ${bytes} bytes, an ONNX file has at most ${MAX_BYTES}`,
      'keep it as safetensors',
    );
}

/** Fields of a GraphProto. */
function exportGraph(
  network: Network,
  needed: ReadonlyMap<string, Shape>,
  tensors: Model['tensors'],
): readonly FieldBytes[] {
  const { nodes, input, output } = network;
  const graph = new OperatorGraph();
  // Parameters come first: others find them by their names.
  const parameters = new Map(
    [...needed].map(([name, shape]) => [name, graph.tensor(graph.reserve(name), shape, tensors.get(name)!)]),
  );
  const inputValue = graph.reserve(INPUT);
  const outputValue = graph.reserve(OUTPUT);
  const values = new Map([[INPUT, inputValue]]);
  const shapes = inferShapes(network);
  for (const node of nodes) {
    const value = exportNode(node, {
      graph,
      inputs: node.inputs.map((name) => values.get(name)!),
      shapes: node.inputs.map((name) => shapes.get(name)!),
      parameter: (name) => parameters.get(name)!,
      output: node.name === output ? outputValue : undefined,
    });
    values.set(node.name, value);
  }
  return [
    ...graph.fields(),
    textField(2, 'network'),
    messageField(11, [encodeValue(inputValue, input)]),
    messageField(12, [encodeValue(outputValue, shapes.get(output)!)]),
  ];
}

/** StringStringEntryProtos of a ModelProto. */
const metadataFields = (metadata: Metadata): readonly FieldBytes[] =>
  Object.entries(metadata).map(([key, value]) => messageField(14, textField(1, key), textField(2, value)));

/** Those that the output depends on, in their order. */
function reachableNodes({ nodes, output }: Network): readonly Node[] {
  const needed = new Set([output]);
  return nodes
    .toReversed()
    .filter(({ name, inputs }) => {
      if (!needed.has(name)) return false;
      for (const input of inputs) needed.add(input);
      return true;
    })
    .reverse();
}
