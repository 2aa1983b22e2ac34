/** What is pruned: a model with its data, and what it makes of single images. */
import {
  BUNDLED_NAME,
  classify,
  deviceName,
  fullMasks,
  inspect,
  MasksearchError,
  openEngine,
  parseReadingOptions,
  phrase,
  problemOf,
  prunableWeights,
  taskOf,
  type ImageSet,
  type Masks,
  type Model,
  type ModelOptions,
} from 'masksearch/browser';
import type { Event, Given, GpuFound, ModelView, Probabilities } from '../src/protocol.ts';
import type { BundledData } from './bundled-data.ts';
import { modelOf, type Unknown } from './model-files.ts';
import { rangeOf } from './pictures.ts';
import { SampleImages } from './samples.ts';
import { bundledDigits, dataOf, type SubjectData } from './subject-data.ts';

/** A model with its name and the format of its file. */
interface NamedModel {
  readonly name: string;
  readonly format: string;
  readonly model: Model;
  readonly reading: ModelOptions;
}

const BUNDLED = { name: BUNDLED_NAME, format: 'safetensors' } as const;

export class Subject {
  readonly name: string;
  readonly format: string;
  readonly model: Model;
  /** What was said about it beside its file. */
  readonly reading: ModelOptions;
  /** Undefined if the model needs data that were not given yet. */
  readonly data: SubjectData | undefined;
  /** What it was read from. */
  readonly given: Given;
  readonly samples: SampleImages | undefined;
  /** The current masks of the search, and the weights that it has with them. */
  masks: Masks;
  tensors: Model['tensors'];

  constructor({ name, format, model, reading }: NamedModel, data: SubjectData | undefined, given: Given) {
    this.name = name;
    this.format = format;
    this.model = model;
    this.reading = reading;
    this.data = data;
    this.given = given;
    this.samples = data && SampleImages.of(model, data);
    this.masks = fullMasks(problemOf(model.network).layers);
    this.tensors = model.tensors;
  }

  get #pruned(): Model {
    return { ...this.model, tensors: this.tensors };
  }

  /** The outputs of the pruned network for the samples. */
  predictions(): readonly Probabilities[] {
    return this.samples?.predictions(this.#pruned, this.masks) ?? [];
  }

  /** Of a drawing: bytes, row by row. */
  classify(pixels: Uint8Array): { readonly unpruned: Probabilities; readonly pruned: Probabilities } {
    const image = asImage(pixels, this.data!.test);
    const [unpruned] = classify(this.model, image);
    const [pruned] = classify(this.#pruned, image, this.masks);
    return { unpruned: unpruned!, pruned: pruned! };
  }

  view(notes: readonly string[]): Extract<Event, { type: 'subject' }> {
    const { given, data, samples } = this;
    return {
      type: 'subject',
      given,
      model: modelView(this),
      data: data?.view,
      samples: samples?.view,
      notes,
    };
  }
}

export interface ReadSubject {
  readonly subject: Subject;
  /** What was left out, in sentences. */
  readonly notes: readonly string[];
}

/** Reads what was given. Rejects with 'bad-input' for a model that is damaged, and for data that do not fit it. */
export async function readSubject(
  bundled: BundledData,
  given: Given,
  { mayDropData = false }: { readonly mayDropData?: boolean } = {},
): Promise<ReadSubject | Unknown> {
  const { data, architecture } = given;
  const isOwnModel = given.model.length > 0;
  const reading = isOwnModel || data.length > 0 ? parseReadingOptions(given.reading) : {};
  const read = isOwnModel
    ? await modelOf(given.model, { ...reading, ...(architecture !== undefined && { architecture }) })
    : { ...BUNDLED, model: await bundled.model(reading) };
  if ('draft' in read) return read;
  const notes: string[] = [];
  if (data.length > 0) {
    try {
      const labelColumn = given.reading['labelColumn'];
      const own = await dataOf(data, read.model, labelColumn);
      return { subject: new Subject({ ...read, reading }, own, given), notes };
    } catch (error) {
      if (!(error instanceof MasksearchError)) throw error;
      if (!mayDropData) throw ofData(error, !isOwnModel);
      notes.push(`The data do not fit this network, and are not used any more: ${error.message}.`);
    }
  }
  // How data of one's own are read says nothing about the digits.
  const own = isOwnModel ? { ...read, reading } : { ...BUNDLED, model: await bundled.model({}), reading: {} };
  const digits = await bundledDigits(bundled, own.model).catch((error: unknown) => {
    const doNotFit = error instanceof MasksearchError && error.option === 'data';
    if (doNotFit) return undefined;
    throw error;
  });
  return { subject: new Subject(own, digits, { ...given, data: [] }), notes };
}

/** Whoever gives data for the bundled model may have wanted to give a model too. */
function ofData(error: MasksearchError, isBundledModel: boolean): MasksearchError {
  if (error.option !== undefined) return error;
  const { code, phrases } = error;
  const fix = isBundledModel ? phrase`${phrases.fix}, or give the model of these data first` : phrases.fix;
  return new MasksearchError(code, phrase`in the data, ${phrases.message}`, fix, { cause: error });
}

/** A drawing as an image of that set. Numbers that are not bytes go from the least to the largest there. */
function asImage(drawn: Uint8Array, test: ImageSet): ImageSet {
  const image = { ...test, count: 1, labels: new Uint8Array(1), targets: undefined };
  if (test.pixels instanceof Uint8Array) return { ...image, pixels: drawn };
  const { least, largest } = rangeOf(test.pixels);
  return { ...image, pixels: Float32Array.from(drawn, (byte) => least + (byte / 255) * (largest - least)) };
}

function modelView({ name, format, model }: Subject): ModelView {
  const { network, warnings = [] } = model;
  const layers = problemOf(network).layers;
  const weights = prunableWeights(model);
  const output = inspect(model).nodes.find((node) => node.name === network.output)!.output;
  return {
    name,
    format,
    warnings,
    task: taskOf(model),
    input: network.input.join(' × '),
    outputs: output.reduce((product, size) => product * size, 1),
    layers: layers.map(({ name: layer, shape }, i) => ({
      name: layer,
      shape,
      weights: weights[i]!,
    })),
  };
}

/** The WebGPU adapter of this browser; 'none' if it cannot be opened. */
export async function findGpu(): Promise<{ readonly kind: GpuFound; readonly name: string }> {
  // A search on it reports the error.
  const engine = await openEngine({ device: 'webgpu' }).catch(() => undefined);
  if (!engine) return { kind: 'none', name: '' };
  const { device } = engine;
  await engine.close();
  return { kind: device.software ? 'software' : 'hardware', name: deviceName(device) };
}
