/** Engines that pages open through the browser entry give the results of Node. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as library from '../../src/node.ts';
import { exercise, type Exercised } from '../helpers/engine-exercise.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { bundled, libraryFiles, openChromium, script, withTab } from '../helpers/browser/library-page.ts';
import { randomMasks } from '../helpers/data/models.ts';

const IMAGES = 100;
const DENSITIES = [1, 0.7, 0.3];

/** As strict as WebAssembly allows. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:";
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * A page that runs `body` and shows what it returns as JSON. The program is a file, because the policy refuses text that is
 * evaluated; it records what happens around it too.
 */
const page = `<!doctype html><title>test</title><script type="module" src="/program.js"></script>`;
const program = (body: string) => `
  const refused = [], memories = [];
  document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    // Its name, since a page that is not isolated does not have the class.
    if (message.type === 'open') memories.push(message.memory?.buffer.constructor.name ?? 'copy');
    return post.call(this, message, ...rest);
  };
  async function main() {
    const { m, model, search, candidates } = await import('/inputs.js');
    const { codeOf, exercise, exerciseClose } = await import('/engine-exercise.js');
    const images = m.takeImages(search, ${IMAGES});
    const task = { model, images, candidates };
    ${body}
  }
  main().then((value) => ({ value }), (error) => ({ error: String(error) })).then((result) => {
    const output = document.createElement('output');
    output.textContent = JSON.stringify({ ...result, refused, memories, isolated: crossOriginIsolated });
    document.body.append(output);
  });`;

interface PageResult<T> {
  readonly value: T;
  readonly error?: string;
  /** Directives of the policy that refused something. */
  readonly refused: readonly string[];
  /** The memory of each worker: the class of a shared buffer, or `copy`. */
  readonly memories: readonly string[];
  readonly isolated: boolean;
}

const model = await library.loadModel();
const images = library.takeImages((await library.loadMnist()).search, IMAGES);
const candidates = DENSITIES.map((density) => ({
  masks: randomMasks(model.network, density, `page ${density}`),
}));
const files = await libraryFiles(
  model.network,
  candidates.map(({ masks }) => masks),
);
files.set('/index.html', { type: 'text/html', body: page });
files.set('/engine-exercise.js', await bundled('test/helpers/engine-exercise.ts'));

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);

/** Fails if the page loads anything from another origin, or ends in an error. */
function visit<T>(body: string, headers: Readonly<Record<string, string>>): Promise<PageResult<T>> {
  const served = new Map([...files, ['/program.js', script(program(body))] as const]);
  return withTab(browser, served, headers, async (tab, origin) => {
    const urls: string[] = [];
    tab.context().on('request', (request) => urls.push(request.url()));
    await tab.goto(origin);
    const text = await tab.locator('output').textContent({ timeout: 60_000 });
    assert.ok(urls.includes(`${origin}/masksearch.js`), 'requests are not seen');
    const isOwn = (url: string) => `${url}/`.startsWith(`${origin}/`) || url.startsWith(`blob:${origin}/`);
    const elsewhere = urls.filter((url) => !isOwn(url));
    assert.equal(elsewhere, []);
    const result = JSON.parse(text!) as PageResult<T>;
    assert.is(result.error, undefined);
    return result;
  });
}

interface EngineResult {
  readonly device: library.DeviceInfo;
  readonly exercised: Exercised;
  readonly closed: Readonly<Record<string, string>>;
}

const useEngine = (options: string) => `
  const engine = await m.openEngine(${options});
  const exercised = await exercise(m, engine, task);
  return { device: engine.device, exercised, closed: await exerciseClose(engine, task) };`;

const allClosed = { pending: 'closed', evaluator: 'closed', engine: 'closed' };

/** Exercises an engine in Node and closes it. Fails if all results are alike, so that a comparison would prove nothing. */
async function inNode(opening: Promise<library.Engine>): Promise<Exercised> {
  const engine = await opening;
  try {
    const expected = await exercise(library, engine, { model, images, candidates });
    const losses = expected.evaluations.map((evaluation) => (evaluation.exceeded ? NaN : evaluation.loss));
    assert.is(new Set(losses).size, DENSITIES.length, 'the masks make no difference');
    assert.ok(losses.every(Number.isFinite));
    assert.ok(expected.accepted > 0 && expected.accepted < expected.proposals, 'all or nothing is accepted');
    assert.ok(expected.imagesEvaluated < expected.proposals * IMAGES, 'no limit ended a pass');
    return expected;
  } finally {
    await engine.close();
  }
}

test('WebGPU gives the evaluations of WebGPU in Node and of the reference', async () => {
  const { value } = await visit<EngineResult>(useEngine(`{ gpu: navigator.gpu, device: 'webgpu' }`), {});
  const { device, exercised, closed } = value;
  assert.equal([device.kind, device.architecture], ['webgpu', 'swiftshader']);
  assert.equal(closed, allClosed);
  assert.equal(exercised.alone, exercised.evaluations, 'one by one and as a batch');
  assert.equal(exercised.atLimit, exercised.evaluations);
  assert.ok(exercised.aboveLimit.every(({ exceeded }) => exceeded));
  assert.ok(exercised.accepted > 0 && /^[0-9a-f]{64}$/.test(exercised.digest));
  for (const [name, opening] of [
    ['Node on WebGPU', acquireEngine()],
    ['the reference', Promise.resolve(library.referenceEngine())],
  ] as const) {
    const expected = await inNode(opening);
    expected.evaluations.forEach((wanted, i) => {
      const what = `${name}, density ${DENSITIES[i]}`;
      const found = exercised.evaluations[i]!;
      assert.ok(!wanted.exceeded && !found.exceeded, what);
      const error = Math.abs(found.loss - wanted.loss) / wanted.loss;
      assert.ok(error <= 1e-5, `${what}: ${found.loss}, expected ${wanted.loss}`);
      assert.is(found.accuracy, wanted.accuracy, what);
    });
  }
});

let wasmInNode: Promise<Exercised> | undefined;

for (const [name, isolation, memory] of [
  ['have copies on a page like any other', {}, 'copy'],
  ['share memory on a page isolated from other origins', ISOLATION, 'SharedArrayBuffer'],
] as const) {
  for (const threads of [1, 2]) {
    test(`WebAssembly workers ${name}, and find what they find in Node: ${threads} of them`, async () => {
      const headers = { ...isolation, 'Content-Security-Policy': POLICY };
      const found = await visit<EngineResult>(useEngine(`{ device: 'wasm', threads: ${threads} }`), headers);
      assert.is(found.isolated, memory === 'SharedArrayBuffer');
      // Three evaluators.
      assert.equal(found.memories, Array<string>(3 * threads).fill(memory));
      const expected = await (wasmInNode ??= inNode(library.openEngine({ device: 'wasm' })));
      const { exercised, closed } = found.value;
      // Only how soon a limit ends a pass may differ.
      const { imagesEvaluated } = exercised;
      assert.equal(exercised, { ...expected, imagesEvaluated });
      assert.ok(imagesEvaluated < expected.proposals * IMAGES, 'no limit ended a pass');
      assert.equal(closed, allClosed);
      assert.equal(found.refused, []);
    });
  }
}

test('WebAssembly is lost, and says so, on a page that may not start workers', async () => {
  const refusal = `
    const engine = await m.openEngine({ device: 'wasm', threads: 2 });
    const codes = [await codeOf(engine.evaluator(model, images)), await codeOf(engine.evaluator(model, images))];
    await engine.close();
    return codes;`;
  const policy = POLICY.replace('; worker-src blob:', '');
  for (const isolation of [{}, ISOLATION]) {
    const headers = { ...isolation, 'Content-Security-Policy': policy };
    const found = await visit<string[]>(refusal, headers);
    assert.ok(found.refused.includes('worker-src'), `refused: ${found.refused.join()}`);
    assert.equal(found.value, ['device-lost', 'device-lost']);
  }
});

test.run();
