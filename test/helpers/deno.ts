/** Programs on Deno, for tests that run in Node. */
import { spawnDeno } from '../../scripts/deno.ts';
import { loadMnist, loadModel, takeImages } from '../../src/node.ts';
import { randomMasks } from './data/models.ts';
import type { Task } from './engine-exercise.ts';
import { withTimeout } from './gpu.ts';

/** What engines in Node and on Deno are compared by. */
export async function denoTask(): Promise<Task> {
  const model = await loadModel();
  const candidates = [1, 0.7, 0.3].map((density) => ({
    masks: randomMasks(model.network, density, `deno ${density}`),
  }));
  return { model, images: takeImages((await loadMnist()).search, 100), candidates };
}

export interface DenoOptions {
  readonly cwd?: string;
  /** Default: all but `--allow-ffi`, so that the only WebGPU is that of Deno. */
  readonly permissions?: readonly string[];
}

/** What a program prints that Deno runs and that must end well. */
export async function outputOf(args: readonly string[], options: DenoOptions = {}): Promise<string> {
  const child = await spawnDeno(args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const ended = new Promise<number | null>((resolve, reject) =>
    child.on('close', resolve).on('error', reject),
  );
  try {
    const code = await withTimeout(ended, 240_000, `deno ${args.join(' ')}`);
    if (code !== 0) throw new Error(`deno ${args.join(' ')} ended with ${code}: ${output.stderr}`);
    return output.stdout;
  } finally {
    child.kill('SIGKILL');
  }
}
