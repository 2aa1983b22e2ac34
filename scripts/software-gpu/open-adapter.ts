import { openNodeAdapter, type NodeAdapter } from '../../src/engine/webgpu/node/adapter.ts';
import { useSoftwareGpu } from './software-gpu.ts';

/**
 * A new adapter of this machine or else of the software GPU, which processes that are started later inherit; undefined if
 * there is neither. `MASKSEARCH_SOFTWARE_GPU=off` rules out the software GPU.
 */
export async function openAnyAdapter(): Promise<NodeAdapter | undefined> {
  const found = await openNodeAdapter({ software: 'fallback' });
  if (found || process.env['MASKSEARCH_SOFTWARE_GPU'] === 'off') return found;
  return (await useSoftwareGpu()) ? openNodeAdapter({ software: 'fallback' }) : undefined;
}
