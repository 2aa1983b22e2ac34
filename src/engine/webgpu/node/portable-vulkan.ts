/**
 * The Vulkan loader and SwiftShader of the portable archive, in a folder `vulkan` beside `dist` (written by
 * scripts/portable/stage.ts). A clone and the npm package have no such folder.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PortableVulkan {
  /** Path of the loader. */
  readonly loader: string;
  /**
   * Path of the manifest of SwiftShader, a Vulkan driver that computes on the processor; undefined if
   * `MASKSEARCH_SOFTWARE_GPU=off`.
   */
  readonly softwareDriver: string | undefined;
}

/** Undefined unless this copy of masksearch comes from the portable archive. */
export function findPortableVulkan(): PortableVulkan | undefined {
  const folder = fileURLToPath(new URL('../../../../vulkan/', import.meta.url));
  const loader = join(folder, 'libvulkan.so.1');
  if (!existsSync(loader)) return undefined;
  const isOff = process.env['MASKSEARCH_SOFTWARE_GPU'] === 'off';
  return { loader, softwareDriver: isOff ? undefined : join(folder, 'vk_swiftshader_icd.json') };
}

/**
 * Whether that loader may find a driver: false only if none of the folders that it searches by itself contains a driver's
 * manifest, and no environment variable names other places.
 */
export function mayFindDriver(): boolean {
  if (Object.keys(process.env).some((name) => /^(VK|XDG)_/.test(name))) return true;
  const home = process.env['HOME'];
  const own = home === undefined ? [] : [`${home}/.config`, `${home}/.local/share`];
  const folders = [...own, ...SYSTEM_FOLDERS];
  return folders.some((folder) => hasManifest(`${folder}/vulkan/icd.d`));
}

const SYSTEM_FOLDERS = ['/etc/xdg', '/etc', '/usr/local/etc', '/usr/local/share', '/usr/share'];

function hasManifest(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.json'));
  } catch {
    return false;
  }
}
