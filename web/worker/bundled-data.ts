/** The bundled digits and model, from files beside the page. Each is loaded once, when it is needed. */
import {
  decodeMnist,
  MasksearchError,
  modelFromSafetensors,
  type ImageSet,
  type Model,
  type ModelOptions,
  type SplitName,
  type Splits,
} from 'masksearch/browser';

export class BundledData {
  readonly #base: string;
  readonly #images = new Map<keyof Splits, Promise<ImageSet>>();
  #model: Promise<Uint8Array> | undefined;

  /** `base`: the page's address, up to its last slash. */
  constructor(base: string) {
    this.#base = base;
  }

  async model(options: ModelOptions): Promise<Model> {
    this.#model ??= this.#load('model', (bytes) => bytes);
    // The next call tries again.
    this.#model.catch(() => (this.#model = undefined));
    return modelFromSafetensors(await this.#model, options);
  }

  images(split: keyof Splits): Promise<ImageSet> {
    const images = this.#images.get(split) ?? this.#load(split, decodeMnist);
    this.#images.set(split, images);
    images.catch(() => this.#images.delete(split));
    return images;
  }

  /** The splits that a search on `split` needs; weights are repaired on training images. These are left out otherwise: they are large. */
  async splits(split: SplitName = 'search', repairs = false): Promise<Splits> {
    const [search, test] = await Promise.all([this.images('search'), this.images('test')]);
    const train =
      repairs || split === 'train' || split === 'all'
        ? await this.images('train')
        : { ...search, count: 0, pixels: new Uint8Array(0), labels: new Uint8Array(0) };
    return { train, search, test };
  }

  async #load<T>(name: string, decode: (bytes: Uint8Array) => T): Promise<T> {
    try {
      const response = await fetch(new URL(`data/${name}.safetensors.gz`, this.#base));
      if (!response.ok) throw new Error(`the server answers ${response.status}`);
      return decode(await unzipped(new Uint8Array(await response.arrayBuffer())));
    } catch (error) {
      throw new MasksearchError(
        'bad-input',
        `the file ${name}.safetensors.gz cannot be loaded (${(error as Error).message})`,
        'check the connection and press Start again',
        { cause: error },
      );
    }
  }
}

/** The browser has unpacked the file already if the server declared its compression. */
async function unzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
