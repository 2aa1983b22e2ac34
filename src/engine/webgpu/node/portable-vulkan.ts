/**
 * The Vulkan loader and SwiftShader of the portable archive, in a folder `vulkan` beside `dist`, ready to be loaded
 * (scripts/portable/stage.ts puts them there). The npm package has no such folder.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface PortableVulkan {
  /** Of the development package that they come from. */
  readonly version: string;
  readonly folder: string;
}

/** What this copy of masksearch has of it: undefined unless it came in the archive. */
export function findPortableVulkan(): PortableVulkan | undefined {
  const folder = new URL('../../../../vulkan/', import.meta.url);
  try {
    const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as {
      version: string;
    };
    return { version, folder: fileURLToPath(folder) };
  } catch {
    return undefined;
  }
}

/**
 * Whether that loader may find a driver: false only where no folder in which it looks by itself has a manifest, and no
 * variable names others.
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
