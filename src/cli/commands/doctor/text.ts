/** The report of `masksearch doctor` for people. */
import { relativeDifference } from '../../../pruning/evaluation/kernel-check.ts';
import { wrapped } from '../../terminal/wrapped.ts';
import { ROUND_TRIPS, type AdapterReport } from './adapter-report.ts';
import type { DoctorReport } from './report.ts';

/** Far above what rounding in float32 can make of a loss. */
const MAX_DIFFERENCE = 1e-4;

export function doctorText(report: DoctorReport): string {
  const { search, adapters, webAssembly } = report;
  const { environment, bundledSoftware, vulkanLoader } = search;
  const threads = `${webAssembly.threads} thread${webAssembly.threads === 1 ? '' : 's'}`;
  const lines = [
    `masksearch ${report.version}, Node ${report.node}, ${report.platform}, ${report.cores} cores (${report.processor})`,
    `Dawn: webgpu ${search.dawn.version}${search.dawn.error === undefined ? '' : `, not usable: ${search.dawn.error}`}`,
    ...(vulkanLoader === undefined ? [] : [`Vulkan loader: ${vulkanLoader ? 'installed' : 'not installed'}`]),
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    `WebAssembly SIMD: ${webAssembly.usable ? `there, ${threads}` : 'missing'}`,
    `Bundled software adapter: ${'version' in bundledSoftware ? bundledSoftware.version : bundledSoftware.missing}`,
    `Bundled digits: ${report.data ? 'there' : 'missing'}; bundled model: ${report.model ? 'there' : 'missing'}`,
    '',
    ...adapters.flatMap((adapter) => [...describeAdapter(adapter), '']),
    ...(adapters.length === 0 ? ['Kernel check: not done, since there is no adapter', ''] : []),
    ...advice(report).map((line) => `- ${line}`),
  ];
  return lines.join('\n');
}

function describeAdapter(adapter: AdapterReport): readonly string[] {
  return [
    `${adapter.kind === 'hardware' ? 'Hardware' : 'Software'} adapter: ${adapter.description}`,
    `  vendor ${adapter.vendor}, architecture ${adapter.architecture}`,
    ...wrapped(`features: ${adapter.features.join(', ')}`, 116).map(
      (line, i) => `  ${i > 0 ? '  ' : ''}${line}`,
    ),
    ...Object.entries(adapter.limits).map(
      ([name, { default: standard, adapter: most }]) => `  ${name}: ${standard} by default, ${most} at most`,
    ),
    `  round trip of an empty submission: ${adapter.roundTripMs.toFixed(2)} ms (median of ${ROUND_TRIPS})`,
    `  kernel check: ${describeCheck(adapter.check)}`,
  ];
}

function describeCheck(check: AdapterReport['check']): string {
  if (!check) return 'not done, since the bundled digits or the bundled model cannot be read';
  if ('error' in check) return `failed, ${check.error}`;
  const { loss, referenceLoss, images } = check;
  const difference = relativeDifference(check).toExponential(1);
  return (
    `loss ${loss.toFixed(7)}, in float64 ${referenceLoss.toFixed(7)}, relative difference ${difference} ` +
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
    ...(!has('hardware') && search.vulkanLoader === false
      ? ['To use a GPU, install its Vulkan driver and a Vulkan loader (Debian: the package libvulkan1).']
      : []),
    ...(!has('hardware') && search.vulkanLoader === true
      ? [
          'There is a Vulkan loader but no driver of a GPU: install it, or name its manifest in VK_DRIVER_FILES.',
        ]
      : []),
    has('software')
      ? '--device webgpu runs the kernels without a GPU too, slowly, on the software adapter.'
      : 'There is no software adapter, so without a GPU the kernels cannot be run here.',
    ...adapters
      .filter(({ check }) => !agrees(check))
      .map(
        ({ kind }) =>
          `The kernels give wrong results on the ${kind} adapter: report this, and use --device wasm.`,
      ),
    ...(data ? [] : ['The bundled digits are missing: run `npm run build`.']),
    ...(model ? [] : ['The bundled model is missing: run `masksearch train`, or pass --model.']),
  ];
}
