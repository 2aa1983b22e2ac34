/** Drafts of networks from the shapes of their weights. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeArchitecture } from '../../../../src/formats/architecture.ts';
import { draftArchitecture } from '../../../../src/formats/draft-architecture.ts';
import { modelToSafetensors } from '../../../../src/formats/safetensors/model.ts';
import type { Network } from '../../../../src/network/network.ts';
import { inferShapes } from '../../../../src/network/shapes.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { randomModel } from '../../../helpers/data/models.ts';
import { safetensors } from '../../../helpers/checkpoints/safetensors.ts';
import { network } from '../../../helpers/torch/network.ts';
import { ordered, tensor, torchZip } from '../../../helpers/torch/file.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

const torchFile = (shapes: Shapes) =>
  torchZip(
    ordered(
      Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [
          name,
          tensor(shape, new Float32Array(sizeOf(shape)).fill(1)),
        ]),
      ),
    ),
  );

const draftOf = (shapes: Shapes) => draftArchitecture({ name: 'net.pt', bytes: torchFile(shapes) })!;

const biased = (name: string, ...shape: readonly number[]): Shapes => ({
  [`${name}.weight`]: shape,
  [`${name}.bias`]: [shape[0]!],
});
const norm = (name: string, channels: number): Shapes =>
  Object.fromEntries(
    ['weight', 'bias', 'running_mean', 'running_var'].map((part) => [`${name}.${part}`, [channels]]),
  );

const kindsOf = ({ nodes }: Network) =>
  nodes
    .map((node) =>
      node.kind === 'conv2d'
        ? `conv2d ${node.kernel.join('x')} p${node.padding[0]} g${node.groups}`
        : node.kind,
    )
    .join(', ');

const CASES: Readonly<
  Record<string, readonly [Shapes, input: readonly number[], kinds: string, open: RegExp]>
> = {
  'a LeNet without padding': [
    {
      ...biased('conv1', 6, 1, 5, 5),
      ...biased('conv2', 16, 6, 5, 5),
      ...biased('fc1', 120, 256),
      ...biased('fc2', 10, 120),
    },
    [1, 28, 28],
    'conv2d 5x5 p0 g1, activation, pool2d, conv2d 5x5 p0 g1, activation, pool2d, flatten, dense, activation, dense',
    /The input, 1 x 28 x 28, is the most common one by which fc1 gets its 256 features/,
  ],
  'the MNIST example of PyTorch': [
    {
      ...biased('conv1', 32, 1, 3, 3),
      ...biased('conv2', 64, 32, 3, 3),
      ...biased('fc1', 128, 9216),
      ...biased('fc2', 10, 128),
    },
    [1, 28, 28],
    'conv2d 3x3 p0 g1, activation, conv2d 3x3 p0 g1, activation, pool2d, flatten, dense, activation, dense',
    /Maxima of 2 x 2 follow conv2, which is a guess/,
  ],
  'padded convolutions of colour images with batch normalisation': [
    {
      ...{ 'features.0.weight': [8, 3, 3, 3], ...norm('features.1', 8) },
      ...{ 'features.4.weight': [16, 8, 3, 3], ...norm('features.5', 16) },
      ...biased('classifier', 10, 16 * 8 * 8),
    },
    [3, 32, 32],
    'conv2d 3x3 p1 g1, batchNorm, activation, pool2d, conv2d 3x3 p1 g1, batchNorm, activation, pool2d, flatten, dense',
    /epsilon of the batch normalisations is 1e-5/,
  ],
  'depthwise convolutions and means over the image': [
    {
      ...{ 'a.weight': [8, 3, 3, 3], 'b.weight': [8, 1, 3, 3], 'c.weight': [16, 8, 1, 1] },
      ...biased('out', 10, 16),
    },
    [3, 32, 32],
    'conv2d 3x3 p1 g1, activation, conv2d 3x3 p1 g8, activation, conv2d 1x1 p0 g1, activation, globalPool, flatten, dense',
    /Means over the whole image follow c, and no other pooling/,
  ],
  'a perceptron': [
    { ...biased('0', 48, 784), ...biased('2', 10, 48) },
    [1, 28, 28],
    'flatten, dense, activation, dense',
    /The input is 1 x 28 x 28, as 0 reads 784 features/,
  ],
  'a perceptron of other numbers': [
    { ...biased('module.a', 5, 12), ...biased('module.b', 2, 5) },
    [12],
    'dense, activation, dense',
    /The input is 12, as a reads 12 features/,
  ],
  'a signal': [
    { ...biased('conv', 4, 3, 5), ...biased('out', 2, 4) },
    [3, 1, 32],
    'conv2d 1x5 p0 g1, activation, globalPool, flatten, dense',
    /Means over the whole image/,
  ],
  'convolutions alone': [
    { ...biased('a', 8, 1, 3, 3), ...biased('b', 10, 8, 1, 1) },
    [1, 28, 28],
    'conv2d 3x3 p1 g1, activation, conv2d 1x1 p0 g1, globalPool, flatten',
    /Each|The input, 1 x 28 x 28, is a guess/,
  ],
};

for (const [what, [shapes, input, kinds, open]] of Object.entries(CASES)) {
  test(`${what}: a network of the usual settings, to be confirmed`, async () => {
    const draft = draftOf(shapes);
    assert.equal([draft.network.input, kindsOf(draft.network)], [input, kinds]);
    assert.ok(
      draft.open.some((question) => open.test(question)),
      draft.open.join('\n'),
    );
    assert.ok(draft.open.every((question) => /^[A-Z].*\.$/.test(question)));
    await assertBadInput(
      () => decodeArchitecture(draft.json),
      /the architecture is a draft that leaves .* open/,
    );
    const settled = { ...(JSON.parse(draft.json) as object), open: [] };
    const found = decodeArchitecture(JSON.stringify(settled));
    inferShapes(found);
    assert.equal(found, JSON.parse(JSON.stringify(draft.network)));
  });
}

test('what shapes contradict is asked', () => {
  const branch = draftOf({
    ...{ 'a.weight': [16, 3, 3, 3], 'b.weight': [32, 16, 3, 3], 'shortcut.weight': [32, 12, 1, 1] },
    ...biased('out', 10, 32),
  });
  assert.ok(
    branch.open.some((question) =>
      question.startsWith('shortcut reads 12 channels and the layer before it gives 32'),
    ),
  );
  assert.ok(branch.open.some((question) => /sums and concatenations/.test(question)));
  const unsolved = draftOf({
    ...biased('a', 8, 1, 3, 3),
    ...biased('b', 4, 8, 3, 3),
    ...biased('out', 10, 4 * 23 * 29),
  });
  assert.ok(
    unsolved.open.some((question) =>
      /^No usual input, padding and pooling give out its 2668 features/.test(question),
    ),
  );
  const others = draftOf({
    ...biased('a', 8, 16),
    'lstm.weight_ih_l0': [4, 8],
    'prelu.weight': [1],
    scale: [8],
  });
  assert.ok(
    others.open.some((question) => /^Left out.*: lstm\.weight_ih_l0, prelu\.weight, scale\.$/.test(question)),
    others.open.join(),
  );
});

test('tensors that are sorted by name are put in an order in which they fit', () => {
  const shapes: Shapes = {
    ...{ ...norm('bn1', 8), ...norm('bn2', 16), ...biased('classifier', 10, 20) },
    ...{ 'conv1.weight': [8, 1, 3, 3], 'conv2.weight': [16, 8, 3, 3], ...biased('embed', 20, 16 * 5 * 5) },
  };
  const file = safetensors(
    Object.fromEntries(
      Object.entries(shapes)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, shape]) => [name, { dtype: 'F32', shape, data: new Uint8Array(4 * sizeOf(shape)) }]),
    ),
  );
  const draft = draftArchitecture({ name: 'net.safetensors', bytes: file })!;
  const names = draft.network.nodes
    .filter((node) => ['conv2d', 'dense', 'batchNorm'].includes(node.kind))
    .map(({ name }) => name);
  assert.equal(names, ['conv1', 'bn1', 'conv2', 'bn2', 'embed', 'classifier']);
  assert.match(
    draft.open[0]!,
    /^The order of the layers, conv1, bn1, conv2, bn2, embed, classifier, is a guess/,
  );
});

test('a file that holds its network needs no draft, and one without weights has none', async () => {
  const own = modelToSafetensors(randomModel(network, 'draft'));
  assert.is(draftArchitecture({ name: 'a.safetensors', bytes: own }), undefined);
  assert.is(draftArchitecture({ name: 'a.onnx', bytes: Uint8Array.of(8, 8) }), undefined);
  await assertBadInput(
    () => draftOf({ 'lstm.weight_ih_l0': [4, 8] }),
    /holds no weights of convolutions or dense layers/,
  );
});

test.run();
