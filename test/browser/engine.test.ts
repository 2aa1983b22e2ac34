import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadMnist, loadModel, referenceEngine, takeImages } from '../../src/node.ts';
import type { Evaluation } from '../../src/search/contract.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { libraryFiles, openChromium, withTab } from '../helpers/library-page.ts';
import { randomMasks } from '../helpers/models.ts';

const IMAGES = 64;
const DENSITIES = [1, 0.7, 0.3];

interface PageResult {
  readonly kind: string;
  readonly architecture: string;
  readonly evaluations: readonly Evaluation[];
  readonly again: readonly Evaluation[];
  readonly afterClose: string;
  readonly digest: string;
  readonly accepted: number;
}

/** What the page does, as a string: functions that tsx has compiled do not run elsewhere. */
const pageProgram = `(async () => {
  const { m, model, search, candidates } = await import('/inputs.js');
  const engine = await m.openEngine({ gpu: navigator.gpu, device: 'webgpu' });
  const evaluator = await engine.evaluator(model, m.takeImages(search, ${IMAGES}));
  const evaluations = await evaluator.evaluate(candidates);
  const again = [];
  for (const candidate of candidates) again.push(...await evaluator.evaluate([candidate]));
  const found = await m.run(
    m.simulatedAnnealing(evaluator, { seed: 'page', iterations: 3, lossToWarmup: 8 }), evaluator);
  const { kind, architecture } = engine.device;
  await engine.close();
  const afterClose = await evaluator.evaluate(candidates).then(() => 'none', (error) => error.code);
  return { kind, architecture, evaluations, again, afterClose, digest: found.digest, accepted: found.history.length };
})()`;

test('the browser entry in a real Chromium agrees with Node', async () => {
  const model = await loadModel();
  const images = takeImages((await loadMnist()).search, IMAGES);
  const candidates = DENSITIES.map((density) => ({
    masks: randomMasks(model.network, density, `page ${density}`),
  }));

  const files = await libraryFiles(
    model.network,
    candidates.map(({ masks }) => masks),
  );
  const { browser, close } = await openChromium();
  let page: PageResult;
  try {
    page = await withTab(browser, files, async (tab, url) => {
      await tab.goto(url);
      return tab.evaluate<PageResult>(pageProgram);
    });
  } finally {
    await close();
  }

  assert.is(page.kind, 'webgpu');
  assert.is(page.architecture, 'swiftshader');
  assert.is(page.afterClose, 'closed');
  assert.is(page.evaluations.length, DENSITIES.length);
  assert.equal(page.again, page.evaluations, 'one by one and as a batch');
  assert.ok(page.accepted > 0 && /^[0-9a-f]{64}$/.test(page.digest));

  const engine = await acquireEngine();
  try {
    for (const [name, open] of [
      ['Node on WebGPU', engine],
      ['the reference', referenceEngine()],
    ] as const) {
      const evaluations = await (await open.evaluator(model, images)).evaluate(candidates);
      const losses = new Set<number>();
      evaluations.forEach((expected, i) => {
        const actual = page.evaluations[i]!;
        assert.ok(!expected.exceeded && !actual.exceeded);
        const error = Math.abs(actual.loss - expected.loss) / expected.loss;
        assert.ok(
          error <= 1e-5,
          `${name}, density ${DENSITIES[i]}: ${actual.loss}, expected ${expected.loss}`,
        );
        assert.is(actual.accuracy, expected.accuracy, `${name}, density ${DENSITIES[i]}`);
        losses.add(expected.loss);
      });
      assert.is(losses.size, DENSITIES.length, 'the masks make no difference');
    }
  } finally {
    await engine.close();
  }
});

test.run();
