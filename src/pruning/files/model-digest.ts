/** What a run writes down to recognise its model. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { encodeArchitecture } from '../../formats/architecture.ts';
import { modelToSafetensors } from '../../formats/safetensors/model.ts';
import { encodeSafetensors, type Tensor } from '../../formats/safetensors/tensors.ts';
import { lenet5 } from '../../network/lenet5.ts';
import type { Model } from '../../network/model.ts';
import { parameterShapes } from '../../network/parameter-shapes.ts';

/** Hexadecimal SHA-256 over a model, with its network and normalization: equal for equal models. */
export function modelDigest(model: Model): string {
  return bytesToHex(sha256(modelToSafetensors(model)));
}

/** Whether a run that wrote `digest`, of this version or before 0.3, was of `model`. */
export function isDigestOf(digest: string, model: Model): boolean {
  return digest === modelDigest(model) || digest === olderDigest(model);
}

/** Before 0.3 there was one network, LeNet-5, and the digest covered the name of its activation. */
function olderDigest({ network, normalization, tensors }: Model): string | undefined {
  const node = network.nodes.find(({ kind }) => kind === 'activation');
  const activation = node?.kind === 'activation' ? node.activation : 'none';
  if (encodeArchitecture(network) !== encodeArchitecture(lenet5(activation))) return undefined;
  const parameters = new Map<string, Tensor>();
  for (const [name, shape] of parameterShapes(network)) {
    parameters.set(name, { dtype: 'F32', shape, data: tensors.get(name)! });
  }
  const { mean, std } = normalization;
  return bytesToHex(
    sha256(encodeSafetensors(parameters, { activation, mean: String(mean), std: String(std) })),
  );
}
