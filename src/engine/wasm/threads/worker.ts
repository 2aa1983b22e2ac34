/**
 * The code of a worker: answers requests in order. scripts/embed-wasm.ts bundles it into one script that runs in
 * workers of Node.js and of browsers.
 */
import { BlockRunner } from '../block-runner.ts';
import { instantiateKernels } from '../kernels.ts';
import { BlockMoments } from '../moments/block-moments.ts';
import type { Reply, Request } from './protocol.ts';
import { webAssembly, type WasmMemory } from '../web-assembly.ts';

interface Port {
  onmessage: ((event: { readonly data: Request }) => void) | null;
  postMessage(message: Reply, transfer: ArrayBuffer[]): void;
}

/** One workspace's memory in this worker. */
interface Opened {
  readonly runner: BlockRunner;
  /** Undefined unless the memory has regions for second moments. */
  readonly moments: BlockMoments | undefined;
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
        port.postMessage(reply, buffersOf(reply));
      });
  };
}

/** Large contents, which are moved to the host. */
function buffersOf(reply: Reply): ArrayBuffer[] {
  const contents =
    reply.type === 'read'
      ? [reply.bytes]
      : reply.type === 'summed'
        ? [reply.sums?.gram, reply.sums?.cross]
        : [];
  return contents.flatMap((values) => (values ? [values.buffer as ArrayBuffer] : []));
}

async function answer(request: Request, opened: Map<number, Opened>): Promise<Reply | undefined> {
  if (request.type === 'open') {
    const { id, module, layout, worker, layers } = request;
    const { pages } = layout;
    const memory = request.memory ?? new webAssembly!.Memory({ initial: pages, maximum: pages });
    const kernels = await instantiateKernels(module, memory);
    const block = [kernels, memory, layout, worker, layers] as const;
    const moments = layout.workers[worker]!.moments && new BlockMoments(...block);
    opened.set(id, { memory, runner: new BlockRunner(...block), moments });
    return { type: 'opened' };
  }
  if (request.type === 'close') {
    opened.delete(request.id);
    return undefined;
  }
  const { runner, moments, memory } = opened.get(request.id)!;
  switch (request.type) {
    case 'write':
      new Uint8Array(memory.buffer).set(request.bytes, request.offset);
      return undefined;
    case 'read':
      return {
        type: 'read',
        bytes: new Uint8Array(memory.buffer).slice(request.offset, request.offset + request.length),
      };
    case 'moments':
      return { type: 'summed', sums: moments!.run(request.pass) };
    case 'pass':
      return { type: 'passed', result: runner.run(request.pass) };
  }
}
