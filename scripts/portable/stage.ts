/**
 * Lays out the folder that the portable archive holds:
 *
 *     masksearch            the launcher
 *     README.md  LICENSE  licences/
 *     bin/node
 *     lib/                  libraries that Node.js needs beyond glibc; those of GCC in runtime/
 *     app/                  those files of the npm package and its dependencies that the command line loads
 *     app/vulkan/           a Vulkan loader and SwiftShader, found by src/engine/webgpu/node/portable-vulkan.ts
 */
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MasksearchError } from '../../src/core/error.ts';
import { unpackSoftwareGpu } from '../software-gpu/software-gpu.ts';
import { appFiles } from './app-files.ts';
import { writeLicences } from './licences.ts';
import { runtimeVersion, sharedLibraries, type SharedLibraries } from './shared-libraries.ts';

/** The name of the folder, and with `.tar.xz` or `.tar.gz` of the archive. */
export const PORTABLE_NAME = 'masksearch-linux-x64';

/** For servers without X11, which the GLX library in NVIDIA's own manifest needs. */
const HEADLESS_MANIFEST = {
  file_format_version: '1.0.0',
  ICD: { library_path: 'libEGL_nvidia.so.0', api_version: '1.3.0' },
};

export interface StageOptions {
  /** Path of the licence text of Node.js; looked for if undefined. */
  readonly nodeLicence?: string | undefined;
}

/**
 * Fills the empty or missing `folder` from the built project in `root` and the Node.js that runs. Rejects with
 * 'bad-input' if one of its parts is missing.
 */
export async function stagePortable(root: string, folder: string, options: StageOptions = {}): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new MasksearchError(
      'bad-input',
      `the portable archive is made of the running Node.js, which is for ${process.platform} ${process.arch}`,
      'run it on Linux x64',
    );
  }
  const node = await realpath(process.execPath);
  const files = await appFiles(root);
  for (const file of files) await copy(join(root, file), join(folder, 'app', file));
  const vulkanVersion = await copyVulkan(join(folder, 'app/vulkan'));
  await copy(node, join(folder, 'bin/node'), 0o755);
  const addons = files.filter((file) => file.endsWith('.node')).map((file) => join(root, file));
  const libraries = sharedLibraries([node, ...addons]);
  await copyLibraries(libraries, join(folder, 'lib'));
  await writeLauncher(libraries, join(folder, 'masksearch'));
  await writeLicences(join(folder, 'licences'), {
    root,
    node,
    nodeLicence: options.nodeLicence,
    libraries,
    vulkanVersion,
  });
  await copy(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  await copy(join(root, 'docs/portable.md'), join(folder, 'README.md'));
}

async function copy(from: string, to: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, mode);
}

/** Copies the Vulkan loader and SwiftShader. Returns the version of the package that they come from. */
async function copyVulkan(folder: string): Promise<string> {
  const gpu = await unpackSoftwareGpu();
  if (!gpu) {
    throw new MasksearchError(
      'bad-input',
      'the development package @sparticuz/chromium, which contains a Vulkan loader, is not installed',
      'run `npm ci` without leaving out development dependencies',
    );
  }
  for (const name of ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json']) {
    await copy(join(gpu.folder, name), join(folder, name));
  }
  await writeFile(join(folder, 'nvidia_headless_icd.json'), `${JSON.stringify(HEADLESS_MANIFEST)}\n`);
  return gpu.version;
}

const isRuntime = (name: string) => /^lib(stdc\+\+|gcc_s)\.so/.test(name);

/** Those of GCC go into a folder of their own: the launcher prefers the machine's if they are at least as new. */
async function copyLibraries(libraries: SharedLibraries, folder: string): Promise<void> {
  for (const [name, path] of libraries) {
    await copy(path, join(folder, isRuntime(name) ? 'runtime' : '', name));
  }
}

async function writeLauncher(libraries: SharedLibraries, file: string): Promise<void> {
  const template = await readFile(join(import.meta.dirname, 'launcher.sh'), 'utf8');
  const runtime = libraries.get('libstdc++.so.6');
  const version = runtime === undefined ? 0 : runtimeVersion(runtime);
  await writeFile(file, template.replace('@LIBSTDCXX@', String(version)));
  await chmod(file, 0o755);
}
