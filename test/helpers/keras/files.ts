/** A network in files of each format of Keras. */
import { zipSync } from 'fflate';
import type { FloatType } from '../../../src/formats/arrays/encode-floats.ts';
import { encodeFloats } from '../../../src/formats/arrays/encode-floats.ts';
import type { H5Chunks } from './hdf5-chunks.ts';
import { hdf5File, type H5Node, type H5Options } from './hdf5-writer.ts';
import { configOf, type KerasNetwork } from './network.ts';

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

export interface H5Settings extends H5Options, H5Chunks {
  readonly version?: 2 | 3;
  readonly type?: FloatType;
  readonly bigEndian?: boolean;
  readonly layout?: 'contiguous' | 'compact' | 'chunked';
  readonly config?: unknown;
}

/** As `model.save("model.h5")`. */
export function h5Of(network: KerasNetwork, settings: H5Settings = {}): Uint8Array {
  const { version = 2, config = configOf(network, version) } = settings;
  const root: H5Node = {
    attributes: {
      keras_version: version === 2 ? '2.3.0-tf' : '3.4.1',
      backend: 'tensorflow',
      model_config: JSON.stringify(config),
    },
    children: { model_weights: weightsNode(network, settings) },
  };
  return hdf5File(root, settings);
}

/** As `model.save_weights("model.h5")` of Keras 1 and 2. */
export const weightsH5Of = (network: KerasNetwork, settings: H5Settings = {}): Uint8Array =>
  hdf5File(weightsNode(network, settings), settings);

/** As `model.save_weights("model.weights.h5")` of Keras 3. */
export const numberedH5Of = (network: KerasNetwork, settings: H5Settings = {}): Uint8Array =>
  hdf5File({ children: { layers: { children: savedLayers(network, settings) } } }, settings);

function weightsNode({ layers }: KerasNetwork, settings: H5Settings): H5Node {
  const { version = 2 } = settings;
  const groups = layers.map(({ name, weights }): [string, H5Node] => {
    const names = weights.map(({ role }) =>
      version === 2 ? `${name}/${role}:0` : `sequential/${name}/${role}`,
    );
    const children: Record<string, H5Node> = {};
    weights.forEach(({ shape, values }, i) =>
      nest(children, names[i]!.split('/'), { dataset: { shape, values, ...settings } }),
    );
    return [name, { attributes: { weight_names: names }, children }];
  });
  return {
    attributes: { layer_names: layers.map(({ name }) => name) },
    children: Object.fromEntries(groups),
  };
}

function nest(children: Record<string, H5Node>, [first, ...rest]: readonly string[], leaf: H5Node): void {
  if (rest.length === 0) children[first!] = leaf;
  else {
    const inner = (children[first!] ??= { children: {} });
    nest(inner.children as Record<string, H5Node>, rest, leaf);
  }
}

const snake = (className: string) =>
  className
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** The groups of layers as Keras 3 names them. */
function savedLayers({ layers }: KerasNetwork, settings: H5Settings): Record<string, H5Node> {
  const counts = new Map<string, number>();
  return Object.fromEntries(
    layers.map(({ className, weights }): [string, H5Node] => {
      const base = snake(className);
      const count = counts.get(base) ?? 0;
      counts.set(base, count + 1);
      const vars = Object.fromEntries(
        weights.map(({ shape, values }, i) => [`${i}`, { dataset: { shape, values, ...settings } }]),
      );
      return [count === 0 ? base : `${base}_${count}`, { children: { vars: { children: vars } } }];
    }),
  );
}

/** As `model.save("model.keras")`; `level` is how much its entries are compressed, which Keras does not do. */
export function kerasOf(network: KerasNetwork, level: 0 | 6 = 0, settings: H5Settings = {}): Uint8Array {
  const layers = { children: savedLayers(network, settings) };
  const h5 = hdf5File({ children: { layers, optimizer: { children: {} } } }, settings);
  return zipSync(
    {
      'metadata.json': text({ keras_version: '3.4.1', date_saved: '2024-01-01@00:00:00' }),
      'config.json': text(configOf(network, 3)),
      'model.weights.h5': h5,
    },
    { level, mtime: new Date(1980, 0, 1) },
  );
}

export interface TfjsFiles {
  readonly main: Uint8Array;
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

/** As the converter of TensorFlow.js: shards of `shardBytes`, floats of 16 bits or whole numbers where that is asked for. */
export function tfjsOf(
  network: KerasNetwork,
  {
    quantized,
    shardBytes = 2 ** 22,
  }: { quantized?: 'float16' | 'uint8' | 'uint16'; shardBytes?: number } = {},
): TfjsFiles {
  const parts: Uint8Array[] = [];
  const weights = network.layers.flatMap((layer) =>
    layer.weights.map(({ role, shape, values }) => {
      const entry = { name: `${layer.name}/${role}`, shape, dtype: 'float32' };
      if (!quantized) {
        parts.push(encodeFloats(values, 'float32'));
        return entry;
      }
      if (quantized === 'float16') {
        parts.push(encodeFloats(values, 'float16'));
        return { ...entry, quantization: { dtype: quantized, original_dtype: 'float32' } };
      }
      const steps = quantized === 'uint8' ? 255 : 65_535;
      const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
      const scale = (high - low) / steps || 1;
      // 0 is one of the steps, as the converter takes care of.
      const min = Math.round(low / scale) * scale;
      const numbers = Uint16Array.from(values, (value) =>
        Math.min(steps, Math.max(0, Math.round((value - min) / scale))),
      );
      parts.push(quantized === 'uint8' ? Uint8Array.from(numbers) : new Uint8Array(numbers.buffer));
      return { ...entry, quantization: { dtype: quantized, scale, min, original_dtype: 'float32' } };
    }),
  );
  const all = Uint8Array.from(parts.flatMap((part) => [...part]));
  const count = Math.max(1, Math.ceil(all.length / shardBytes));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  const topology = { keras_version: '2.3.0-tf', backend: 'tensorflow', model_config: configOf(network, 2) };
  return {
    main: text({ format: 'layers-model', modelTopology: topology, weightsManifest: [{ paths, weights }] }),
    beside: new Map(paths.map((path, i) => [path, all.slice(i * shardBytes, (i + 1) * shardBytes)])),
  };
}
