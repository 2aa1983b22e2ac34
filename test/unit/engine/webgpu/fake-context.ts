import type { GpuContext } from '../../../../src/engine/webgpu/device/context.ts';

interface FakeBuffer {
  readonly label: string;
  readonly size: number;
}

/**
 * A context without a device: it records what it is asked to do. `refuse` is the label of a buffer that it does not create.
 */
export function fakeContext({ limits = {}, refuse = '' }: { limits?: object; refuse?: string } = {}) {
  const alive = new Set<FakeBuffer>();
  const writes: string[] = [];
  const groups: object[] = [];
  const context = {
    limits: { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27, ...limits },
    device: {
      queue: { writeBuffer: (buffer: FakeBuffer) => writes.push(buffer.label) },
      createBindGroup: (group: object) => {
        groups.push(group);
        return group;
      },
    },
    scoped: async <T>(_: string, work: () => T | Promise<T>) => await work(),
    checkLimit(what: string, value: number, limit: string) {
      if (value > (this.limits as unknown as Record<string, number>)[limit]!) throw new Error(`no ${what}`);
    },
    createBuffer(label: string, size: number): FakeBuffer {
      if (label === refuse) throw new Error(`no room for ${label}`);
      const buffer = { label, size };
      alive.add(buffer);
      return buffer;
    },
    destroyBuffer: (buffer: FakeBuffer) => alive.delete(buffer),
  };
  return { context: context as unknown as GpuContext, alive, writes, groups };
}
