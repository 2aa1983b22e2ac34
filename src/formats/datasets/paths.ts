/** Paths of files, with separators of any system. */

/** The path of the folder of a file; empty for a name alone. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.search(/[/\\][^/\\]*$/)));

/** The last part of a path. */
export const nameOf = (path: string): string => path.slice(folderOf(path).length).replace(/^[/\\]/, '');

/** The innermost folder that holds all of these files; empty if there is none. */
export function commonFolder(paths: readonly string[]): string {
  const [first = '', ...rest] = paths;
  let folder = folderOf(first);
  for (const path of rest) {
    while (folder !== '' && !(path.startsWith(folder) && /[/\\]/.test(path[folder.length] ?? '')))
      folder = folderOf(folder);
  }
  return folder;
}

export interface NamedBytes {
  /** Its path, of which the last parts tell what it is for. */
  readonly name: string;
  readonly bytes: Uint8Array;
}
