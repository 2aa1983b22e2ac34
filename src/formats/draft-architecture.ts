/** The network of a file of weights as JSON to be corrected by hand. */
import { MasksearchError } from '../core/error.ts';
import type { Network } from '../network/network.ts';
import { encodeArchitecture } from './architecture.ts';
import { isSafetensors } from './arrays/safetensors.ts';
import type { Checkpoint } from './checkpoint/model.ts';
import { draftNetwork } from './checkpoint/draft/draft.ts';
import { placesIn } from './checkpoint/parameters.ts';
import { ARCHITECTURE } from './checkpoint/which-network.ts';
import { isHdf5 } from './hdf5/file.ts';
import { h5Checkpoint } from './keras/h5-weights.ts';
import type { NamedFile } from './model-format.ts';
import { safetensorsCheckpoint } from './safetensors/model.ts';
import { isTorch, TORCH_NAME, torchCheckpoint } from './torch/model.ts';

export interface ArchitectureDraft {
  /** The network, with the open questions: `ModelOptions.architecture` once they are answered and removed. */
  readonly json: string;
  readonly network: Network;
  /** What the shapes do not tell, in sentences. */
  readonly open: readonly string[];
}

/**
 * A draft of the network that a safetensors, PyTorch or Keras file has the weights of, from the shapes of its tensors; undefined for a file that holds its
 * network. Throws 'bad-input' for a damaged file, and for one without weights of convolutions or dense layers.
 */
export function draftArchitecture(file: NamedFile): ArchitectureDraft | undefined {
  const checkpoint = checkpointIn(file);
  if (!checkpoint) return undefined;
  const { tensors, metadata, isSorted = false, framework } = checkpoint;
  if (metadata[ARCHITECTURE] !== undefined) return undefined;
  const draft = draftNetwork(placesIn(tensors), isSorted, framework);
  if (draft) return { ...draft, json: architectureJson(draft.network, draft.open) };
  throw new MasksearchError(
    'bad-input',
    'the file holds no weights of convolutions or dense layers',
    'write its network by hand, as docs/networks.md shows',
  );
}

/** What a file of a format without networks, or without its network, holds. */
function checkpointIn(file: NamedFile): Checkpoint | undefined {
  const { name, bytes } = file;
  if (isSafetensors(bytes)) return safetensorsCheckpoint(bytes);
  if (isHdf5(bytes)) return h5Checkpoint(bytes);
  return isTorch(bytes) || TORCH_NAME.test(name) ? torchCheckpoint(file) : undefined;
}

/** The network as JSON to be read and written by hand: a line for each node, and for each question that is open. */
export function architectureJson(network: Network, open: readonly string[] = []): string {
  const { input, nodes, output } = JSON.parse(encodeArchitecture(network)) as Record<string, unknown>;
  const lines = (items: readonly unknown[]) =>
    `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
  const members = [
    ...(open.length > 0 ? [`"open": ${lines(open)}`] : []),
    `"input": ${JSON.stringify(input)}`,
    `"nodes": ${lines(nodes as readonly unknown[])}`,
    `"output": ${JSON.stringify(output)}`,
  ];
  return `{\n${members.map((member) => `  ${member}`).join(',\n')}\n}\n`;
}
