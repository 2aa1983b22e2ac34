/**
 * The code of a worker: answers requests in order. scripts/embed-wasm.ts bundles it into one script that runs in
 * workers of Node.js and of browsers.
 */
import { BlockRunner } from '../block-runner.ts';
import { instantiateKernels } from '../kernels.ts';
import type { Reply, Request } from './protocol.ts';
import { webAssembly, type WasmMemory } from '../web-assembly.ts';

interface Port {
  onmessage: ((event: { readonly data: Request }) => void) | null;
  postMessage(message: Reply, transfer: ArrayBuffer[]): void;
}

/** One workspace's memory in this worker. */
interface Opened {
  readonly runner: BlockRunner;
  readonly memory: WasmMemory;
}

/** Answers the requests that arrive at `port`. */
export function serve(port: Port): void {
  const opened = new Map<number, Opened>();
  let last = Promise.resolve();
  port.onmessage = ({ data: request }) => {
    last = last
      .then(() => answer(request, opened))
      .catch((error: unknown) => ({
        type: 'failed' as const,
        message: String(error),
        outOfMemory: error instanceof RangeError,
      }))
      .then((reply) => {
        if (!reply) return;
        port.postMessage(reply, reply.type === 'read' ? [reply.bytes.buffer as ArrayBuffer] : []);
      });
  };
}

async function answer(request: Request, opened: Map<number, Opened>): Promise<Reply | undefined> {
  if (request.type === 'open') {
    const { id, module, layout, worker, layers } = request;
    const { pages } = layout;
    const memory = request.memory ?? new webAssembly!.Memory({ initial: pages, maximum: pages });
    const kernels = await instantiateKernels(module, memory);
    opened.set(id, { memory, runner: new BlockRunner(kernels, memory, layout, worker, layers) });
    return { type: 'opened' };
  }
  if (request.type === 'close') {
    opened.delete(request.id);
    return undefined;
  }
  const { runner, memory } = opened.get(request.id)!;
  switch (request.type) {
    case 'write':
      new Uint8Array(memory.buffer).set(request.bytes, request.offset);
      return undefined;
    case 'read':
      return {
        type: 'read',
        bytes: new Uint8Array(memory.buffer).slice(request.offset, request.offset + request.length),
      };
    case 'pass':
      return { type: 'passed', result: runner.run(request.pass) };
  }
}
