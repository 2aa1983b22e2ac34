import { spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { archiveSuffix } from '../../scripts/portable/archive.ts';
import { findNodeLicence } from '../../scripts/portable/licences.ts';
import { PORTABLE_NAME } from '../../scripts/portable/stage.ts';
import { assertDone, type Ended } from '../helpers/cli.ts';
import { sample } from '../helpers/sample.ts';
import { testUnless } from '../helpers/skip.ts';
import { install, lacksBareMachine, makeBareMachine, runBare } from './bare-machine.ts';

const project = join(import.meta.dirname, '../..');
const temporary = mkdtempSync(join(tmpdir(), 'masksearch portable '));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

const carriedLicence = join(project, 'scripts/portable/node-20-licence.txt');
const archive = join(temporary, `archive${archiveSuffix()}`);
// Unpacked inside the bare machine, which serves the tests outside of it as well.
const machine = join(temporary, 'machine');
const folder = join(machine, 'opt', PORTABLE_NAME);
const program = join(folder, 'masksearch');

/** Without a PATH or any other variable but these. */
function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}, command = program): Ended {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: temporary,
    env: { PATH: '', ...environment },
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (error) throw error;
  return { code: status ?? 128, stdout, stderr };
}

interface Doctor {
  readonly adapters: readonly { readonly kind: string; readonly architecture: string }[];
  readonly data: boolean;
  readonly model: boolean;
  readonly search: { readonly vulkanLoader: string; readonly environment: Readonly<Record<string, string>> };
}

const parse = <T>(ended: Ended) => {
  assertDone(ended);
  return JSON.parse(ended.stdout) as T;
};
const doctorOf = (ended: Ended) => parse<Doctor>(ended);

/** Name, size and time of change of everything in the unpacked folder. */
function contents(): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    });
}

let unpacked: readonly string[] = [];

test('an archive of less than 60 MB, which tar unpacks', async () => {
  // The fast preset gives the largest archive.
  const script = ['--import', 'tsx', 'scripts/portable.ts', '--level', '0', '--out', archive];
  // An archive that goes nowhere may have the text of another version.
  if (!findNodeLicence(realpathSync(process.execPath))) script.push('--node-licence', carriedLicence);
  const built = spawnSync(process.execPath, script, { cwd: project, encoding: 'utf8' });
  assert.is(built.status, 0, built.stderr);
  const { size } = statSync(archive);
  assert.ok(size < 60e6 && size < 64 * 2 ** 20, `${size} bytes`);
  assert.ok(size > 20e6, `${size} bytes`);

  await mkdir(machine);
  makeBareMachine(machine);
  await mkdir(join(machine, 'opt'));
  const tar = spawnSync('tar', ['-xf', archive, '-C', join(machine, 'opt')], { encoding: 'utf8' });
  assert.is(tar.status, 0, tar.stderr);
  unpacked = contents();
});

test('one platform, no development dependencies, and the licences', async () => {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const binaries = names.filter((name) => name.endsWith('.node'));
  assert.equal(binaries, ['app/node_modules/webgpu/dist/linux-x64/dawn.node']);
  const { dependencies, devDependencies } = JSON.parse(
    await readFile(join(project, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
  for (const name of Object.keys(devDependencies).filter((name) => !(name in dependencies))) {
    assert.not.ok(names.includes(`app/node_modules/${name}`), name);
  }
  for (const name of ['LICENSE', 'licences/node.txt', 'licences/apache-2.0.txt', 'licences/README.txt']) {
    assert.ok(statSync(join(folder, name)).size > 300, name);
  }
  assert.match(await readFile(join(folder, 'licences/node.txt'), 'utf8'), /Node\.js/);
});

test('finds its digits, its model and the software adapter', () => {
  const { adapters, data, model } = doctorOf(run(['doctor', '--json']));
  assert.ok(data && model);
  assert.ok(adapters.some(({ kind }) => kind === 'software'));
});

interface Evaluated {
  readonly loss: number;
  readonly accuracy: number;
  readonly device: { readonly kind: string };
}

test('WebAssembly and the kernels give the same loss', () => {
  const evaluate = (device: string) =>
    parse<Evaluated>(run(['evaluate', '--json', '--images', '40', '--device', device]));
  const wasm = evaluate('wasm');
  const webgpu = evaluate('webgpu');
  assert.is(wasm.device.kind, 'wasm');
  assert.is(webgpu.device.kind, 'webgpu');
  assert.is(wasm.accuracy, webgpu.accuracy);
  assert.ok(Math.abs(wasm.loss - webgpu.loss) < 1e-5, `${wasm.loss} and ${webgpu.loss}`);
});

test('prunes, checks its kernels and reports, outside of its own folder', () => {
  const out = join(temporary, 'pruned');
  const options = ['--preset', 'paper', '--iterations', '3'];
  const args = ['prune', '--json', '--check', '--device', 'wasm', '--images', '20', ...options, '--out', out];
  const { digest, check } = parse<{ digest: string; check?: unknown }>(run(args));
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.ok(check);
  const names = 'history.csv masks.safetensors pruned.safetensors report.html result.json';
  assert.is(readdirSync(out).sort().join(' '), names);
});

test('maps only its own files and those of glibc, with its own C++ runtime', async () => {
  const probe = join(temporary, 'maps.cjs');
  const maps = join(temporary, 'maps.txt');
  writeFileSync(
    probe,
    `const { readFileSync, writeFileSync } = require('node:fs');
     process.on('exit', () => writeFileSync(${JSON.stringify(maps)}, readFileSync('/proc/self/maps')));`,
  );
  const environment = { LD_LIBRARY_PATH: `${folder}/lib:${folder}/lib/runtime` };
  const entry = [`--require=${probe}`, join(folder, 'app/dist/cli/main.js')];
  const args = [...entry, 'evaluate', '--device', 'webgpu', '--images', '20'];
  assertDone(run(args, environment, join(folder, 'bin/node')));
  const text = await readFile(maps, 'utf8');
  const mapped = new Set([...text.matchAll(/ (\/.+)$/gm)].map(([, path = '']) => path));
  assert.ok(mapped.has(join(folder, 'bin/node')));
  const foreign = [...mapped].filter((path) => !path.startsWith(`${folder}/`) && !path.startsWith('/dev/'));
  const glibc =
    /\/(ld-linux-x86-64|lib(c|m|dl|rt|pthread|resolv|util|nss_\w+))[-.\d]*\.so[.\d]*$|\/ld-[\d.]+\.so$|\/(locale|gconv)\//;
  // A machine with a GPU, or a Vulkan loader of its own, has that of its driver as well.
  const others = /vulkan|nvidia|mesa|gallium|drm|libX|libxcb|wayland|LLVM/i;
  const unexplained = foreign.filter((path) => !glibc.test(path) && !others.test(path));
  assert.equal(unexplained, []);
});

test('through a link it says what to do', () => {
  const link = join(temporary, 'link');
  symlinkSync(program, link);
  const { code, stderr } = run(['doctor'], {}, link);
  assert.is(code, 1);
  const throughLink = /^masksearch: there is no program bin\/node in [^\n]+; [^\n]+, not through a link\.\n$/;
  assert.match(stderr, throughLink);
});

// These need to look like another machine, which not every system allows.
const bareTest = testUnless(lacksBareMachine);
const bareProgram = `/opt/${PORTABLE_NAME}/masksearch`;
const off = { MASKSEARCH_SOFTWARE_GPU: 'off' };

bareTest('runs where there is nothing but glibc and a shell', () => {
  const ended = runBare(machine, [bareProgram, 'doctor', '--json']);
  const { adapters, search } = doctorOf(ended);
  const kinds = adapters.map(({ kind }) => kind);
  assert.equal(kinds, ['software']);
  assert.is(search.vulkanLoader, 'portable');
  assert.is(ended.stderr, '');

  const options = ['--preset', 'paper', '--iterations', '3'];
  const args = ['prune', '--json', '--images', '20', ...options, '--out', '/tmp/out'];
  const { digest, device } = parse<{ digest: string; device: { kind: string } }>(
    runBare(machine, [bareProgram, ...args]),
  );
  assert.is(device.kind, 'wasm');
  const elsewhere = readFileSync(join(temporary, 'pruned/result.json'), 'utf8');
  assert.is(digest, (JSON.parse(elsewhere) as { digest: string }).digest);
});

bareTest('its loader takes the driver that the machine names', () => {
  const bare = (environment: Record<string, string>) =>
    doctorOf(runBare(machine, [bareProgram, 'doctor', '--json'], { ...off, ...environment })).adapters;
  assert.equal(bare({}), []);
  // SwiftShader stands in for the driver.
  const manifest = `/opt/${PORTABLE_NAME}/app/vulkan/vk_swiftshader_icd.json`;
  for (const name of sample(['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'], 2)) {
    assert.is(bare({ [name]: manifest })[0]?.architecture, 'swiftshader', name);
  }
});

bareTest('finds the NVIDIA driver where containers have it', () => {
  const bare = () => doctorOf(runBare(machine, [bareProgram, 'doctor', '--json'], off));
  const driver = join(folder, 'app/vulkan/libvk_swiftshader.so');
  const place = '/usr/local/nvidia';
  install(machine, driver, `${place}/lib64/libEGL_nvidia.so.0`);
  let found = bare();
  assert.match(found.search.environment['VK_ADD_DRIVER_FILES'] ?? '', /nvidia_headless_icd\.json$/);
  assert.is(found.adapters[0]?.architecture, 'swiftshader');

  // With the libraries of X11, NVIDIA's own manifest is taken.
  install(machine, driver, `${place}/lib64/libGLX_nvidia.so.0`);
  install(machine, driver, '/usr/lib/x86_64-linux-gnu/libXext.so.6');
  const manifest = `${place}/share/vulkan/icd.d/nvidia_icd.json`;
  install(machine, join(folder, 'app/vulkan/vk_swiftshader_icd.json'), manifest);
  writeFileSync(
    join(machine, manifest),
    '{"file_format_version": "1.0.0", "ICD": {"library_path": "libGLX_nvidia.so.0", "api_version": "1.3.0"}}',
  );
  found = bare();
  assert.is(found.search.environment['VK_ADD_DRIVER_FILES'], manifest);
  assert.is(found.adapters[0]?.architecture, 'swiftshader');
});

test('nothing was written into its folder', () => {
  assert.ok(unpacked.length > 300);
  assert.equal(contents(), unpacked);
});

test.run();
