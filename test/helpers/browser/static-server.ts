import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

export interface ServedFile {
  /** The media type, `text/html` for instance. */
  readonly type: string;
  readonly body: string | Uint8Array;
}

export interface StaticServer {
  /** Without a slash at its end. Browsers take 127.0.0.1 for a secure context, which WebGPU needs. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/**
 * Serves files on a free port of 127.0.0.1: those of a folder, or those of a map from a path such as `/main.js` to its
 * contents. `/` is `/index.html`; anything else that is not there is a 404. Every response has `headers`.
 */
export async function serveDirectoryOrMap(
  files: string | ReadonlyMap<string, ServedFile>,
  headers: Readonly<Record<string, string>> = {},
): Promise<StaticServer> {
  const find = typeof files === 'string' ? (path: string) => readServedFile(files, path) : mapReader(files);
  const server = createServer((request, response) => {
    // URL resolves `..`, so that no path leaves the folder; names with escapes (%20) are not served.
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    void find(path === '/' ? '/index.html' : path).then((file) => {
      response.writeHead(file ? 200 : 404, { ...headers, 'content-type': file?.type ?? 'text/plain' });
      response.end(file?.body ?? `no ${path} here`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

function mapReader(files: ReadonlyMap<string, ServedFile>) {
  return (path: string) => Promise.resolve(files.get(path));
}

async function readServedFile(folder: string, path: string): Promise<ServedFile | undefined> {
  try {
    const body = await readFile(join(folder, path));
    return { type: mediaTypes[extname(path)] ?? 'application/octet-stream', body };
  } catch {
    return undefined;
  }
}
