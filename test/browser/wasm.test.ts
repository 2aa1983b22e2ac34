import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as library from '../../src/node.ts';
import { exercise, type Exercised } from '../helpers/engine-exercise.ts';
import { bundled, libraryFiles, openChromium, script, withTab } from '../helpers/library-page.ts';
import { randomMasks } from '../helpers/models.ts';

const IMAGES = 100;
const DENSITIES = [1, 0.7, 0.3];

/** As strict as the backend allows. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:";
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * A page that runs `body` and shows what it returns as JSON. The policy refuses text that is evaluated, so that the
 * program is a file, which puts down what happens around it as well.
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
  /** What each worker works on: a class of buffer, or a copy of its own. */
  readonly memories: readonly string[];
  readonly isolated: boolean;
  /** What the page asked for. */
  readonly urls: readonly string[];
  readonly origin: string;
}

const model = await library.loadModel();
const images = library.takeImages((await library.loadMnist()).search, IMAGES);
const candidates = DENSITIES.map((density) => ({
  masks: randomMasks(model.network, density, `wasm page ${density}`),
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

function visit<T>(body: string, headers: Readonly<Record<string, string>>): Promise<PageResult<T>> {
  const served = new Map([...files, ['/program.js', script(program(body))] as const]);
  return withTab(
    browser,
    served,
    async (tab, origin) => {
      const urls: string[] = [];
      tab.context().on('request', (request) => urls.push(request.url()));
      await tab.goto(origin);
      const text = await tab.locator('output').textContent({ timeout: 60_000 });
      return { ...(JSON.parse(text!) as PageResult<T>), urls, origin };
    },
    headers,
  );
}

function assertNothingFromElsewhere({ urls, origin }: PageResult<unknown>): void {
  assert.ok(urls.includes(`${origin}/masksearch.js`), 'requests are not seen');
  const elsewhere = urls.filter(
    (url) => !`${url}/`.startsWith(`${origin}/`) && !url.startsWith(`blob:${origin}/`),
  );
  assert.equal(elsewhere, []);
}

/** What Node gives, and the proof that there is something to get wrong. */
async function expectedResult(): Promise<Exercised> {
  const engine = await library.openEngine({ device: 'wasm' });
  try {
    const expected = await exercise(library, engine, model, images, candidates);
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
const expected = expectedResult();
// It is awaited in the tests.
expected.catch(() => {});

interface EngineResult {
  readonly exercised: Exercised;
  readonly closed: Readonly<Record<string, string>>;
}

const useEngine = (threads: number) => `
  const engine = await m.openEngine({ device: 'wasm', threads: ${threads} });
  const exercised = await exercise(m, engine, model, images, candidates);
  return { exercised, closed: await exerciseClose(engine, model, images, candidates) };`;

for (const [name, isolation, memory] of [
  ['have copies on a page like any other', {}, 'copy'],
  ['share memory on a page isolated from other origins', ISOLATION, 'SharedArrayBuffer'],
] as const) {
  for (const threads of [1, 2]) {
    test(`workers ${name}, to the result of Node: ${threads} of them`, async () => {
      const found = await visit<EngineResult>(useEngine(threads), {
        ...isolation,
        'Content-Security-Policy': POLICY,
      });
      assert.is(found.error, undefined);
      assert.is(found.isolated, memory === 'SharedArrayBuffer');
      // An evaluator for each of the two exercises.
      assert.equal(found.memories, Array<string>(2 * threads).fill(memory));
      const { exercised, closed } = found.value;
      const wanted = await expected;
      // How soon a limit ends a pass is all that may differ.
      const { imagesEvaluated } = exercised;
      assert.equal(exercised, { ...wanted, imagesEvaluated });
      assert.ok(imagesEvaluated < wanted.proposals * IMAGES, 'no limit ended a pass');
      assert.equal(closed, { pending: 'closed', evaluator: 'closed', engine: 'closed' });
      assert.equal(found.refused, []);
      assertNothingFromElsewhere(found);
    });
  }
}

test('where a page may not start workers the engine is lost, and says so', async () => {
  const refusal = `
    const engine = await m.openEngine({ device: 'wasm', threads: 2 });
    const codes = [await codeOf(engine.evaluator(model, images)), await codeOf(engine.evaluator(model, images))];
    await engine.close();
    return codes;`;
  for (const isolation of [{}, ISOLATION]) {
    const found = await visit<string[]>(refusal, {
      ...isolation,
      'Content-Security-Policy': POLICY.replace('; worker-src blob:', ''),
    });
    assert.is(found.error, undefined);
    assert.ok(found.refused.includes('worker-src'), `refused: ${found.refused.join()}`);
    assert.equal(found.value, ['device-lost', 'device-lost']);
    assertNothingFromElsewhere(found);
  }
});

test.run();
