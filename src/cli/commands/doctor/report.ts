import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../../../core/version.ts';
import { compileKernels } from '../../../engine/wasm/compile.ts';
import { defaultThreads } from '../../../engine/wasm/threads/node-workers.ts';
import { describeAdapterSearch, type AdapterSearch } from '../../../engine/webgpu/node/node-adapter.ts';
import { BUNDLED_MODEL, loadMnist, loadModel } from '../../../node.ts';
import { reportAdapter, type AdapterReport, type CheckSubject } from './adapter-report.ts';

/** What this machine has to run on. */
export interface DoctorReport {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  readonly processor: string;
  readonly webAssembly: WebAssemblyReport;
  readonly search: AdapterSearch;
  readonly adapters: readonly AdapterReport[];
  /** Whether the bundled digits are there. */
  readonly data: boolean;
  /** Whether the bundled model is there. */
  readonly model: boolean;
}

interface WebAssemblyReport {
  /** Whether the kernels compile, which takes 128-bit SIMD. */
  readonly usable: boolean;
  /** Number of threads unless told otherwise. */
  readonly threads: number;
}

export async function makeReport(): Promise<DoctorReport> {
  const subject = await checkSubject().catch(() => undefined);
  const hardware = await reportAdapter('never', subject);
  const software = await reportAdapter('only', subject);
  return {
    version: VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    webAssembly: await reportWebAssembly(),
    search: await describeAdapterSearch(),
    adapters: [hardware, software].filter((adapter) => adapter !== undefined),
    data: existsSync(fileURLToPath(new URL('../../../../dist/data/mnist.safetensors', import.meta.url))),
    model: existsSync(BUNDLED_MODEL),
  };
}

async function checkSubject(): Promise<CheckSubject> {
  const { search } = await loadMnist();
  return { model: await loadModel(), images: search };
}

async function reportWebAssembly(): Promise<WebAssemblyReport> {
  const usable = await compileKernels(true).then(
    () => true,
    () => false,
  );
  return { usable, threads: defaultThreads() };
}
