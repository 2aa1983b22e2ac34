/** The messages between the page and its worker. */
import type { ErrorCode, Phrase, PruneResult, ResultBudget, RunFiles } from 'masksearch/browser';

/** Options as texts, by their names in camelCase. Missing ones have their defaults. */
export type OptionTexts = Readonly<Record<string, string>>;

export type Request =
  /** Loads digits from `base`, an address that ends in a slash, and the model: the bundled one unless `file` is given. */
  | { readonly type: 'open'; readonly base: string; readonly file: ModelFile | undefined }
  /** Changes the model to prune; to the bundled one without `file`. */
  | { readonly type: 'model'; readonly file: ModelFile | undefined }
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

/** A safetensors file. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface LayerView {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly weights: Float32Array;
}

export interface ModelView {
  readonly name: string;
  readonly layers: readonly LayerView[];
}

/** Probabilities of the ten classes. */
export type Probabilities = Float64Array;

/** Some test digits with the outputs of the unpruned network. */
export interface Digits {
  /** [image, row, column], 28 x 28 bytes each. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly unpruned: readonly Probabilities[];
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
  | { readonly type: 'model'; readonly model: ModelView; readonly digits: Digits }
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
  /** The outputs of the pruned network for the test digits. */
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
