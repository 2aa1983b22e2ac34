/** What a search ran on and with, in words. */
import type { ResultDevice } from '../run/result.ts';
import { parameter } from './numbers.ts';

/** Most layers that are named. */
const MAX_NAMED = 12;

const DEVICE_KINDS = { webgpu: 'WebGPU', wasm: 'WebAssembly', reference: 'float64 reference' } as const;

/** The kind of device and the names that its driver gives. */
export function deviceText({ kind, vendor, architecture, description }: ResultDevice): string {
  const adapter = [vendor, architecture, description].filter((text) => text !== '').join(', ');
  return adapter === '' ? DEVICE_KINDS[kind] : `${DEVICE_KINDS[kind]}: ${adapter}`;
}

/** The value of a parameter; `layers` is "all" if it names all of them. */
export function parameterText(
  name: string,
  value: number | string | boolean,
  layers: readonly { readonly name: string }[],
): string {
  if (name !== 'layers') return parameter(value);
  const names = String(value).split(',');
  if (names.length === layers.length) return 'all';
  return names.length > MAX_NAMED ? `${names.length} of ${layers.length}` : names.join(', ');
}

/** "conv1 6×1×5×5, fc1 120×400" */
export function layersText(
  layers: readonly { readonly name: string; readonly shape: readonly number[] }[],
): string {
  const texts = layers.map(({ name, shape }) => `${name} ${shape.join('×')}`);
  if (texts.length <= MAX_NAMED) return texts.join(', ');
  return `${texts.length}, from ${texts[0]!} to ${texts.at(-1)!}`;
}
