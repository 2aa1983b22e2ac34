/** Deno, a development dependency: its WebGPU is wgpu, a second implementation beside Dawn. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { environmentFor, unpackSoftwareGpu } from './software-gpu/software-gpu.ts';

const root = join(import.meta.dirname, '..');

/** Why there can be no Deno on this platform, such as Linux with musl; undefined where there is one. */
export const denoLack = programPackage() ? undefined : 'Deno, which has no program for this platform';

/** The package with the program for this platform; undefined if there is none. */
function programPackage(): string | undefined {
  const { optionalDependencies } = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve('deno/package.json'), 'utf8'),
  ) as { optionalDependencies: Readonly<Record<string, string>> };
  const name = `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? `-${libc()}` : ''}`;
  return name in optionalDependencies ? name : undefined;
}

function libc(): 'glibc' | 'musl' {
  // Without it a report asks name servers for the names of peers.
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** The program. Throws where the platform has one and it is not installed. */
function denoProgram(): string {
  const inPackage = createRequire(createRequire(import.meta.url).resolve('deno/package.json'));
  // Not by the command of the package `deno`: its install script, which may not have run, copies the program.
  const folder = dirname(inPackage.resolve(`${programPackage()!}/package.json`));
  return join(folder, process.platform === 'win32' ? 'deno.exe' : 'deno');
}

export interface DenoSettings extends SpawnOptions {
  /** Default: all but the permission to load native code, so that Deno's own WebGPU is the only one. */
  readonly permissions?: readonly string[];
}

/** Starts `deno run ARGS` with the software GPU, where there is one, as its only GPU. */
export async function spawnDeno(
  args: readonly string[],
  { permissions = ['--allow-all', '--deny-ffi'], ...options }: DenoSettings = {},
): Promise<ChildProcess> {
  const gpu = process.env['MASKSEARCH_SOFTWARE_GPU'] === 'off' ? undefined : await unpackSoftwareGpu();
  const env = {
    ...(options.env ?? process.env),
    ...(gpu && environmentFor(gpu)),
    DENO_NO_UPDATE_CHECK: '1',
    DENO_DIR: join(root, 'node_modules/.cache/deno'),
  };
  const flags = ['--quiet', '--no-prompt', '--node-modules-dir=manual', ...permissions];
  return spawn(denoProgram(), ['run', ...flags, ...args], { ...options, env });
}
