/** Engines that programs open on Deno through either entry give what they give in Node, and the command line runs there. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { denoLack } from '../../scripts/deno.ts';
import * as library from '../../src/node.ts';
import type { DenoEngine } from '../fixtures/deno-engines.ts';
import { inFolder, jsonOf, MAIN } from '../helpers/cli.ts';
import { denoTask, outputOf, type DenoOptions } from '../helpers/deno.ts';
import { exercise } from '../helpers/engine-exercise.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { isFull } from '../helpers/sample.ts';
import { testUnless } from '../helpers/skip.ts';

const denoTest = testUnless(denoLack);
const ROOT = join(import.meta.dirname, '../..');
const FIXTURE = join(ROOT, 'test/fixtures/deno-engines.ts');

test('Deno is missing only where it has no program', () => {
  const isServed = process.platform !== 'linux' || existsSync('/lib64/ld-linux-x86-64.so.2');
  if (process.arch === 'x64') assert.is(denoLack === undefined, isServed);
});

/** Exercises an engine in Node and closes it. */
async function inNode(opening: Promise<library.Engine>) {
  const engine = await opening;
  try {
    const exercised = await exercise(library, engine, await denoTask());
    assert.ok(
      exercised.accepted > 0 && exercised.accepted < exercised.proposals,
      'all or nothing is accepted',
    );
    return { exercised, device: engine.device };
  } finally {
    await engine.close();
  }
}

const enginesInNode = async () => ({
  webgpu: await inNode(acquireEngine()),
  wasm: await inNode(library.openEngine({ device: 'wasm' })),
});

const lossesOf = (evaluations: readonly library.Evaluation[]) =>
  evaluations.map((evaluation) => (evaluation.exceeded ? NaN : evaluation.loss));

async function referenceLosses() {
  const { model, images, candidates } = await denoTask();
  const evaluator = await library.referenceEngine().evaluator(model, images);
  return lossesOf(await evaluator.evaluate(candidates));
}

denoTest('engines give what they give in Node', async () => {
  // At the same time: a software GPU compiles and computes on one core.
  const [output, nodes, reference] = await Promise.all([
    outputOf([FIXTURE]),
    enginesInNode(),
    referenceLosses(),
  ]);
  const engines = JSON.parse(output) as Record<string, DenoEngine>;
  assert.is(new Set(reference).size, reference.length, 'the masks make no difference');
  assert.equal(Object.keys(engines).sort(), ['browser wasm', 'browser webgpu', 'node wasm']);
  for (const [name, { device, exercised, closed }] of Object.entries(engines)) {
    const kind = device.kind as 'webgpu' | 'wasm';
    assert.ok(name.endsWith(kind), `${name}: ${kind}`);
    assert.equal(closed, { pending: 'closed', evaluator: 'closed', engine: 'closed' }, name);
    assert.equal(exercised.alone, exercised.evaluations, `${name}: one by one and as a batch`);
    assert.ok(
      exercised.aboveLimit.every(({ exceeded }) => exceeded),
      name,
    );
    lossesOf(exercised.evaluations).forEach((loss, i) => {
      const expected = reference[i]!;
      assert.ok(Math.abs(loss - expected) <= 1e-5 * expected, `${name}: ${loss}, expected ${expected}`);
    });
    // WebAssembly gives the same bits everywhere, and so did one driver through Dawn and wgpu.
    const node = nodes[kind];
    if (kind === 'wasm' || isSwiftShader(device.description) === isSwiftShader(node.device.description)) {
      assert.equal({ ...exercised, work: undefined }, { ...node.exercised, work: undefined }, name);
    }
  }
});

const isSwiftShader = (description: string) => /swiftshader/i.test(description);

interface Found {
  readonly digest: string;
  readonly device: library.DeviceInfo;
}

const prune = (device: string, out: string) =>
  `prune --preset paper --iterations 1 --images 20 --loss-to-warmup 50 --device ${device} --out ${out} --json`;

denoTest('the command line finds on Deno what it finds in Node', () =>
  inFolder(async (cwd) => {
    const found = async (device: string, { out, ...options }: DenoOptions & { readonly out: string }) => {
      const args = [MAIN, ...prune(device, out).split(' ')];
      return JSON.parse(await outputOf(args, { cwd, ...options })) as Found;
    };
    const inNode = await jsonOf<Found>(prune('wasm', 'node'), { cwd });
    assert.is((await found('wasm', { out: 'wasm' })).digest, inNode.digest);
    if (!isFull) return;
    const [own, dawn] = [
      await found('webgpu', { out: 'own' }),
      await found('webgpu', { out: 'dawn', permissions: ['--allow-all'] }),
    ];
    assert.is.not(own.device.vendor, dawn.device.vendor, 'both are the same implementation');
    assert.is(own.digest, dawn.digest);
  }),
);

denoTest('the example of the README runs with one permission, and finds what Node finds', () =>
  inFolder(async (cwd) => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    const [, example = ''] = /^## On Deno$.*?^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
    const [, flags = ''] = /`deno run ([^`]*) search\.ts`/.exec(readme) ?? [];
    assert.is(flags, '--allow-read');
    await mkdir(join(cwd, 'node_modules'));
    await symlink(ROOT, join(cwd, 'node_modules', 'masksearch'));
    const manifest = { type: 'module', dependencies: { masksearch: '*' } };
    await writeFile(join(cwd, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(cwd, 'search.ts'), example);
    await writeFile(join(cwd, 'wasm.ts'), example.replace("'webgpu'", "'wasm'"));
    const [own, onWasm] = await Promise.all(
      ['search.ts', 'wasm.ts'].map((program) => outputOf([program], { cwd, permissions: [flags] })),
    );
    const [, sparsity, loss, digest] = /^WebAssembly .* (\S+) (\S+) (\S+)\n$/.exec(onWasm!)!;
    const engine = await library.openEngine({ device: 'wasm' });
    const images = library.takeImages((await library.loadMnist()).search, 100);
    const evaluator = await engine.evaluator(await library.loadModel(), images);
    const found = await library.run(library.simulatedAnnealing(evaluator, { iterations: 6 }), evaluator);
    await engine.close();
    assert.equal(
      [Number(sparsity), Number(loss), digest],
      [found.best.sparsity.global, found.best.loss, found.digest],
    );
    assert.match(own!, / 0\.\d+ \d+\.\d+ [0-9a-f]{64}\n$/);
    assert.not.match(own!, /WebAssembly/);
  }),
);

denoTest('doctor on Deno names its WebGPU', async () => {
  const report = JSON.parse(await outputOf([MAIN, 'doctor', '--json'])) as {
    runtime: string;
    search: { navigatorGpu: boolean };
    adapters: readonly { implementation: string; check: { loss: number; referenceLoss: number } }[];
  };
  assert.match(report.runtime, /^Deno \d+\.\d+/);
  assert.ok(report.search.navigatorGpu);
  assert.ok(report.adapters.length > 0);
  for (const { implementation, check } of report.adapters) {
    assert.is(implementation, 'navigator.gpu');
    assert.ok(Math.abs(check.loss - check.referenceLoss) <= 1e-5 * check.referenceLoss);
  }
});

test.run();
