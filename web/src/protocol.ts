/** What the page and its worker say to each other. */
import type { ErrorCode, PruneResult, RunFiles } from 'masksearch/browser';

/** Options as texts, by their names in camelCase; those that are not there have their defaults. */
export type OptionTexts = Readonly<Record<string, string>>;

export type Request =
  /** Loads digits from `base`, an address that ends in a slash, and the model: the bundled one unless `file` is given. */
  | { readonly type: 'open'; readonly base: string; readonly file: ModelFile | undefined }
  /** From now on this is the model to prune; the bundled one without. */
  | { readonly type: 'model'; readonly file: ModelFile | undefined }
  | { readonly type: 'start'; readonly device: string; readonly options: OptionTexts }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Evaluates what the search asks for next, and holds again. */
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

/** Some test digits, and what the unpruned network takes them for. */
export interface Digits {
  /** [image, row, column], 28 x 28 bytes each. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly full: readonly Probabilities[];
}

export type GpuFound = 'none' | 'software' | 'hardware';

/** The state of the search at one moment. */
export interface Sample {
  /** Evaluations so far. */
  readonly evaluations: number;
  /** Of the current state, on the images searched. */
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
  /** Undefined where nobody knows. */
  readonly totalEvaluations: number | undefined;
  readonly accepted: number;
  readonly seconds: number;
  readonly evaluationsPerSecond: number;
  /** Those since the last message. */
  readonly samples: readonly Sample[];
  /** Words of the current masks, layer by layer; undefined before the first evaluation and where nothing changed. */
  readonly masks: readonly Uint32Array[] | undefined;
  readonly front: readonly LossAtSparsity[];
  /** Looks at the validation images so far, by evaluations. */
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
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  /** What magnitude pruning reaches on the same images: one more point. */
  | { readonly type: 'magnitude'; readonly point: LossAtSparsity }
  /** What the pruned network takes the digits for. */
  | { readonly type: 'predictions'; readonly pruned: readonly Probabilities[] }
  | { readonly type: 'drawing'; readonly full: Probabilities; readonly pruned: Probabilities }
  /** The files that hold what was found, before it is evaluated. */
  | { readonly type: 'found'; readonly files: RunFiles }
  | { readonly type: 'evaluating'; readonly states: number }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'done'; readonly result: PruneResult; readonly files: RunFiles }
  | {
      readonly type: 'failed';
      readonly code: ErrorCode | 'unexpected' | 'worker-died';
      readonly message: string;
      readonly fix: string;
      readonly option: string | undefined;
    };
