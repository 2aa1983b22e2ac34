/** An ONNX graph to a network. What cannot be one is refused in one sentence that names the operator, how often it occurs and where. */
import { MasksearchError } from '../../../core/error.ts';
import { shown } from '../../safetensors/header.ts';
import type { OnnxModel, OnnxTensor } from '../messages.ts';
import type { ExternalFiles } from '../tensor-numbers.ts';
import { Budget } from './budget.ts';
import type { ImportedNetwork, Tasks } from './end.ts';
import { invalid } from './errors.ts';
import { GraphWalk } from './graph-walk.ts';
import { InputLayout } from './input-layout.ts';
import { checkLayout, firstLayout, newLayout, onlyInput } from './input.ts';
import { checkOperators } from './operation.ts';
import { orderedNodes } from './order.ts';

/** Versions of the standard operators. */
const OPSETS = { least: 7, most: 22 } as const;
/** The shape of the input shows its layout, or an operator that reads it does, or one that reads it in that layout. */
const MAX_RESTARTS = 3;
/** Throws 'bad-input'. */
export function importNetwork(
  model: OnnxModel,
  file: Uint8Array,
  external: ExternalFiles,
  tasks: Tasks,
): ImportedNetwork {
  const source = { file, external };
  const opset = checkedOpset(model);
  const { graph } = model;
  if (graph.sparse > 0)
    throw new MasksearchError(
      'bad-input',
      `the graph has ${graph.sparse} sparse initializers, which are not read`,
      'export the network with dense weights',
    );
  const constants = constantsOf(graph.initializers);
  const input = onlyInput(graph.inputs, constants);
  const [output, ...others] = graph.outputs;
  if (!output) throw invalid('the graph has no output');
  if (others.length > 0)
    throw new MasksearchError(
      'bad-input',
      `the graph has ${graph.outputs.length} outputs, ${graph.outputs.map(({ name }) => shown(name)).join(', ')}, one is supported`,
      'export the network with its scores alone',
    );
  const nodes = orderedNodes(graph, output.name, new Set([...constants.keys(), input.name]));
  checkOperators(nodes);
  let layout = firstLayout(input, tasks.stored !== undefined);
  const budget = new Budget();
  for (let i = 0; ; i++) {
    try {
      const walk = new GraphWalk(source, opset, nodes, constants, layout, budget);
      const found = walk.run(input, output.name, tasks);
      checkLayout(input, layout);
      return { ...found, scalesBytes: found.scalesBytes || input.type === 'uint8' };
    } catch (error) {
      if (!(error instanceof InputLayout)) throw error;
      if (i === MAX_RESTARTS) throw invalid('the layout of the input is not clear');
      layout = newLayout(layout, error);
    }
  }
}

function checkedOpset({ opsets }: OnnxModel): number {
  const opset = opsets.get('') ?? 0;
  if (opset >= OPSETS.least && opset <= OPSETS.most) return opset;
  throw new MasksearchError(
    'bad-input',
    `the ONNX file uses version ${opset} of the operators, ${OPSETS.least} to ${OPSETS.most} are supported`,
    `export it with an opset_version from ${OPSETS.least} to ${OPSETS.most}`,
  );
}

function constantsOf(initializers: readonly OnnxTensor[]): ReadonlyMap<string, OnnxTensor> {
  const constants = new Map<string, OnnxTensor>();
  for (const tensor of initializers) {
    if (constants.has(tensor.name)) throw invalid(`two initializers have the name ${shown(tensor.name)}`);
    constants.set(tensor.name, tensor);
  }
  return constants;
}
