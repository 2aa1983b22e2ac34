import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `action` in a new folder, which is removed afterwards. */
export async function inFolder(action: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'masksearch-test-'));
  try {
    await action(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}
