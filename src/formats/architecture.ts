/** A network as JSON text: what our own container keeps in its metadata. The text may be hostile. */
import {
  badStored,
  boolean,
  finiteNumber,
  listOf,
  optional,
  record,
  text,
  tupleOf,
  wholeNumber,
  type Codec,
} from '../core/codec.ts';
import { MasksearchError } from '../core/error.ts';
import { ACTIVATIONS } from '../kernels/activation.ts';
import { MAX_NAME_LENGTH, type Network, type Node } from '../network/network.ts';
import { inferShapes } from '../network/shapes.ts';

/** Nodes of a network at the most. */
const MAX_NODES = 10_000;
const MAX_SIZE = 2 ** 30;

const name = text(1, MAX_NAME_LENGTH);
const size = wholeNumber(1, MAX_SIZE);
const offset = wholeNumber(0, MAX_SIZE);
const pair = tupleOf([size, size]);
const padding = tupleOf([offset, offset, offset, offset]);

const oneOf = <const Name extends string>(names: readonly Name[]): Codec<Name> => ({
  encode: (value) => value,
  decode(stored, path) {
    const found = names.find((one) => one === stored);
    if (found === undefined)
      throw badStored(path, stored, `one of ${names.map((one) => `'${one}'`).join(', ')}`);
    return found;
  },
});

const common = { name, inputs: listOf(name, 1, MAX_NODES) };
const window = { kernel: pair, stride: pair, padding, dilation: pair };
const operation = oneOf(['max', 'average']);

/** The fields of each kind of node, beside `kind`. */
const NODES = {
  conv2d: record({
    ...{ ...common, ...window, outChannels: size, groups: size },
    ...{ weight: name, bias: optional(name) },
  }),
  dense: record({ ...common, outputs: size, weight: name, bias: optional(name) }),
  pool2d: record({ ...common, ...window, operation, countPadding: boolean, ceil: boolean }),
  globalPool: record({ ...common, operation }),
  activation: record({ ...common, activation: oneOf(ACTIVATIONS), alpha: finiteNumber() }),
  batchNorm: record({
    ...{ ...common, scale: optional(name), shift: optional(name), mean: name, variance: name },
    epsilon: finiteNumber(0),
  }),
  affine: record({ ...common, scale: name, shift: name }),
  add: record(common),
  concat: record(common),
  pad: record({ ...common, padding, channels: tupleOf([offset, offset]) }),
  flatten: record(common),
} as const satisfies Readonly<Record<Node['kind'], unknown>>;

/** `kind` decides which fields there are, which types cannot express. */
const fieldsOf = (kind: Node['kind']) => NODES[kind] as unknown as Codec<object>;

const kind = oneOf(Object.keys(NODES) as Node['kind'][]);

const node: Codec<Node, unknown> = {
  encode: (value) => ({ kind: value.kind, ...fieldsOf(value.kind).encode(value) }),
  decode(stored, path) {
    const found = kind.decode((stored as { kind?: unknown } | null)?.kind, `${path}.kind`);
    const fields = Object.entries(fieldsOf(found).decode(stored, path)) as [string, unknown][];
    return { kind: found, ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)) } as Node;
  },
};

const network = record<Network, Record<keyof Network, unknown>>({
  input: listOf(size, 1, 3),
  nodes: listOf(node, 1, MAX_NODES),
  output: name,
});

/** Files are written by hand, too. */
const CORRECT = 'correct the network in the metadata of the file, as docs/networks.md shows';

/** Text of a network, for `decodeArchitecture`. */
export function encodeArchitecture(value: Network): string {
  return JSON.stringify(network.encode(value));
}

/** Characters of a question in a message. */
const MAX_QUESTION = 200;

/** What a draft of `draftArchitecture` leaves open. Other fields of a network that are not known are left out, too. */
const openQuestions = optional(listOf(text(1, 10_000)));

/**
 * The network of a text. Throws 'bad-input' for anything that is no network whose nodes fit together, and for a draft whose questions are
 * still open.
 */
export function decodeArchitecture(json: string, fix = CORRECT): Network {
  let stored: unknown;
  try {
    stored = JSON.parse(json);
  } catch {
    throw new MasksearchError('bad-input', 'the architecture in the file is not JSON', fix);
  }
  try {
    const decoded = network.decode(stored, 'architecture');
    const open = openQuestions.decode((stored as { open?: unknown }).open, 'architecture.open') ?? [];
    checkSettled(open);
    inferShapes(decoded);
    return decoded;
  } catch (error) {
    if (!(error instanceof MasksearchError) || error.fix === SETTLE) throw error;
    throw error.withFix(fix);
  }
}

const SETTLE = 'correct the network where they say, then remove the list "open"';

function checkSettled(open: readonly string[]): void {
  const [first] = open;
  if (first === undefined) return;
  const question = first
    .slice(0, MAX_QUESTION)
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/[.?]$/, '');
  throw new MasksearchError(
    'bad-input',
    `the architecture is a draft that leaves ${open.length === 1 ? 'a question' : `${open.length} questions`} open: ${question}`,
    SETTLE,
  );
}

/** A network that a caller gives, as text or not. Throws 'bad-input' for one whose nodes do not fit together. */
export function networkFrom(architecture: Network | string): Network {
  if (typeof architecture === 'string')
    return decodeArchitecture(architecture, 'correct it as docs/networks.md shows');
  inferShapes(architecture);
  return architecture;
}
