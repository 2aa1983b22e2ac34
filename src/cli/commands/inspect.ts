/** `masksearch inspect`: what is in a model. */
import { existsSync } from 'node:fs';
import { MasksearchError } from '../../core/error.ts';
import { badOption } from '../../core/options.ts';
import { architectureJson, draftArchitecture } from '../../formats/draft-architecture.ts';
import { decodeFile, writeFileAtomic } from '../../formats/node/files.ts';
import { inspect, type InspectedNode, type Inspection } from '../../network/inspect.ts';
import type { Model, Normalization } from '../../network/model.ts';
import type { Shape } from '../../network/network.ts';
import { elementsOf, shapeText } from '../../network/shapes.ts';
import { taskOf, type Task } from '../../network/task.ts';
import { path } from '../../pruning/options/kinds.ts';
import type { OptionValues } from '../../pruning/options/option.ts';
import { EXIT, type Command } from '../command.ts';
import { commonOptions } from '../options/common.ts';
import { loadChosenModel, modelOptions } from '../options/model.ts';
import { parseOptions } from '../options/parse.ts';
import { count, percent, shortened, table } from '../terminal/format.ts';

const { architecture, activation, pooling, flatten, mean, std, scale, task } = modelOptions;
const options = {
  ...{ architecture, activation, pooling, flatten, mean, std, scale, task },
  writeArchitecture: path(
    'FILE',
    'writes the network to FILE as JSON for --architecture; of a file that holds weights alone a draft, from their shapes',
  ),
  ...commonOptions,
};

export const inspectCommand: Command = {
  summary: 'prints the layers of a model: shapes, weights, zeros, multiply-accumulates',
  arguments: 'FILE',
  help: `Prints every layer of the model in FILE: the shape of its output, its parameters, how many of them can be
pruned, how many of these are 0 already, and its multiply-accumulates per image.

A state dict of PyTorch, and safetensors as others write them, hold weights and no graph. --write-architecture drafts it
from the shapes, and lists what these cannot tell: activations, pooling, padding, strides, the size of the input. Correct
the file, remove its list "open", and pass it as --architecture.`,
  options,
  async run(args) {
    const [file, ...rest] = args;
    if (file === undefined || file.startsWith('-')) {
      throw new MasksearchError(
        'bad-input',
        'no file was named before the options',
        'pass a model’s file first',
      );
    }
    const values = parseOptions(options, rest);
    if (values.writeArchitecture !== undefined)
      return writeArchitecture(file, values.writeArchitecture, values);
    const model = await loadChosenModel({ ...values, model: file });
    const inspection = inspect(model);
    const { normalization } = model;
    const output = { task: taskOf(model), normalization, ...inspection };
    console.log(values.json ? JSON.stringify(output, null, 2) : describe(model, inspection));
    return EXIT.done;
  },
};

type Values = OptionValues<typeof options>;

/** Writes the network of a model, or a draft of it. */
async function writeArchitecture(model: string, path: string, values: Values): Promise<typeof EXIT.done> {
  // It may have been corrected by hand.
  if (existsSync(path)) {
    throw badOption(
      'writeArchitecture',
      path,
      'a file that does not exist yet',
      'name another, or remove it',
    );
  }
  const saysNetwork = [values.architecture, values.activation, values.pooling].some(
    (value) => value !== undefined,
  );
  const draft = saysNetwork
    ? undefined
    : await decodeFile(model, 'model', (bytes) => draftArchitecture({ name: model, bytes }));
  const { network } = draft ?? (await loadChosenModel({ ...values, model }));
  const open = draft?.open ?? [];
  await writeFileAtomic(path, architectureJson(network, open));
  const { nodes, input } = network;
  console.log(
    values.json
      ? JSON.stringify({ input, nodes, output: network.output, open, file: path }, null, 2)
      : [
          `Wrote ${path}: ${nodes.length} nodes, input ${shapeText(input)}.`,
          ...(open.length > 0
            ? [
                '',
                'What the shapes do not tell:',
                ...open.map((question) => `- ${question}`),
                '',
                `Correct the file, remove its list "open", and pass it as --architecture ${path}.`,
              ]
            : []),
        ].join('\n'),
  );
  return EXIT.done;
}

/** Characters of a layer's name; --json has all of it. */
const MAX_NAME = 28;

function describe(model: Model, { input, nodes, parameters, prunable, zeros, macs }: Inspection): string {
  const task = taskOf(model);
  const { output } = nodes.find(({ name }) => name === model.network.output)!;
  const width = Math.max(...nodes.map((node) => kindOf(node).length));
  const rows = nodes.map((node) => [
    shortened(node.name, MAX_NAME),
    kindOf(node).padEnd(width),
    shapeText(node.output),
    node.parameters > 0 ? count(node.parameters) : '',
    node.prunable > 0 ? count(node.prunable) : '',
    node.prunable > 0 ? count(node.zeros) : '',
    node.macs > 0 ? count(node.macs) : '',
  ]);
  const header = ['layer', 'kind'.padEnd(width), 'output', 'parameters', 'prunable', 'zeros', 'MACs'];
  const total = ['', ''.padEnd(width), '', count(parameters), count(prunable), count(zeros), count(macs)];
  return [
    `Task       ${task}: ${OUTPUTS[task](output)}`,
    `Input      ${shapeText(input)}`,
    `Pixels     ${pixelsText(model.normalization)}`,
    `Zeros      ${percent(prunable > 0 ? zeros / prunable : 0)} of the weights that can be pruned`,
    '',
    table([header, ...rows, total]),
  ].join('\n');
}

/** How images enter the network. */
function pixelsText({ mean, std, scale }: Normalization): string {
  const of = (values: number | readonly number[]) => [values].flat().join(', ');
  const scaled = scale === undefined ? 'x, or x / 255 for bytes' : scale === 1 ? 'x' : `x * ${scale}`;
  const normalised = of(mean) !== '0' || of(std) !== '1';
  return `enter as ${scaled}${normalised ? `, less a mean of ${of(mean)}, over a standard deviation of ${of(std)}` : ''}`;
}

/** What the outputs of a task are. */
const OUTPUTS: Readonly<Record<Task, (output: Shape) => string>> = {
  classes: (output) => `one of ${elementsOf(output)}`,
  binary: (output) => `yes or no for each of ${shapeText(output)}`,
  regression: (output) => `${shapeText(output)} numbers`,
};

const kindOf = ({ kind, details }: InspectedNode) => [kind, details].filter(Boolean).join(' ');
