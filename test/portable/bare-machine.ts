/**
 * A folder that looks like the root of a machine on which nothing is installed: glibc and a shell. `runBare` starts
 * programs in it that see nothing else, by chroot in a namespace of its own, also without a network.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Ended } from '../helpers/cli.ts';

const LIBRARIES = '/lib/x86_64-linux-gnu';
const GLIBC = ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'librt.so.1'];

/** Fills the new folder `root`. */
export function makeBareMachine(root: string): void {
  const linker = '/lib64/ld-linux-x86-64.so.2';
  install(root, linker, linker);
  const output = execFileSync('ldd', [process.execPath, realpathSync('/bin/sh')], { encoding: 'utf8' });
  for (const [, name = '', path = ''] of output.matchAll(/^\s*(\S+) => (\/\S+)/gm)) {
    if (GLIBC.includes(name)) install(root, path, `${LIBRARIES}/${name}`);
  }
  install(root, '/bin/sh', '/bin/sh');
  mkdirSync(join(root, 'tmp'));
}

/** Copies the file `from` of this machine to the path `to` of the bare one. */
export function install(root: string, from: string, to: string): void {
  const target = join(root, to);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(realpathSync(from), target);
  chmodSync(target, 0o755);
}

/**
 * Options of `unshare`: with a user namespace anyone may do so, where the system allows it; without one root may, also
 * where there is none to be had, which is so inside of a chroot. Undefined where neither works.
 */
const namespaces = [['--map-root-user', '--net'], ['--net']].find(
  (options) => spawnSync('unshare', [...options, 'chroot', '/', '/bin/sh', '-c', ':']).status === 0,
);

/** In words, why there can be no such machine here; undefined if there can. */
export const lacksBareMachine =
  namespaces === undefined ? 'the system does not let this user start one by unshare and chroot' : undefined;

/** Runs a program of the bare machine with `environment` and nothing else set. */
export function runBare(
  root: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Ended {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  // These programs are found by the PATH of the tests; `env` clears it, outside of the root, where there is no such program.
  const [unshare = '', chroot = ''] = ['unshare', 'chroot'].map(whereIs);
  const args = ['-i', ...variables, unshare, ...(namespaces ?? []), chroot, root, ...command];
  const { status, stdout, stderr } = spawnSync('env', args, { encoding: 'utf8', timeout: 60_000 });
  return { code: status ?? 128, stdout, stderr };
}

function whereIs(program: string): string {
  return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
}
