import { VERSION } from '../core/version.ts';

/** Versions of what runs this process, for records of measurements. Under Deno `node` is the version that it stands in for. */
export function versions(): { readonly masksearch: string; readonly node: string; readonly deno?: string } {
  const { deno } = process.versions;
  return { masksearch: VERSION, node: process.version, ...(deno !== undefined && { deno }) };
}

/** Name and version of the runtime, for people. */
export function runtimeName(): string {
  const { node, deno } = versions();
  return deno === undefined ? `Node ${node}` : `Deno ${deno}`;
}
