/** The files that a visitor drops or chooses, those in folders too, each with its path. */
import type { GivenFile } from '../protocol.ts';

/** Files of a folder at the most, as on the command line. */
const MAX_FILES = 2 ** 18;

/** What was chosen in a dialog: of a folder, all files in it. */
export function chosenFiles(files: FileList | null): readonly GivenFile[] {
  return sorted([...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/**
 * What was dropped: files, and those in folders. Must be called before the event ends, since its data are gone afterwards. Rejects for what
 * the browser cannot read.
 */
export function droppedFiles(transfer: DataTransfer): Promise<readonly GivenFile[]> {
  const plain = chosenFiles(transfer.files);
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (!entries.some(({ isDirectory }) => isDirectory)) return Promise.resolve(plain);
  return filesIn(entries).then(sorted);
}

async function filesIn(entries: readonly FileSystemEntry[]): Promise<readonly GivenFile[]> {
  const found: GivenFile[] = [];
  const open = [...entries];
  for (let entry = open.pop(); entry; entry = open.pop()) {
    if (found.length + open.length > MAX_FILES)
      throw new Error(`the folder holds more than ${MAX_FILES} files`);
    if (isDirectory(entry)) open.push(...(await members(entry)));
    else found.push({ path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry) });
  }
  return found;
}

const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** Browsers list a folder a hundred at a time. */
async function members(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

const fileOf = (entry: FileSystemEntry) =>
  new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));

/** By their paths, without hidden ones, which systems add to folders. */
function sorted(files: readonly GivenFile[]): readonly GivenFile[] {
  return files
    .filter(({ path }) => !/(^|\/)\.[^/]*(\/|$)/.test(path))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
