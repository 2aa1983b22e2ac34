/** Hostile text: architectures, headers of safetensors, model.json. */
import { safetensors } from '../../checkpoints/safetensors.ts';
import { tfjsOf } from '../../keras/files.ts';
import { KERAS_NETWORKS } from '../../keras/networks.ts';
import { tinyNetwork } from '../../data/models.ts';
import { attacks, deep, json, modelAttacks, text, type Files } from './attack.ts';

const HUGE = 2 ** 30;
const node = (name: string, kind: string, inputs: readonly string[], fields: object = {}) => ({
  ...{ kind, name, inputs },
  ...fields,
});
const net = (input: readonly number[], nodes: readonly { readonly name: string }[]) => (): Files => ({
  'net.json': json({ input, nodes, output: nodes.at(-1)?.name ?? 'x' }),
});
const window = (kernel: number, stride = 1) => ({
  ...{ kernel: [kernel, kernel], stride: [stride, stride], padding: [0, 0, 0, 0], dilation: [1, 1] },
});
/** Nodes that each join the one before with itself. */
const doubled = Array.from({ length: 80 }, (_, i) => {
  const before = i === 0 ? 'input' : `n${i - 1}`;
  return node(`n${i}`, 'concat', [before, before]);
});

const ARCHITECTURES = attacks(
  {
    'an architecture of lists in lists': [() => ({ 'net.json': text(deep(1e5)) }), /architecture/],
    'an architecture whose nodes are lists in lists': [
      () => ({ 'net.json': text(`{"input":[4],"nodes":${deep(1e5)},"output":"x"}`) }),
      /architecture/,
    ],
    'an architecture of 20,000 nodes': [
      net(
        [4],
        Array.from({ length: 2e4 }, (_, i) => node(`n${i}`, 'flatten', [i === 0 ? 'input' : `n${i - 1}`])),
      ),
      /nodes/,
    ],
    'an image of 2^90 pixels': [net([HUGE, HUGE, HUGE], [node('flat', 'flatten', ['input'])]), /./],
    'channels that double 80 times': [net([4, 1, 1], doubled), /./],
    'a convolution of 2^60 weights': [
      net(
        [HUGE, 1, 1],
        [
          node('conv', 'conv2d', ['input'], {
            ...window(1),
            ...{ outChannels: HUGE, groups: 1, weight: 'w' },
          }),
        ],
      ),
      /./,
    ],
    'a node that reads itself': [net([4], [node('a', 'add', ['a', 'a'])]), /"?a"?/],
    'nodes that read each other': [
      net([4], [node('a', 'add', ['b', 'b']), node('b', 'add', ['a', 'a'])]),
      /./,
    ],
    'a node called __proto__': [
      () => ({
        'net.json': text(
          '{"__proto__":{"x":1},"input":[4],"nodes":[{"kind":"__proto__","name":"__proto__","inputs":["constructor"]}],"output":"__proto__"}',
        ),
      }),
      /kind/,
    ],
    'a kind of node that objects inherit': [net([4], [node('a', 'constructor', ['input'])]), /kind/],
  },
  { role: 'architecture' },
);

/** Safetensors of this header, with some bytes of data. */
const headed =
  (header: string, bytes = 16) =>
  (): Files => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
    return { 'a.safetensors': Buffer.concat([length, Buffer.from(header), Buffer.alloc(bytes)]) };
  };
const tensor = (shape: string, offsets = '[0,16]') =>
  headed(`{"w":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`);
const described = (network: unknown) => (): Files => ({
  'a.safetensors': safetensors({}, { architecture: JSON.stringify(network) }),
});

const HEADERS: Parameters<typeof modelAttacks>[0] = {
  'a header of 2^63 bytes': [
    () => ({
      'a.safetensors': Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x80]), Buffer.alloc(64, '{')]),
    }),
    /header of 9223372036854775808 bytes/,
  ],
  'a header of lists in lists': [headed(`{"w":${deep(1e5)}}`), /described by \[a list\]/],
  'a shape of lists in lists': [tensor(deep(1e5)), /shape/],
  'a shape whose product is 2^60': [tensor('[1073741824,1073741824]'), /bytes|shape/],
  'a shape whose product is beyond float64': [
    tensor(
      `[${Array(64)
        .fill(2 ** 52)
        .join()}]`,
    ),
    /shape|bytes/,
  ],
  'a shape below 0': [tensor('[-4]'), /shape/],
  'a shape with 100,000 sizes': [tensor(`[${Array(1e5).fill(1).join()}]`), /./],
  'offsets below 0': [tensor('[4]', '[-16,0]'), /offsets/],
  'offsets of 2^53': [tensor('[4]', '[9007199254740992,9007199254741008]'), /offsets|bytes/],
  'tensors that share their bytes': [
    headed(
      '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}',
    ),
    /./,
  ],
  '8,000 tensors of nothing': [
    headed(
      `{${Array.from({ length: 8e3 }, (_, i) => `"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join()}}`,
      0,
    ),
    /./,
  ],
  'metadata with a network of 2^90 pixels': [
    described({ input: [HUGE, HUGE, HUGE], nodes: [node('flat', 'flatten', ['input'])], output: 'flat' }),
    /./,
  ],
  'metadata with a network that is text of lists in lists': [
    () => ({ 'a.safetensors': safetensors({}, { architecture: deep(1e5) }) }),
    /architecture/,
  ],
};

const keras = KERAS_NETWORKS.find(({ name }) => name.startsWith('a residual block'))!.network;

type Fields = Record<string, unknown>;
interface ModelJson extends Fields {
  modelTopology: unknown;
  readonly weightsManifest: [{ paths: unknown; readonly weights: [Fields] }];
}

/** A model.json, changed, with its shards. */
const changed =
  (change: (model: ModelJson) => void): (() => Files) =>
  () => {
    const { main, beside } = tfjsOf(keras);
    const model = JSON.parse(new TextDecoder().decode(main)) as ModelJson;
    change(model);
    return { 'model.json': json(model), ...Object.fromEntries(beside) };
  };
const shards = (paths: unknown) =>
  changed(({ weightsManifest: [group] }) => {
    group.paths = paths;
  });
const weight = (fields: Fields) =>
  changed(({ weightsManifest: [group] }) => Object.assign(group.weights[0], fields));

const MODEL_JSON: Parameters<typeof modelAttacks>[0] = {
  ...Object.fromEntries(
    [
      ...[
        '../secret.bin',
        '../../../../etc/passwd',
        '/etc/passwd',
        'a/../../b.bin',
        '..\\secret.bin',
        'C:\\x.bin',
      ],
      ...['http://example.com/x.bin', 'a/b.bin', '.', '..', '', 'a\u0000.bin', 'x'.repeat(300)],
    ].map((path) => [
      `a shard in ${JSON.stringify(path.slice(0, 40))}`,
      [shards([path]), /no file beside it/] as const,
    ]),
  ),
  'a shard that is no name': [shards([{ length: 1e9 }]), /manifest of model\.json is damaged/],
  '100,000 shards': [
    shards(Array.from({ length: 1e5 }, (_, i) => `${i}`)),
    /manifest|JSON|no model|model\.json/,
  ],
  'a shard twice': [shards(['a.bin', 'a.bin']), /twice/],
  'a weight of 2^60 numbers': [weight({ shape: [2 ** 30, 2 ** 30] }), /ends at byte/],
  'a weight of more numbers than float64 counts': [
    weight({ shape: Array(32).fill(2 ** 40) }),
    /ends at byte/,
  ],
  'a weight of sizes below 0': [weight({ shape: [-1, -4] }), /no shape/],
  'a weight called __proto__': [weight({ name: '__proto__' }), /./],
  'a weight of a type that objects inherit': [weight({ dtype: 'constructor' }), /type/],
  'a scale of 0': [weight({ quantization: { dtype: 'uint8', scale: 0, min: 0 } }), /quantised/],
  'a scale that overflows': [weight({ quantization: { dtype: 'uint8', scale: 1e308, min: 1e308 } }), /./],
  'a model.json of lists in lists': [
    () => ({ 'model.json': text(`{"modelTopology":${deep(1e5)},"weightsManifest":[]}`) }),
    /./,
  ],
  'a weights manifest of lists in lists': [
    () => ({ 'model.json': text(`{"modelTopology":{},"weightsManifest":${deep(1e5)}}`) }),
    /./,
  ],
  'layers of 10^15 units': [
    changed((model) => {
      const text = JSON.stringify(model.modelTopology).replaceAll(/"units":\d+/g, '"units":1000000000000000');
      model.modelTopology = JSON.parse(text);
    }),
    /./,
  ],
  'a graph model': [
    changed((model) => {
      model['format'] = 'graph-model';
    }),
    /graph model/,
  ],
};

const masks = (header: string, bytes = 16) => headed(header, bytes);
const MASKS = attacks(
  {
    'masks of a shape of 2^60': [
      masks('{"conv1.weight":{"dtype":"U8","shape":[1073741824,1073741824],"data_offsets":[0,16]}}'),
      /./,
    ],
    'masks of another network': [
      masks('{"a.weight":{"dtype":"U8","shape":[16],"data_offsets":[0,16]}}'),
      /./,
    ],
    'masks called __proto__': [masks('{"__proto__":{"dtype":"U8","shape":[16],"data_offsets":[0,16]}}'), /./],
    'masks of lists in lists': [masks(`{"conv1.weight":${deep(1e5)}}`), /./],
  },
  { role: 'masks', network: tinyNetwork },
);

export const JSON_ATTACKS = [...ARCHITECTURES, ...modelAttacks({ ...HEADERS, ...MODEL_JSON }), ...MASKS];
