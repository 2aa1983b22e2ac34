/** Batch normalisation, and layers that scale what they read. */
import { numbersOf } from '../weights.ts';
import { scaled } from './activations.ts';
import { checkChannelAxis, single, type LayerImport } from './call.ts';

export const batchNormalization: LayerImport = (call) => {
  const { layer, network } = call;
  const x = single(call);
  checkChannelAxis(call, x, layer.get('axis') ?? -1);
  const epsilon = layer.number(1e-3, 'epsilon');
  if (layer.number(0, 'mode') !== 0)
    throw layer.unsupported('normalises each sample, only by running statistics is supported');
  const roles = [
    ...(layer.flag(true, 'scale') ? (['gamma'] as const) : []),
    ...(layer.flag(true, 'center') ? (['beta'] as const) : []),
    ...(['moving_mean', 'moving_variance'] as const),
  ];
  const stored = network.weightsOf(layer, roles) as Partial<
    ReturnType<typeof network.weightsOf<'gamma' | 'beta'>>
  > &
    ReturnType<typeof network.weightsOf<'moving_mean' | 'moving_variance'>>;
  const step = {
    kind: 'batchNorm',
    epsilon,
    scale: stored.gamma && network.vector(layer, stored.gamma, x),
    shift: stored.beta && network.vector(layer, stored.beta, x),
    mean: network.vector(layer, stored.moving_mean, x),
    variance: network.vector(layer, stored.moving_variance, x),
  } as const;
  return { node: network.add(layer, step, [x.node]).node, kind: x.kind, pieces: x.pieces };
};

/** x * scale + offset */
export const rescaling: LayerImport = (call) =>
  scaled(call, single(call), call.layer.number(NaN, 'scale'), call.layer.number(0, 'offset'));

/** (x - mean) / max(sqrt(variance), 1e-7) with the statistics that it adapted to, or was given. */
export const normalization: LayerImport = (call) => {
  const { layer, network } = call;
  const x = single(call);
  const channels = network.shapeOf(x.node)[0]!;
  if (layer.flag(false, 'invert')) throw layer.unsupported('is inverted, which is not supported');
  if (x.pieces) throw layer.unsupported('follows a Flatten, which is not supported');
  const [mean, variance] = (['mean', 'variance'] as const).map((key) => {
    const given = layer.get(key);
    if (typeof given === 'number') return [given];
    if (given !== undefined) return layer.numbers(channels, undefined, key);
    const roles = ['mean', 'variance', ...(network.storedOf(layer).length > 2 ? ['count'] : [])];
    const stored = network.weightsOf(layer, roles)[key]!;
    network.check(layer, stored, stored.shape.length === 0 ? [] : [channels]);
    if (stored.shape.length > 0) checkChannelAxis(call, x, layer.get('axis') ?? -1);
    return [...numbersOf(stored)];
  }) as [number[], number[]];
  const of = (values: number[], channel: number) => (values.length === 1 ? values[0]! : values[channel]!);
  const deviation = (channel: number) => Math.max(Math.sqrt(of(variance, channel)), 1e-7);
  const names = {
    scale: network.constant(layer, 'scale', x, (channel) => 1 / deviation(channel)),
    shift: network.constant(layer, 'shift', x, (channel) => -of(mean, channel) / deviation(channel)),
  };
  return { node: network.add(layer, { kind: 'affine', ...names }, [x.node]).node, kind: x.kind };
};
