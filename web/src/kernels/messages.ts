/** What the page of the kernel benchmark and its worker say to each other. */
import type {
  BenchKernel,
  BrowserDevice,
  CaseResult,
  KernelBench,
  KernelPlan,
  KernelRecord,
} from 'masksearch/browser';

/** The one message to a worker, which serves one benchmark; to stop it, end it. */
export interface KernelsRequest {
  readonly device: BrowserDevice;
  readonly kernels: 'all' | BenchKernel;
}

export type Opened = Pick<KernelBench, 'device' | 'method'>;

export interface Failure {
  /** One of the library's, or 'unexpected'. */
  readonly code: string;
  /** Without a full stop, as `fix`, which says what to do. */
  readonly message: string;
  readonly fix: string;
}

export type KernelsEvent =
  | { readonly type: 'opened'; readonly bench: Opened }
  | { readonly type: 'planned'; readonly plan: KernelPlan }
  | { readonly type: 'progress'; readonly done: number; readonly all: number; readonly text: string }
  | { readonly type: 'case'; readonly result: CaseResult }
  | { readonly type: 'done'; readonly record: KernelRecord }
  | { readonly type: 'failed'; readonly failure: Failure };
