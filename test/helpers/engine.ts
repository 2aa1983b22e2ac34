import { webGpuEngine, type WebGpuEngine } from '../../src/engine/webgpu/engine.ts';
import { openNodeAdapter } from '../../src/engine/webgpu/node-adapter.ts';

export async function acquireEngine(): Promise<WebGpuEngine> {
  const found = await openNodeAdapter({ software: 'fallback' });
  if (!found) throw new Error('no');
  return webGpuEngine(found.adapter, found.software);
}
