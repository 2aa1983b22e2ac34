/** Who is compared, and how each is opened. */
import { problemOf, type Evaluator, type ImageSet, type Model } from 'masksearch';
import { openEngine, type DeviceName } from 'masksearch/node';
import { OptimizedEvaluator } from './optimized-evaluator.ts';
import { normalized } from './digits.ts';
import { OnnxRuntime } from './onnx/runtime.ts';
import { PeerEvaluator } from './peer-evaluator.ts';
import { PlainEvaluator } from './plain-evaluator.ts';
import type { Runtime } from './runtime.ts';
import { TfjsRuntime } from './tfjs/runtime.ts';

export interface Workload {
  readonly model: Model;
  readonly images: ImageSet;
}

export interface Opened {
  readonly evaluator: Evaluator;
  /** Threads that it computes with, which may be fewer than were asked for; undefined on a GPU. */
  readonly threads: number | undefined;
  close(): Promise<void>;
}

export interface Contestant {
  readonly name: string;
  readonly runtime: string;
  /** `plain` runs everything for every candidate; `optimized` what the optimizations leave to run. */
  readonly way: 'plain' | 'optimized';
  /** Whether it has a batch size to be chosen. */
  readonly batched: boolean;
  open(workload: Workload, threads: number, batchSize: number): Promise<Opened>;
}

/** Masksearch on this device, and its peers. */
export function contestants(device: DeviceName): readonly [Contestant, ...Contestant[]] {
  return [
    masksearch(device),
    peer('onnxruntime', 'plain', (model, threads) => OnnxRuntime.open(model, threads)),
    peer('onnxruntime', 'optimized', (model, threads) => OnnxRuntime.open(model, threads)),
    peer('tfjs-wasm', 'plain', (model) => TfjsRuntime.open(model)),
    peer('tfjs-wasm', 'optimized', (model) => TfjsRuntime.open(model)),
  ];
}

function masksearch(device: DeviceName): Contestant {
  return {
    name: 'masksearch',
    runtime: `masksearch ${device}`,
    way: 'optimized',
    batched: false,
    async open({ model, images }, threads) {
      const engine = await openEngine({ device, threads });
      const evaluator = await engine.evaluator(model, images);
      const used = { wasm: threads, reference: 1, webgpu: undefined }[engine.device.kind];
      return { evaluator, threads: used, close: () => engine.close() };
    },
  };
}

function peer(
  runtime: string,
  way: Contestant['way'],
  openRuntime: (model: Model, threads: number) => Promise<Runtime<unknown>>,
): Contestant {
  return {
    name: `${runtime}-${way}`,
    runtime,
    way,
    batched: true,
    async open({ model, images }, threads, batchSize) {
      const opened = await openRuntime(model, threads);
      const digits = normalized(images, model);
      const candidateEvaluator =
        way === 'plain'
          ? PlainEvaluator.open(opened, digits, batchSize)
          : new OptimizedEvaluator(opened, digits, batchSize);
      const evaluator = new PeerEvaluator(problemOf(model.network), candidateEvaluator);
      return { evaluator, threads: opened.threads, close: () => evaluator.close() };
    },
  };
}
