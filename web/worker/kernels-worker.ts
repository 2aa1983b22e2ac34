/** Runs one kernel benchmark, so that the page never stands still. */
import {
  caseProgress,
  kernelRecord,
  MasksearchError,
  measureKernels,
  openKernelBench,
  SHAPES,
  VERSION,
} from 'masksearch/browser';
import type { Failure, KernelsEvent, KernelsRequest } from '../src/kernels/messages.ts';

const send = (event: KernelsEvent) => postMessage(event);

addEventListener('message', ({ data }: MessageEvent<KernelsRequest>) => {
  run(data).catch((error: unknown) => send({ type: 'failed', failure: failureOf(error) }));
});

async function run({ device, kernels }: KernelsRequest): Promise<void> {
  const bench = await openKernelBench({ device });
  try {
    send({ type: 'opened', bench: { device: bench.device, method: bench.method } });
    const report = await measureKernels(bench, {
      shapes: SHAPES.filter(({ kernel }) => kernels === 'all' || kernel === kernels),
      onStart: (plan) => send({ type: 'planned', plan }),
      onProgress: (done, all, { shape, density, candidates }) => {
        const text = caseProgress(done, all, { shape: shape.name, density, candidates });
        send({ type: 'progress', done, all, text });
      },
      onCase: (result) => send({ type: 'case', result }),
    });
    const host = { browser: navigator.userAgent, versions: { masksearch: VERSION } };
    send({ type: 'done', record: kernelRecord(bench, report, host) });
  } finally {
    await bench.close();
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof MasksearchError) {
    const { code, message, fix } = error;
    return { code, message, fix };
  }
  const message = error instanceof Error ? error.message : String(error);
  const fix = 'press Start to try again, or choose another device';
  return { code: 'unexpected', message: `the benchmark failed (${message})`, fix };
}
