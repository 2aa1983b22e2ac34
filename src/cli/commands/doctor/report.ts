import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { VERSION } from '../../../core/version.ts';
import { compileKernels } from '../../../engine/wasm/compile.ts';
import { defaultThreads } from '../../../engine/wasm/node/workers.ts';
import { describeAdapterSearch, type AdapterSearch } from '../../../engine/webgpu/node/adapter-search.ts';
import { BUNDLED_DIGITS } from '../../../formats/node/bundled-digits.ts';
import { BUNDLED_MODEL, loadMnist, loadModel } from '../../../node.ts';
import { runtimeName } from '../../versions.ts';
import { reportAdapter, type AdapterReport, type CheckSubject } from './adapter-report.ts';

/** What this machine has to run on. */
export interface DoctorReport {
  readonly version: string;
  /** Name and version of what runs masksearch: Node or Deno. */
  readonly runtime: string;
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
    runtime: runtimeName(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    webAssembly: await reportWebAssembly(),
    search: await describeAdapterSearch(),
    adapters: [hardware, software].filter((adapter) => adapter !== undefined),
    data: existsSync(BUNDLED_DIGITS),
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
