/**
 * Whether an adapter computes on the processor. Such an adapter is slower than WebAssembly, so it is taken only where
 * it is asked for. The names are needed because `isFallbackAdapter` is younger than some browsers and drivers.
 */
export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|microsoft basic render/i.test(names);
}
