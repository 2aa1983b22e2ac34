/**
 * Whether an adapter computes on the processor. Such an adapter is slower than the WebAssembly backend, so it is used
 * only on request. Names are compared because some browsers and drivers do not know `isFallbackAdapter` yet.
 */
export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|microsoft basic render/i.test(names);
}
