/** The shared libraries that a program needs beside those of glibc. */
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { MasksearchError } from '../../src/core/error.ts';

/** Paths of libraries, links resolved, by the names under which a program asks for them. */
export type SharedLibraries = ReadonlyMap<string, string>;

/** The libraries of glibc. They must have the version of the dynamic linker, so they are always the machine's. */
const GLIBC =
  /^(linux-vdso|ld-linux-x86-64|lib(c|m|dl|rt|pthread|resolv|util|anl|mvec|nss_\w+|thread_db|BrokenLocale))\.so/;

/** Reads the output of `ldd`. Throws 'bad-input' for a library that was not found. */
export function parseLdd(output: string): ReadonlyMap<string, string> {
  const libraries = new Map<string, string>();
  for (const [, name = '', path = ''] of output.matchAll(/^\s*(\S+) => (not found|\/\S+)/gm)) {
    if (GLIBC.test(name)) continue;
    if (path === 'not found') {
      throw new MasksearchError(
        'bad-input',
        `${name}, which the program needs, is not found`,
        'install it on this machine',
      );
    }
    libraries.set(name, path);
  }
  return libraries;
}

/** The libraries that these files need, as `ldd` lists them. Throws 'bad-input' if it is missing or fails. */
export function sharedLibraries(files: readonly string[]): SharedLibraries {
  const libraries = new Map<string, string>();
  for (const file of files) {
    for (const [name, path] of parseLdd(runLdd(file))) libraries.set(name, realpathSync(path));
  }
  return libraries;
}

function runLdd(file: string): string {
  const { status, stdout, stderr, error } = spawnSync('ldd', [file], { encoding: 'utf8' });
  // What it says of a program that is linked statically.
  if (status === 0 || /not a dynamic executable/.test(stderr)) return stdout;
  throw new MasksearchError(
    'bad-input',
    `ldd cannot list the libraries of ${file} (${error?.message ?? stderr.trim()})`,
    'install it (Debian: libc-bin)',
  );
}

/** N of a file name `libstdc++.so.6.0.N`, the version that the launcher compares; 0 for another name. */
export function runtimeVersion(path: string): number {
  return Number(/libstdc\+\+\.so\.6\.0\.(\d+)$/.exec(path)?.[1] ?? 0);
}
