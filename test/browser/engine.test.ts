/** Engines that pages open through the browser entry give the results of Node. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as library from '../../src/node.ts';
import { exercise, type Exercised, type Task } from '../helpers/engine-exercise.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { bundled, libraryFiles, openChromium, script, withTab } from '../helpers/browser/library-page.ts';
import { randomMasks } from '../helpers/data/models.ts';
import { sample } from '../helpers/sample.ts';

const MODELS = join(import.meta.dirname, '../../models');

type Device = 'webgpu' | 'wasm';

interface Case {
  readonly images: number;
  /** See `Task`. */
  readonly iterations: number;
}

/**
 * By the file of the model. The residual network takes 0.65 million multiply-accumulates per image. Limits end a pass only if it has
 * more images than are evaluated at once: 64 on a software GPU, 24 in each thread of WebAssembly.
 */
const CASES = {
  'lenet5-mnist': { webgpu: { images: 72, iterations: 6 }, wasm: { images: 240, iterations: 6 } },
  'mnist-resnet': { webgpu: { images: 72, iterations: 1 }, wasm: { images: 240, iterations: 2 } },
  'mnist-dscnn': { webgpu: { images: 72, iterations: 1 }, wasm: { images: 240, iterations: 2 } },
} satisfies Readonly<Record<string, Readonly<Record<Device, Case>>>>;
type Name = keyof typeof CASES;
const NAMES = sample(Object.keys(CASES) as readonly Name[], 2, 1);

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
const program = (body: string, { images, iterations }: Case) => `
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
    const images = m.takeImages(search, ${images});
    const task = { model, images, candidates, iterations: ${iterations} };
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

const digits = (await library.loadMnist()).search;
const exerciseScript = await bundled('test/helpers/engine-exercise.ts');

/** What an engine is given here, and the files of a page that gives it the same. */
async function prepare(name: Name) {
  const path = join(MODELS, `${name}.safetensors`);
  const model = await library.loadModel(path);
  const candidates = DENSITIES.map((density) => ({
    masks: randomMasks(model.network, density, `page ${density}`),
  }));
  const taskOf = (device: Device): Task => {
    const { images, iterations } = CASES[name][device];
    return { model, images: library.takeImages(digits, images), candidates, iterations };
  };
  const masks = candidates.map((candidate) => candidate.masks);
  const files = await libraryFiles(model.network, masks, path);
  files.set('/index.html', { type: 'text/html', body: page });
  files.set('/engine-exercise.js', exerciseScript);
  return { tasks: { webgpu: taskOf('webgpu'), wasm: taskOf('wasm') }, files };
}
const prepared = new Map<Name, Awaited<ReturnType<typeof prepare>>>();
for (const name of NAMES) prepared.set(name, await prepare(name));

// Not in a hook: uvu takes a hook that throws for a success.
const { browser, close } = await openChromium();
test.after(close);

/** Fails if the page loads anything from another origin, or ends in an error. */
function visit<T>(
  name: Name,
  device: Device,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<PageResult<T>> {
  const served = new Map([
    ...prepared.get(name)!.files,
    ['/program.js', script(program(body, CASES[name][device]))] as const,
  ]);
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
async function inNode(name: Name, device: Device, engine: library.Engine): Promise<Exercised> {
  try {
    const task = prepared.get(name)!.tasks[device];
    const expected = await exercise(library, engine, task);
    const losses = expected.evaluations.map((evaluation) => (evaluation.exceeded ? NaN : evaluation.loss));
    assert.is(new Set(losses).size, DENSITIES.length, 'the masks make no difference');
    assert.ok(losses.every(Number.isFinite));
    assert.ok(expected.accepted > 0 && expected.accepted < expected.proposals, 'all or nothing is accepted');
    // Other GPUs evaluate so few images at once.
    if (engine.device.kind !== 'webgpu' || engine.device.software)
      assertStopsEarly(expected, task.images.count);
    return expected;
  } finally {
    await engine.close();
  }
}

function assertStopsEarly({ work: { forwardPasses, imagesEvaluated } }: Exercised, images: number): void {
  assert.ok(forwardPasses > 0 && imagesEvaluated < forwardPasses * images, 'no limit ended a pass');
}

for (const name of NAMES) {
  test(`${name}: WebGPU gives the evaluations of WebGPU in Node and of the reference`, async () => {
    const gpu = await acquireEngine();
    const { architecture } = gpu.device;
    // At the same time: a software GPU compiles and computes on one core.
    const [{ value }, expected] = await Promise.all([
      visit<EngineResult>(name, 'webgpu', useEngine(`{ gpu: navigator.gpu, device: 'webgpu' }`), {}),
      inNode(name, 'webgpu', gpu),
    ]);
    const { device, exercised, closed } = value;
    assert.equal([device.kind, device.architecture], ['webgpu', 'swiftshader']);
    assert.equal(closed, allClosed);
    assert.equal(exercised.alone, exercised.evaluations, 'one by one and as a batch');
    assert.equal(exercised.atLimit, exercised.evaluations);
    assert.ok(exercised.aboveLimit.every(({ exceeded }) => exceeded));
    assert.ok(exercised.accepted > 0 && /^[0-9a-f]{64}$/.test(exercised.digest));
    assertStopsEarly(exercised, CASES[name].webgpu.images);
    const { model, images, candidates } = prepared.get(name)!.tasks.webgpu;
    const reference = await library.referenceEngine().evaluator(model, images);
    for (const [place, evaluations] of [
      ['Node on WebGPU', expected.evaluations],
      ['the reference', await reference.evaluate(candidates)],
    ] as const) {
      evaluations.forEach((wanted, i) => {
        const what = `${place}, density ${DENSITIES[i]}`;
        const found = exercised.evaluations[i]!;
        assert.ok(!wanted.exceeded && !found.exceeded, what);
        const error = Math.abs(found.loss - wanted.loss) / wanted.loss;
        assert.ok(error <= 1e-5, `${what}: ${found.loss}, expected ${wanted.loss}`);
        assert.is(found.accuracy, wanted.accuracy, what);
      });
    }
    // Other adapters may round differently.
    if (architecture === device.architecture) assert.is(exercised.digest, expected.digest);
  });
}

const PLACES = [
  ['have copies on a page like any other', {}, 'copy'],
  ['share memory on a page isolated from other origins', ISOLATION, 'SharedArrayBuffer'],
] as const;
const WORKERS = PLACES.flatMap((place) => [1, 2].map((threads) => ({ place, threads })));

for (const name of NAMES) {
  let wasmInNode: Promise<Exercised> | undefined;
  // How workers get their memory does not depend on the network.
  for (const { place, threads } of name === 'lenet5-mnist' ? WORKERS : WORKERS.slice(-1)) {
    const [what, isolation, memory] = place;
    test(`${name}: WebAssembly workers ${what}, and find what they find in Node: ${threads} of them`, async () => {
      const headers = { ...isolation, 'Content-Security-Policy': POLICY };
      const body = useEngine(`{ device: 'wasm', threads: ${threads} }`);
      const found = await visit<EngineResult>(name, 'wasm', body, headers);
      assert.is(found.isolated, memory === 'SharedArrayBuffer');
      // Three evaluators.
      assert.equal(found.memories, Array<string>(3 * threads).fill(memory));
      const expected = await (wasmInNode ??= library
        .openEngine({ device: 'wasm' })
        .then((engine) => inNode(name, 'wasm', engine)));
      const { exercised, closed } = found.value;
      const { work } = exercised;
      assert.equal(exercised, { ...expected, work });
      assertStopsEarly(exercised, CASES[name].wasm.images);
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
    const found = await visit<string[]>(NAMES[0]!, 'wasm', refusal, headers);
    assert.ok(found.refused.includes('worker-src'), `refused: ${found.refused.join()}`);
    assert.equal(found.value, ['device-lost', 'device-lost']);
  }
});

test.run();
