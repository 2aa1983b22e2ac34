/** The modules that scripts/embed-wasm.ts compiles. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, parse } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WASM } from '../../src/engine/wasm/generated/kernels.ts';
import { STATIC_BYTES } from '../../src/engine/wasm/layout.ts';
import { KERNELS } from '../kernels/table.ts';
import { openKernels } from '../kernels/devices/wasm-memory.ts';

const root = join(import.meta.dirname, '../..');
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const builds = Object.entries(WASM).map(([name, base64]) => ({ name, bytes: bytesOf(base64) }));

/** A processor sorts images (src/engine/plan/image-order.ts); only a GPU ranks them. */
const WITHOUT_TWIN = ['rank_images'];

/** The kernels that measure a device's roofs: the benchmark checks their results itself. */
const ROOFS = ['copy_words', 'fma_chain'];

const kernelsIn = (folder: string, extension: string) =>
  readdirSync(join(root, folder)).flatMap((file) => {
    const { name, ext } = parse(file);
    return ext === extension && name !== 'index' ? [name] : [];
  });

test('every shader has a twin of its name, and every kernel has cases', async () => {
  const shaders = kernelsIn('shaders', '.wgsl');
  const files = kernelsIn('wasm', '.ts');
  assert.ok(shaders.includes('masked_conv2d') && shaders.length >= 3, shaders.join());
  for (const shared of [true, false]) {
    const { kernels } = await openKernels(shared, 1);
    for (const name of shaders.filter((one) => !WITHOUT_TWIN.includes(one)))
      assert.is(typeof kernels[name as keyof typeof kernels], 'function', name);
    // One kernel to a file of its name.
    const exported = Object.keys(kernels).filter((name) => name !== 'memory');
    assert.equal(exported.sort(), files.sort());
  }
  const tested = new Set([...shaders, ...files].filter((name) => !ROOFS.includes(name)));
  assert.equal(Object.keys(KERNELS).sort(), [...tested].sort());
});

test('the kernels are small enough to be embedded', () => {
  assert.is(builds.length, 2);
  for (const { name, bytes } of builds) {
    assert.ok(bytes.length > 1_000 && bytes.length < 50_000, `${name}: ${bytes.length} bytes`);
  }
});

test('the constants of the kernels end before the first region of a layout', async () => {
  for (const shared of [true, false]) {
    const { bytes } = await openKernels(shared, 1);
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    assert.ok(end <= STATIC_BYTES, `they end at ${end}`);
  }
});

/**
 * For each module, read as base64 from standard input, whether its instructions are all of these features. A process of
 * its own, since tsx takes 20 s to read binaryen, the compiler's own library.
 */
const VALIDATOR = `
  import { readFileSync } from 'node:fs';
  const { default: binaryen } = await import(process.argv[1]);
  const features = JSON.parse(process.argv[2]).reduce((sum, name) => sum | binaryen.Features[name], 0);
  console.warn = console.error = () => undefined;
  const verdicts = JSON.parse(readFileSync(0, 'utf8')).map((base64) => {
    const module = binaryen.readBinary(Buffer.from(base64, 'base64'));
    module.setFeatures(features);
    return module.validate() === 1;
  });
  console.log(JSON.stringify(verdicts));`;

function areWithin(features: readonly string[], modules: readonly Uint8Array[]): boolean[] {
  const compiler = createRequire(import.meta.url).resolve('assemblyscript/package.json');
  const binaryen = pathToFileURL(createRequire(compiler).resolve('binaryen')).href;
  const output = execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', VALIDATOR, binaryen, JSON.stringify(features)],
    { input: JSON.stringify(modules.map((bytes) => Buffer.from(bytes).toString('base64'))) },
  );
  return JSON.parse(output.toString()) as boolean[];
}

test('no instruction is relaxed or fused: every machine computes the same bits', () => {
  const allowed = ['MVP', 'SIMD128', 'Atomics', 'BulkMemory', 'BulkMemoryOpt', 'MutableGlobals', 'SignExt'];
  allowed.push('NontrappingFPToInt');
  // One function of vectors that multiplies and adds at once, f32x4.relaxed_madd: 0xfd 0x85 0x02.
  const relaxed = new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b],
  ]);
  const modules = [...builds.map(({ bytes }) => bytes), relaxed];
  assert.equal(areWithin(allowed, modules), [true, true, false]);
  // The last module is refused for that instruction alone.
  assert.equal(areWithin([...allowed, 'RelaxedSIMD'], modules), [true, true, true]);
});

test.run();
