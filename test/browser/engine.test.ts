import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { problemOf } from '../../src/engine/network.ts';
import { masksToSafetensors } from '../../src/index.ts';
import { BUNDLED_MODEL, loadMnist, loadModel, referenceEngine, takeImages } from '../../src/node.ts';
import type { Evaluation } from '../../src/search/contract.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { acquireEngine, withTimeout } from '../helpers/gpu.ts';
import { randomMasks } from '../helpers/models.ts';
import { serveDirectoryOrMap, type ServedFile } from '../helpers/static-server.ts';

const root = new URL('../../', import.meta.url);
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
  const m = await import('/masksearch.js');
  const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const engine = await m.openEngine({ gpu: navigator.gpu });
  const model = m.modelFromSafetensors(await bytes('/model.safetensors'));
  const { search } = m.splitMnist(m.decodeMnist(await bytes('/mnist.safetensors')));
  const evaluator = await engine.evaluator(model, m.takeImages(search, ${IMAGES}));
  const candidates = [];
  for (let i = 0; i < ${DENSITIES.length}; i++) {
    candidates.push({ masks: m.masksFromSafetensors(await bytes('/masks-' + i + '.safetensors'), evaluator.layers) });
  }
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
  const { layers } = problemOf(model.network);
  const candidates = DENSITIES.map((density) => ({
    masks: randomMasks(model.network, density, `page ${density}`),
  }));

  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('src/browser.ts', root))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  const binary = (body: Uint8Array): ServedFile => ({ type: 'application/octet-stream', body });
  const server = await serveDirectoryOrMap(
    new Map<string, ServedFile>([
      ['/index.html', { type: 'text/html', body: '<!doctype html><title>test</title>' }],
      ['/masksearch.js', { type: 'text/javascript', body: bundle.outputFiles[0]!.contents }],
      ['/model.safetensors', binary(await readFile(BUNDLED_MODEL))],
      ['/mnist.safetensors', binary(await readFile(new URL('dist/data/mnist.safetensors', root)))],
      ...candidates.map(
        ({ masks }, i) => [`/masks-${i}.safetensors`, binary(masksToSafetensors(masks, layers))] as const,
      ),
    ]),
  );
  const { browser, close } = await withTimeout(launchChromium(), 120_000, 'starting Chromium');
  let page: PageResult;
  try {
    const tab = await browser.newPage();
    await tab.goto(server.url);
    page = await withTimeout(tab.evaluate<PageResult>(pageProgram), 120_000, 'the page');
  } finally {
    await close();
    await server.close();
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
