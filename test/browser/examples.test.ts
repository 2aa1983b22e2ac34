/** The examples for browsers, built and served as their READMEs say, find in Chromium what Node finds. */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as library from '../../src/node.ts';
import { openChromium, withTab } from '../helpers/browser/library-page.ts';
import { isFull } from '../helpers/sample.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const bundlerExample = join(root, 'examples', 'bundler');

/** The one in examples/README.md. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:";

/** Of the search, if not as many as in the examples. */
const EVALUATIONS = isFull ? 500 : 100;

/** The program of an example with as many evaluations. */
function shortened(program: string): string {
  assert.match(program, /evaluations: 500\b/);
  return program.replace('evaluations: 500', `evaluations: ${EVALUATIONS}`);
}

interface Shown {
  readonly status: string;
  readonly sparsity: string;
  readonly before: string;
  readonly after: string;
  readonly digest: string;
}

/** What the pages do, in Node. */
async function expectedResult(): Promise<Shown> {
  const model = await library.loadModel();
  const { search: images, test: testImages } = await library.loadMnist();
  const { tuning, validation } = library.holdBack(images);
  const engine = await library.openEngine({ device: 'wasm' });
  try {
    const evaluator = library.withValidation(
      await engine.evaluator(model, tuning),
      await engine.evaluator(model, validation),
    );
    const importance = await library.weightImportance('magnitude', model, tuning);
    const search = library.tunedAnnealing(evaluator, {
      importance,
      maxAccuracyDrop: 1,
      evaluations: EVALUATIONS,
    });
    const { unpruned, best, digest } = await library.run(search, evaluator);
    const onTest = await engine.evaluator(model, testImages);
    const accuracies = (await onTest.evaluate([unpruned, best].map(({ masks }) => ({ masks })))).map(
      (evaluation) => (evaluation.exceeded ? NaN : evaluation.accuracy!),
    );
    const [before, after] = accuracies.map(percent);
    assert.ok(best.sparsity.global > 0.1 && before !== after, 'there is nothing to get wrong');
    const sparsity = percent(best.sparsity.global);
    return { status: 'Done', sparsity, before: before!, after: after!, digest };
  } finally {
    await engine.close();
  }
}

const percent = (fraction: number) => `${(100 * fraction).toFixed(2)} %`;

interface Visit {
  readonly shown: Shown;
  /** Of the bar; a search may end before its last evaluation, when nothing is left to choose. */
  readonly progress: number;
  /** Paths that were asked for, blobs left out. */
  readonly paths: readonly string[];
  readonly elsewhere: readonly string[];
  /** What the page or its workers threw, were refused or complained of. */
  readonly errors: readonly string[];
}

/** Before any script of the page; the directives of the policy that refused something. */
const recordRefusals = `
  globalThis.refusals = [];
  document.addEventListener('securitypolicyviolation', (event) => refusals.push('refused: ' + event.violatedDirective));`;

async function visit(folder: string, path: string): Promise<Visit> {
  const { browser, close } = await openChromium();
  try {
    return await withTab(browser, folder, { 'Content-Security-Policy': POLICY }, async (tab, origin) => {
      const urls: string[] = [];
      const errors: string[] = [];
      tab.context().on('request', (request) => urls.push(request.url()));
      tab.context().on('weberror', (error) => errors.push(String(error.error())));
      tab.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await tab.addInitScript(recordRefusals);
      // A bundle is made of a program that is shortened already.
      await tab.route('**/script-tag/main.js', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: shortened(await response.text()) });
      });
      await tab.goto(`${origin}${path}?device=wasm`);
      const ended = tab.locator('#status', { hasText: /Done|Failed/ });
      // Among the errors, beside those that tell why.
      await ended.waitFor({ timeout: 60_000 }).catch((error: Error) => errors.push(error.message));
      errors.push(...(await tab.evaluate<string[]>('refusals')));
      const text = async (id: string) => (await tab.locator(`#${id}`).textContent()) ?? '';
      const own = (url: string) => `${url}/`.startsWith(`${origin}/`);
      return {
        shown: {
          status: await text('status'),
          sparsity: await text('sparsity'),
          before: await text('before'),
          after: await text('after'),
          digest: await text('digest'),
        },
        progress: await tab.evaluate<number>(`document.getElementById('progress').value`),
        paths: urls.filter(own).map((url) => new URL(url).pathname),
        elsewhere: urls.filter((url) => !own(url) && !url.startsWith(`blob:${origin}/`)),
        errors,
      };
    });
  } finally {
    await close();
  }
}

const expected = expectedResult();
// It is awaited in the tests.
expected.catch(() => {});

async function assertFindsTheSame({ shown, progress, elsewhere, errors }: Visit): Promise<void> {
  assert.equal(errors, []);
  assert.equal(shown, await expected);
  assert.ok(progress > 0.9 && progress <= 1, `the bar is at ${progress}`);
  assert.equal(elsewhere, [], 'asked for elsewhere');
}

/** What `npm install` leaves, as links to what is installed here. */
async function install(folder: string): Promise<void> {
  for (const [name, target] of [
    ['masksearch', root],
    ['esbuild', join(root, 'node_modules', 'esbuild')],
    ['.bin/esbuild', join(root, 'node_modules', '.bin', 'esbuild')],
  ] as const) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link);
  }
}

test('a project with a bundler', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'masksearch-bundler-'));
  try {
    for (const file of ['package.json', 'index.html', 'main.js']) {
      await cp(join(bundlerExample, file), join(folder, file));
    }
    const program = join(folder, 'main.js');
    await writeFile(program, shortened(await readFile(program, 'utf8')));
    await install(folder);
    const ended = spawnSync('npm', ['run', 'build'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, npm_config_update_notifier: 'false' },
    });
    assert.is(ended.status, 0, `${ended.error?.message ?? ''}${ended.stdout}${ended.stderr}`);

    const found = await visit(folder, '/');
    await assertFindsTheSame(found);
    const built = found.paths.filter((path) => path.endsWith('.safetensors'));
    assert.is(built.length, 2);
    const isBuilt = built.every((path) => path.startsWith('/dist/'));
    assert.ok(isBuilt, built.join());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the project pins the bundler that is tested', async () => {
  const versionOf = async (folder: string) => {
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    return manifest.devDependencies['esbuild'];
  };
  assert.is(await versionOf(bundlerExample), await versionOf(root));
});

test('a script tag', async () => {
  const found = await visit(root, '/examples/script-tag/index.html');
  await assertFindsTheSame(found);
  // The package's name for the file that the page imported.
  const bundle = fileURLToPath(import.meta.resolve('masksearch/bundle'));
  const isLoaded = found.paths.some((path) => join(root, path) === bundle);
  assert.ok(isLoaded, found.paths.join());
});

test('the bundle carries the licences of what is in it', async () => {
  // The code that parts loaded on demand share with the rest is in files of its own.
  const folder = join(root, 'dist', 'bundle');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const bundle = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
  const authors = ['the masksearch authors', 'David Bau', 'Johannes Baagøe', 'Paul Miller'];
  for (const author of authors) {
    assert.match(bundle, new RegExp(`Copyright .*${author}`));
  }
});

test.run();
