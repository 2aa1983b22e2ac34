import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Engine } from '../../../src/engine/backend.ts';
import { classify } from '../../../src/engine/reference/classify.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { withTeacherTargets } from '../../../src/engine/teacher.ts';
import { spawnNodeWorker } from '../../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../../src/engine/wasm/wasm.ts';
import { datasetDigest } from '../../../src/data/digest.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { classifier } from '../../helpers/data/classifier.ts';
import { fullMasks, randomMasks, tinyNetwork } from '../../helpers/data/models.ts';
import { evaluateFull } from '../../helpers/search/evaluations.ts';

const { model, images } = classifier(tinyNetwork, 91, 'teacher', 8);

const onWasm = async <T>(
  threads: number,
  shared: boolean,
  use: (engine: Engine) => Promise<T>,
): Promise<T> => {
  const engine = await wasmEngine({ threads, shared, spawn: spawnNodeWorker });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
};

test('the targets are the probabilities of the unpruned network; all else stays', async () => {
  const { softTargets, ...rest } = await onWasm(2, true, (engine) =>
    withTeacherTargets(engine, model, images),
  );
  assert.equal(rest, images);
  const expected = classify(model, images).flatMap((row) => [...row]);
  assertClose(softTargets!, expected, { label: 'probabilities', atol: 1e-5 });
  for (let i = 0; i < softTargets!.length; i += 4) {
    const sum = softTargets!.subarray(i, i + 4).reduce((total, one) => total + one, 0);
    assert.ok(Math.abs(sum - 1) < 2 ** -23);
  }
});

test('they are the same for any number of threads, and whatever targets the images had', async () => {
  const digests = new Set<string>();
  for (const [threads, shared] of [
    [1, true],
    [3, true],
    [2, false],
  ] as const) {
    const softTargets = new Float32Array(4 * 91).fill(0.25);
    const set = threads === 3 ? { ...images, softTargets } : images;
    digests.add(
      await onWasm(threads, shared, async (engine) =>
        datasetDigest(await withTeacherTargets(engine, model, set)),
      ),
    );
  }
  assert.is(digests.size, 1);
});

test('the loss of the teacher is its entropy, that of a pruned network is larger', async () => {
  const engine = referenceEngine();
  const evaluator = await engine.evaluator(model, await withTeacherTargets(engine, model, images));
  const entropies = classify(model, images).map((row) =>
    row.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0),
  );
  const entropy = entropies.reduce((a, b) => a + b) / images.count;
  const { loss, accuracy } = await evaluateFull(evaluator, fullMasks(tinyNetwork));
  assert.ok(Math.abs(loss - entropy) < 1e-6 && entropy > 0.01, `${loss}, expected ${entropy}`);
  assert.is(accuracy, 1);
  const pruned = await evaluateFull(evaluator, randomMasks(tinyNetwork, 0.8, 'teacher'));
  assert.ok(pruned.loss > loss + 0.01);
});

test('a network without classes is no teacher, and an engine that tells no outputs cannot ask one', async () => {
  const binary = { ...model, task: 'binary' } as const;
  await assertBadInput(
    () => withTeacherTargets(referenceEngine(), binary, images),
    /task of the network is binary/,
  );
  const unlabelled = { ...images, labels: undefined };
  await assertBadInput(
    () => withTeacherTargets(referenceEngine(), model, unlabelled),
    /0 labels for 91 images/,
  );
  let closed = 0;
  const inner = referenceEngine();
  const silent: Engine = {
    ...inner,
    async evaluator(...args) {
      const {
        layers,
        depth,
        images: count,
        batchWidth,
        macsPerImage,
        work,
        ...evaluator
      } = await inner.evaluator(...args);
      const close = () => Promise.resolve(void closed++);
      const evaluate = () => Promise.reject(new Error('not asked'));
      return { ...evaluator, layers, depth, images: count, batchWidth, macsPerImage, work, evaluate, close };
    },
  };
  await assertBadInput(() => withTeacherTargets(silent, model, images), /does not tell the outputs/);
  assert.is(closed, 1);
});

test.run();
