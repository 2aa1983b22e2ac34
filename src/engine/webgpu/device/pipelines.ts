/**
 * Compiles each kernel once per device. The key of a pipeline is the kernel's name and everything that its code depends
 * on.
 */
import { expand } from '../../../kernels/expand.ts';
import { SHADERS } from '../../../kernels/generated/shaders.ts';
import type { Binding, KernelSpec, Tiling } from '../../../kernels/spec.ts';
import { MasksearchError } from '../../../core/error.ts';
import { STAGE_COMPUTE } from './constants.ts';
import type { GpuContext } from './context.ts';

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly tiling: Tiling;
}

export class Pipelines {
  readonly #context: GpuContext;
  readonly #modules = new Map<string, Promise<GPUShaderModule>>();
  readonly #pipelines = new Map<string, Promise<Pipeline>>();

  constructor(context: GpuContext) {
    this.#context = context;
  }

  /**
   * The pipeline of a kernel for a shape. Rejects with 'shader-failed' if it does not compile and with 'limit-exceeded'
   * if the device does not allow the tiling.
   */
  get<Shape>(spec: KernelSpec<Shape>, shape: Shape, tiling: Tiling): Promise<Pipeline> {
    const constants = spec.constants(shape, tiling);
    const overrides = { ...spec.overrides(shape, tiling), workgroup_size: tiling.workgroupSize };
    const module = `${spec.name} ${JSON.stringify(constants)}`;
    return remember(this.#pipelines, `${module} ${JSON.stringify(overrides)}`, async () => {
      this.#checkWorkgroup(spec, shape, tiling);
      const code = () => expand(SHADERS[spec.name], constants);
      const compiled = remember(this.#modules, module, () => compileModule(this.#context, spec.name, code()));
      return { ...(await this.#link(spec, await compiled, overrides)), tiling };
    });
  }

  #checkWorkgroup<Shape>(spec: KernelSpec<Shape>, shape: Shape, tiling: Tiling): void {
    const { name } = spec;
    const { workgroupSize } = tiling;
    const bytes = spec.workgroupBytes?.(shape, tiling) ?? 0;
    this.#context.checkLimit(`the weights tile of ${name}`, bytes, 'maxComputeWorkgroupStorageSize', 'bytes');
    const what = `the workgroup of ${name}`;
    this.#context.checkLimit(what, workgroupSize, 'maxComputeInvocationsPerWorkgroup', 'invocations');
    this.#context.checkLimit(what, workgroupSize, 'maxComputeWorkgroupSizeX', 'invocations');
  }

  #link<Shape>(spec: KernelSpec<Shape>, module: GPUShaderModule, overrides: Record<string, number>) {
    const { device } = this.#context;
    return this.#context.scoped(`the pipeline of ${spec.name}`, async () => {
      const layout = device.createBindGroupLayout({
        label: spec.name,
        entries: spec.bindings.map(layoutEntry),
      });
      const pipeline = await device.createComputePipelineAsync({
        label: spec.name,
        layout: device.createPipelineLayout({ label: spec.name, bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main', constants: overrides },
      });
      return { pipeline, layout };
    });
  }
}

function layoutEntry(binding: Binding, index: number): GPUBindGroupLayoutEntry {
  return {
    binding: index,
    visibility: STAGE_COMPUTE,
    buffer: { type: binding.type, hasDynamicOffset: binding.perDispatch ?? false },
  };
}

/** Compiles WGSL. Rejects with 'shader-failed'; the message has the compiler's errors with line and column. */
export async function compileModule(
  context: GpuContext,
  name: string,
  code: string,
): Promise<GPUShaderModule> {
  context.device.pushErrorScope('validation');
  const module = context.device.createShaderModule({ label: name, code });
  const scope = context.device.popErrorScope();
  const { messages } = await context.guard(module.getCompilationInfo());
  const error = await context.guard(scope);
  const errors = messages.filter(({ type }) => type === 'error').map((message) => located(name, message));
  if (error || errors.length > 0) {
    throw new MasksearchError(
      'shader-failed',
      `the shader ${name} does not compile: ${errors.join(' | ') || error?.message}`,
      'report this with the name of the adapter and its driver',
    );
  }
  return module;
}

/**
 * A compiler's message after file, line and column.
 *
 * Symptom: on Deno every message is said to be of line 1, column 1. Cause: Deno 2.9 does not pass on the position that Naga gives,
 * which is only in the drawing within the text: `┌─ wgsl:2:10`. Can be deleted when Deno fills `lineNum`.
 */
function located(name: string, { lineNum, linePos, message }: GPUCompilationMessage): string {
  const [, line = lineNum, column = linePos] = /┌─ \S+:(\d+):(\d+)/.exec(message) ?? [];
  return `${name}.wgsl:${line}:${column} ${message.trim()}`;
}

/** The cached value under `key`, or the result of `make`, which is cached unless it rejects. */
function remember<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let entry = cache.get(key);
  if (!entry) {
    entry = make();
    cache.set(key, entry);
    entry.catch(() => cache.delete(key));
  }
  return entry;
}
