/** The messages between the page and its worker. */
import type {
  ErrorCode,
  FileKind,
  Phrase,
  PruneResult,
  ResultBudget,
  RunFiles,
  Task,
} from 'masksearch/browser';

/** Options as texts, by their names in camelCase. Missing ones have their defaults. */
export type OptionTexts = Readonly<Record<string, string>>;

export interface GivenFile {
  /** Its path in the folder that was given, which begins with the name of that folder; of a file alone its name. */
  readonly path: string;
  readonly file: File;
}

/** The visitor's own files, used instead of the bundled ones. */
export interface Given {
  /** A model and the files that must lie beside it; none for the bundled one. */
  readonly model: readonly GivenFile[];
  /** None for the bundled digits. */
  readonly data: readonly GivenFile[];
  /** How model and data are read: mean, std, scale, task, flatten and labelColumn, of which empty ones are as the files say. */
  readonly reading: OptionTexts;
  /** The network of a model whose file holds weights alone, as JSON. */
  readonly architecture: string | undefined;
}

/** Files in place of those of their kind. */
export interface Added {
  /** None to take what comes with the page. */
  readonly files: readonly GivenFile[];
  /** What they were chosen as; undefined for files that were dropped, and for folders. */
  readonly as: FileKind | undefined;
}

export type Request =
  /** Loads what is bundled from `base`, an address that ends in a slash, and reads what was given. */
  | { readonly type: 'open'; readonly base: string; readonly given: Given }
  /** Changes what is pruned. If it fails, everything stays as it was. */
  | {
      readonly type: 'subject';
      readonly given: Given;
      readonly added?: Added;
      /** Whether the data of `given` may be left if the model does not take them; those of a model that is added may. */
      readonly mayDropData: boolean;
    }
  /** `isDefaultBudget`: evaluations and images are those that the form begins with, so they may be lowered for a slow network. */
  | {
      readonly type: 'start';
      readonly device: string;
      readonly options: OptionTexts;
      readonly isDefaultBudget: boolean;
    }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Runs one round of the search, and pauses again. */
  | { readonly type: 'step' }
  | { readonly type: 'stop' }
  /** Classifies a drawing: 28 x 28 bytes, row by row. */
  | { readonly type: 'classify'; readonly pixels: Uint8Array };

export interface LayerView {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly weights: Float32Array;
}

export interface ModelView {
  readonly name: string;
  /** "PyTorch" */
  readonly format: string;
  /** Those with weights that can be pruned. */
  readonly layers: readonly LayerView[];
  /** What its reader found strange about the file, in sentences. */
  readonly warnings: readonly string[];
  readonly task: Task;
  /** "3 × 32 × 32" */
  readonly input: string;
  /** Numbers that it gives. */
  readonly outputs: number;
}

export interface DataView {
  /** Names of its files. */
  readonly name: string;
  /** "3 × 32 × 32 bytes" */
  readonly shape: string;
  /** Images of each split. */
  readonly counts: Readonly<Record<'search' | 'train' | 'test', number>>;
  /** Whether the training images are those to search with. */
  readonly isHalved: boolean;
  /** What was assumed about them. */
  readonly notes: readonly string[];
  /** Whether they are the bundled digits. */
  readonly areDigits: boolean;
  /** Of all classes, where the data name them. */
  readonly classNames: readonly string[] | undefined;
  /** Whether a drawing of 28 x 28 pixels is such an image. */
  readonly canBeDrawn: boolean;
}

/** Probabilities of the classes. */
export type Probabilities = Float64Array;

/** Inputs of any shape as pictures. */
export interface Pictures {
  /** Ink, colours, or a curve for each channel over its columns. */
  readonly form: 'grey' | 'colour' | 'curves';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** [image, channel, row, column]: 0 to 255. */
  readonly pixels: Uint8Array;
}

/** Some test images with the outputs of the unpruned network. */
export interface Samples extends Pictures {
  readonly labels: readonly number[];
  readonly unpruned: readonly Probabilities[];
}

/** A network as the shapes of weights suggest it. */
export interface ArchitectureDraft {
  readonly json: string;
  /** What the shapes do not tell, in sentences. */
  readonly open: readonly string[];
}

export type GpuFound = 'none' | 'software' | 'hardware';

/** The state of the search at some point. */
export interface Sample {
  /** Evaluations so far. */
  readonly evaluations: number;
  /** Of the current state, on the tuning images. */
  readonly loss: number;
  readonly accuracy: number;
  readonly globalSparsity: number;
  readonly meanLayerSparsity: number;
}

/** A sparsity and the loss of a network that has it. */
export interface LossAtSparsity {
  readonly sparsity: number;
  readonly loss: number;
}

export interface Live {
  readonly layer: string;
  readonly evaluations: number;
  /** Undefined if the total is unknown. */
  readonly totalEvaluations: number | undefined;
  readonly accepted: number;
  readonly seconds: number;
  readonly evaluationsPerSecond: number;
  /** Samples since the last message. */
  readonly samples: readonly Sample[];
  /** Words of the current masks, layer by layer; undefined before the first evaluation and if they have not changed. */
  readonly masks: readonly Uint32Array[] | undefined;
  readonly front: readonly LossAtSparsity[];
  /** Validations so far. */
  readonly validationPoints: readonly { readonly evaluations: number; readonly loss: number }[];
}

export type Event =
  | { readonly type: 'gpu'; readonly found: GpuFound; readonly adapter: string }
  | {
      readonly type: 'subject';
      /** What is in use now. */
      readonly given: Given;
      readonly model: ModelView;
      /** Undefined if there are none that fit the model: a visitor must give them. */
      readonly data: DataView | undefined;
      /** Undefined if the data are nothing to look at. */
      readonly samples: Samples | undefined;
      /** What was left out, in sentences. */
      readonly notes: readonly string[];
    }
  /** The model holds weights and no network, which the visitor must give. Everything stays as it was. */
  | {
      readonly type: 'architecture';
      /** What would be in use with the network. */
      readonly given: Given;
      readonly mayDropData: boolean;
      /** Of the file. */
      readonly name: string;
      readonly format: string;
      readonly draft: ArchitectureDraft;
    }
  | {
      readonly type: 'started';
      readonly device: { readonly kind: string; readonly description: string; readonly software: boolean };
      readonly images: number;
    }
  | { readonly type: 'live'; readonly live: Live }
  /** The network is slow, so the search gets fewer evaluations and images than the options have. */
  | { readonly type: 'budget'; readonly budget: ResultBudget }
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  /** One more point of magnitude pruning, on the tuning images. */
  | { readonly type: 'magnitude'; readonly point: LossAtSparsity }
  /** The outputs of the pruned network for the samples. */
  | { readonly type: 'predictions'; readonly pruned: readonly Probabilities[] }
  | { readonly type: 'drawing'; readonly unpruned: Probabilities; readonly pruned: Probabilities }
  /** The search has ended: its files, before the evaluation. */
  | { readonly type: 'found'; readonly files: RunFiles }
  /** The points of the front are being evaluated. */
  | { readonly type: 'evaluating'; readonly points: number }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'done'; readonly result: PruneResult; readonly files: RunFiles }
  | {
      readonly type: 'failed';
      readonly code: ErrorCode | 'unexpected' | 'worker-died';
      /** Names of options in them are data, so that the page can show the labels of its fields. */
      readonly message: string | Phrase;
      readonly fix: string | Phrase;
      /** Name of the option at fault, in camelCase. */
      readonly option: string | undefined;
    };
