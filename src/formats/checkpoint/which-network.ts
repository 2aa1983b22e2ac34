/** Which network the weights of a file are of: what the file says, what the caller says, or a LeNet-5. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { ACTIVATIONS, type Activation } from '../../kernels/activation.ts';
import type { PoolOperation } from '../../kernels/pool2d.ts';
import type { Network } from '../../network/network.ts';
import { decodeArchitecture, networkFrom } from '../architecture.ts';
import { checkHoldsNetwork, MODEL_DEFAULTS, refuseUseless, type ModelOptions } from '../model-options.ts';
import { shown } from '../safetensors/header.ts';
import { FLATTENS, type Flatten } from './flatten-order.ts';
import { lenet5In } from './lenet5.ts';
import type { Place } from './parameters.ts';

/** How a LeNet-5 may pool. */
export const POOLINGS = ['max', 'average'] as const satisfies readonly PoolOperation[];

/** Metadata key of the network, as `encodeArchitecture` writes it. */
export const ARCHITECTURE = 'architecture';

export type Metadata = Readonly<Record<string, string>>;

export type Framework = 'PyTorch' | 'Keras';

/** How to write a file that holds the network too. */
export const EXPORTS: Readonly<Record<Framework, string>> = {
  PyTorch: 'write ONNX with torch.onnx.export',
  Keras: 'save the whole model with model.save("model.keras")',
};

/** A network, and who says so. */
export interface WhichNetwork {
  readonly network: Network;
  readonly from: 'metadata' | 'option' | 'lenet5';
}

/** Options that say which network it is, by who says so: they are what to check if the network performs badly. */
export const OPTIONS_OF: Readonly<Record<WhichNetwork['from'], readonly string[]>> = {
  metadata: [],
  option: ['architecture'],
  lenet5: ['activation', 'pooling'],
};

/**
 * Throws 'bad-input' if neither the file nor an option says it and it is no LeNet-5, or if both do.
 *
 * @param file its `what` is such as "weights and no graph"
 */
export function whichNetwork(
  places: ReadonlyMap<string, Place>,
  metadata: Metadata,
  { architecture, activation, pooling, flatten }: ModelOptions,
  { what, framework }: { readonly what: string; readonly framework: Framework },
): WhichNetwork {
  const stored = metadata[ARCHITECTURE];
  if (stored !== undefined) {
    checkHoldsNetwork('a safetensors file', { activation, pooling, architecture, flatten });
    return { network: decodeArchitecture(stored), from: 'metadata' };
  }
  if (architecture !== undefined) {
    refuseUseless(phrase`a network that ${optionName('architecture')} names`, [
      ['activation', activation],
      ['pooling', pooling],
    ]);
    return { network: networkFrom(architecture), from: 'option' };
  }
  const said = poolingOf(metadata, pooling);
  const found = checkActivation(activation ?? metadata['activation'] ?? MODEL_DEFAULTS.activation);
  const network = lenet5In(places, found, said ?? 'average');
  if (!network)
    throw new MasksearchError(
      'bad-input',
      `the file holds ${what}, and they are not those of a LeNet-5`,
      phrase`pass its graph as ${optionName('architecture')}, which masksearch inspect --write-architecture drafts from the shapes, or ${EXPORTS[framework]}`,
    );
  if (said !== undefined) return { network, from: 'lenet5' };
  throw new MasksearchError(
    'bad-input',
    'the file does not say whether this LeNet-5 pools by maxima or means, and its weights do not show it',
    phrase`pass ${optionName('pooling')} max or average`,
    { option: 'pooling', allowed: POOLINGS.join(' or ') },
  );
}

/** How a LeNet-5 pools, which its weights do not show. Files of `train` before 0.2 have only means, and say how they were trained. */
function poolingOf(metadata: Metadata, chosen: PoolOperation | undefined): PoolOperation | undefined {
  const said = chosen ?? metadata['pooling'] ?? (metadata['training'] === undefined ? undefined : 'average');
  const pooling = POOLINGS.find((name) => name === said);
  if (pooling !== undefined || said === undefined) return pooling;
  throw new MasksearchError(
    'bad-input',
    `the pooling is ${shown(said)}, only ${POOLINGS.join(' and ')} are allowed`,
    'name the one that the model was trained with',
  );
}

/** How a file flattens images; one that holds its network does it as networks here do. Throws 'bad-input' for another text in the metadata. */
export function flattenOf(
  from: WhichNetwork['from'],
  metadata: Metadata,
  { flatten }: ModelOptions,
): Flatten {
  const said = flatten ?? metadata['flatten'];
  if (said === undefined || from === 'metadata') return FLATTENS[0];
  const found = FLATTENS.find((name) => name === said);
  if (found !== undefined) return found;
  throw new MasksearchError(
    'bad-input',
    `the order of flattening is ${shown(said)}, only ${FLATTENS.join(' and ')} are allowed`,
    'name the one that the model was trained with',
  );
}

function checkActivation(found: string): Activation {
  const activation = ACTIVATIONS.find((name) => name === found);
  if (activation !== undefined) return activation;
  throw new MasksearchError(
    'bad-input',
    `the activation is ${shown(found)}, only ${ACTIVATIONS.join(', ')} are allowed`,
    'name the one that the model was trained with',
  );
}
