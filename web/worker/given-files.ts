/** Files that a visitor gave: which is the model, which lie beside it, and which hold the data. */
import { loadFileReaders, MasksearchError, type FileKind, type NamedFile } from 'masksearch/browser';
import type { Added, Given, GivenFile } from '../src/protocol.ts';
import { namesOf } from '../src/subject/file-names.ts';

type Readers = Awaited<ReturnType<typeof loadFileReaders>>;

/** What is an image by its name need not be read to tell that it is data. */
const IMAGE = /\.(png|jpe?g)$/i;

/** Files that are read at the same time. */
const AT_ONCE = 64;

/** A file, what it is for, and what is in it unless it is an image. */
interface Sorted {
  readonly given: GivenFile;
  readonly kind: FileKind | undefined;
  readonly file: NamedFile | undefined;
}

/** The files that are in use once these are added, and what is not used of them, in sentences. Rejects with 'bad-input'. */
export async function withAdded(
  given: Given,
  { files, as }: Added,
): Promise<{ readonly given: Given; readonly notes: readonly string[] }> {
  if (files.length === 0) {
    const without = as === 'model' ? { model: [], architecture: undefined } : { data: [] };
    return { given: { ...given, ...without }, notes: [] };
  }
  const readers = await loadFileReaders();
  const all = await sorted(readers, files, as);
  const main = mainModel(readers, all);
  const isBeside = main ? besideOf(readers, main) : () => false;
  const beside = all.filter((one) => one !== main && isBeside(one.given.path));
  const data = all.filter((one) => one.kind === 'data' && !beside.includes(one));
  const unused = all.filter((one) => one !== main && !beside.includes(one) && !data.includes(one));
  if (!main && data.length === 0)
    throw new MasksearchError(
      'bad-input',
      `${inWords(files)} neither a model nor data`,
      'give a model as ONNX, Keras, TensorFlow.js, TFLite, PyTorch or safetensors, or data as npz, npy, safetensors, IDX, CSV, CIFAR, or PNG or JPEG images in a folder for each class',
    );
  return {
    given: {
      ...given,
      ...(main && { model: [main, ...beside].map((one) => one.given), architecture: undefined }),
      ...(data.length > 0 && { data: data.map((one) => one.given) }),
    },
    notes: unused.length > 0 ? [`Not used: ${namesOf(unused.map((one) => one.given))}.`] : [],
  };
}

async function sorted(
  readers: Readers,
  files: readonly GivenFile[],
  as: FileKind | undefined,
): Promise<readonly Sorted[]> {
  const others = files.filter(({ path }) => !IMAGE.test(path));
  const read = new Map((await readAll(others)).map((file) => [file.name, file]));
  return files.map((one) => {
    const file = read.get(one.path);
    if (!file) return { given: one, kind: 'data', file };
    return { given: one, kind: kindAs(as, files.length, file, readers.kindOfFile(file)), file };
  });
}

/** What a file is that was chosen as something, which decides where its content leaves it open. */
function kindAs(
  as: FileKind | undefined,
  files: number,
  { name }: NamedFile,
  kind: FileKind | undefined,
): FileKind | undefined {
  if (as === 'data') return /\.onnx$/i.test(name) ? 'model' : 'data';
  return kind ?? (files === 1 ? 'model' : undefined);
}

const inWords = (files: readonly GivenFile[]) =>
  files.length === 1 ? `the file ${namesOf(files)} is` : `the files ${namesOf(files)} are`;

/** The only model among files. Weights beside a model may look like another, and beside ONNX under any name. */
function mainModel(readers: Readers, all: readonly Sorted[]): Sorted | undefined {
  const models = all.filter(({ kind }) => kind === 'model');
  const besideEach = models.length > 1 ? models.map((model) => besideOf(readers, model)) : [];
  const own = models.filter(
    (model) => !besideEach.some((isBeside, i) => models[i] !== model && isBeside(model.given.path)),
  );
  const named = own.filter(({ given }) => /\.onnx$/i.test(given.path));
  const [first, second] = named.length > 0 ? named : own;
  if (!second) return first;
  throw new MasksearchError(
    'bad-input',
    `there are two models, ${first!.given.path} and ${second.given.path}`,
    'give one model at a time',
  );
}

function besideOf(readers: Readers, { file }: Sorted): (path: string) => boolean {
  if (!file) return () => false;
  try {
    const locations = readers.filesBeside(file);
    return (path) => locations.some((location) => liesAt(path, file.name, location));
  } catch (error) {
    // Read as a model, it fails with a message on the damage.
    if (error instanceof MasksearchError) return () => false;
    throw error;
  }
}

/** Whether a file lies where a model expects it: in the folder of the model or, of files without a folder, under that name. */
export function liesAt(path: string, model: string, location: string): boolean {
  const folder = model.slice(0, model.lastIndexOf('/') + 1);
  return path === `${folder}${location}` || path === location.slice(location.lastIndexOf('/') + 1);
}

/** A few at a time: a folder may hold thousands. */
export async function readAll(files: readonly GivenFile[]): Promise<readonly NamedFile[]> {
  const read: NamedFile[] = [];
  for (let begin = 0; begin < files.length; begin += AT_ONCE)
    read.push(...(await Promise.all(files.slice(begin, begin + AT_ONCE).map(readOne))));
  return read;
}

async function readOne({ path, file }: GivenFile): Promise<NamedFile> {
  try {
    return { name: path, bytes: new Uint8Array(await file.arrayBuffer()) };
  } catch (error) {
    throw new MasksearchError(
      'bad-input',
      `the file ${path} cannot be read (${(error as Error).message})`,
      'choose it again',
      { cause: error },
    );
  }
}
