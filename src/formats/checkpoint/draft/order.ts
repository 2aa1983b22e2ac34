/** The order of layers in a file that sorts its tensors by their names, which says nothing of the order in the network. */
import type { DraftLayer, DraftNorm } from './layers.ts';

/** Convolutions, then dense layers, each after one whose outputs it can read, each with the normalisation that fits it best. */
export function chained(layers: readonly DraftLayer[]): readonly DraftLayer[] {
  const named = [...layers].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const convs = inChain(
    named.filter((layer) => layer.kind === 'conv2d'),
    ({ inChannels }) => inChannels,
    (conv) => conv.outChannels,
  );
  const denses = inChain(
    named.filter((layer) => layer.kind === 'dense'),
    ({ features }) => features,
    ({ outputs }) => outputs,
  );
  const norms = named.filter((layer) => layer.kind === 'batchNorm');
  const ordered: DraftLayer[] = [];
  for (const layer of [...convs, ...denses]) {
    ordered.push(layer);
    const outputs = layer.kind === 'conv2d' ? layer.outChannels : layer.outputs;
    const norm = nearest(norms, layer.name, outputs);
    if (!norm) continue;
    norms.splice(norms.indexOf(norm), 1);
    ordered.push(norm);
  }
  return [...ordered, ...norms];
}

/** The first layer that no other gives its inputs, then each time the first that can read what the last one gives, or else the first. */
function inChain<Layer>(
  layers: readonly Layer[],
  inputsOf: (layer: Layer) => number,
  outputsOf: (layer: Layer) => number,
): readonly Layer[] {
  const left = [...layers];
  const chain: Layer[] = [];
  const isGiven = (layer: Layer) =>
    layers.some((other) => other !== layer && outputsOf(other) === inputsOf(layer));
  let next = left.findIndex((layer) => !isGiven(layer));
  while (left.length > 0) {
    const [layer] = left.splice(Math.max(next, 0), 1);
    chain.push(layer!);
    next = left.findIndex((other) => inputsOf(other) === outputsOf(layer!));
  }
  return chain;
}

/** Of the normalisations of so many channels the one whose name is most like the layer's. */
function nearest(norms: readonly DraftNorm[], name: string, channels: number): DraftNorm | undefined {
  const fitting = norms.filter((norm) => norm.channels === channels);
  const likeness = (norm: DraftNorm) => {
    const digits = (text: string) => text.replace(/\D+/g, ' ').trim();
    let common = 0;
    while (common < name.length && norm.name[common] === name[common]) common++;
    return common + (digits(norm.name) === digits(name) ? 1000 : 0);
  };
  return fitting.sort((a, b) => likeness(b) - likeness(a))[0];
}
