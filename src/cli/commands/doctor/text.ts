/** The report of `masksearch doctor` for people. */
import { relativeDifference } from '../../../pruning/evaluation/kernel-check.ts';
import { wrapped } from '../../terminal/wrapped.ts';
import { ROUND_TRIPS, type AdapterReport } from './adapter-report.ts';
import type { DoctorReport } from './report.ts';
import { fixed } from '../../terminal/format.ts';

/** Far above what rounding in float32 can make of a loss. */
const MAX_DIFFERENCE = 1e-4;

const LOADERS = {
  installed: 'installed',
  portable: 'that of the portable archive',
  missing: 'not installed',
} as const;

export function doctorText(report: DoctorReport): string {
  const { search, adapters, webAssembly } = report;
  const { environment, portableSoftware, vulkanLoader } = search;
  const threads = `${webAssembly.threads} thread${webAssembly.threads === 1 ? '' : 's'}`;
  const lines = [
    `masksearch ${report.version}, ${report.runtime}, ${report.platform}, ${report.cores} cores (${report.processor})`,
    `Dawn: webgpu ${search.dawn.version}${search.dawn.error === undefined ? '' : `, not usable: ${search.dawn.error}`}`,
    ...(search.navigatorGpu ? ['WebGPU of the runtime: there, taken where Dawn finds no adapter'] : []),
    ...(vulkanLoader === undefined ? [] : [`Vulkan loader: ${LOADERS[vulkanLoader]}`]),
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    `WebAssembly SIMD: ${webAssembly.usable ? `there, ${threads}` : 'missing'}`,
    ...(portableSoftware ? ['Software GPU of the portable archive: available'] : []),
    `Bundled digits: ${report.data ? 'there' : 'missing'}; bundled model: ${report.model ? 'there' : 'missing'}`,
    '',
    ...adapters.flatMap((adapter) => [...describeAdapter(adapter), '']),
    ...(adapters.length === 0 ? ['Kernel check: not done, since there is no adapter', ''] : []),
    ...advice(report).map((line) => `- ${line}`),
  ];
  return lines.join('\n');
}

function driverAdvice(vulkanLoader: keyof typeof LOADERS): string {
  return vulkanLoader === 'missing'
    ? 'To use a GPU, install its Vulkan driver and a Vulkan loader (Debian: the package libvulkan1).'
    : 'To use a GPU, install its Vulkan driver, or name the manifest of the driver in VK_DRIVER_FILES.';
}

function softwareAdvice(found: boolean): string {
  return found
    ? '--device webgpu runs the WebGPU kernels on the software adapter, slowly.'
    : '--device webgpu fails here. A clone of the repository on Linux x64 can run the WebGPU kernels without a GPU:\n' +
        '  npm run with-software-gpu -- prune --device webgpu (docs/without-a-gpu.md).';
}

function describeAdapter(adapter: AdapterReport): readonly string[] {
  return [
    `${adapter.kind === 'hardware' ? 'Hardware' : 'Software'} adapter${adapter.implementation === 'dawn' ? '' : ' of the runtime'}: ${adapter.description}`,
    `  vendor ${adapter.vendor}, architecture ${adapter.architecture}`,
    ...wrapped(`features: ${adapter.features.join(', ')}`, 116).map(
      (line, i) => `  ${i > 0 ? '  ' : ''}${line}`,
    ),
    ...Object.entries(adapter.limits).map(
      ([name, { default: standard, adapter: most }]) => `  ${name}: ${standard} by default, ${most} at most`,
    ),
    `  round trip of an empty submission: ${fixed(adapter.roundTripMs, 2)} ms (median of ${ROUND_TRIPS})`,
    `  kernel check: ${describeCheck(adapter.check)}`,
  ];
}

function describeCheck(check: AdapterReport['check']): string {
  if (!check) return 'not done, since the bundled digits or the bundled model cannot be read';
  if ('error' in check) return `failed, ${check.error}`;
  const { loss, referenceLoss, images } = check;
  const difference = relativeDifference(check).toExponential(1);
  return (
    `loss ${fixed(loss, 7)}, in float64 ${fixed(referenceLoss, 7)}, relative difference ${difference} ` +
    `(bundled model half pruned, ${images} images)`
  );
}

/** Whether the check of an adapter that was checked passed. */
function agrees(check: AdapterReport['check']): boolean {
  return !check || (!('error' in check) && relativeDifference(check) <= MAX_DIFFERENCE);
}

function advice({ adapters, search, webAssembly, data, model }: DoctorReport): readonly string[] {
  const has = (kind: AdapterReport['kind']) => adapters.some((adapter) => adapter.kind === kind);
  return [
    has('hardware')
      ? 'A hardware GPU was found: --device auto takes it.'
      : 'No hardware GPU was found: --device auto takes WebAssembly on the processor.',
    ...(webAssembly.usable
      ? []
      : ['WebAssembly SIMD is missing: use Node.js 20.19 or newer, or --device reference (slow).']),
    ...(has('hardware') || search.vulkanLoader === undefined ? [] : [driverAdvice(search.vulkanLoader)]),
    ...(has('hardware') ? [] : [softwareAdvice(has('software'))]),
    ...adapters
      .filter(({ check }) => !agrees(check))
      .map(
        ({ kind }) =>
          `The kernels give wrong results on the ${kind} adapter: report this, and use --device wasm.`,
      ),
    ...(data
      ? []
      : ['The bundled digits are missing: run `npm run build` in a clone, or install the package again.']),
    ...(model ? [] : ['The bundled model is missing: run `masksearch train`, or pass --model.']),
  ];
}
