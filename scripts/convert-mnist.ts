/**
 * Build step: converts the `mnist` package's 20 MB of JSON to one binary file of 8 MB, dist/data/mnist.safetensors, with
 * every byte of the original images restored.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { writeFileAtomic } from '../src/formats/node/files.ts';
import { encodeSafetensors } from '../src/formats/safetensors/tensors.ts';
import type { Tensor } from '../src/formats/safetensors/tensors.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASS_COUNTS = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978];
const TOTAL = 10_000;

const METADATA = {
  source: 'MNIST, 10,000 of its images as in the mnist package 1.1.0 (Juan Cazala), class by class',
  license:
    'images: copyright Yann LeCun and Corinna Cortes, Creative Commons Attribution-Share Alike 3.0; package: MIT',
};

/** What the package stores for each byte: k/255 rounded to three decimals. */
const STORED = Float64Array.from({ length: 256 }, (_, byte) => Math.round((byte / 255) * 1000) / 1000);

/** The original bytes of stored pixels. Throws for a value that does not represent a byte. */
export function restoreBytes(stored: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(stored.length);
  for (let i = 0; i < stored.length; i++) {
    const value = stored[i]!;
    const byte = Math.round(value * 255);
    if (STORED[byte] !== value) throw new Error(`pixel ${i} is ${value}, which does not represent a byte`);
    bytes[i] = byte;
  }
  return bytes;
}

/** The pixels of a class, flat, as the `mnist` package stores them. */
export function readStoredDigits(digit: number): readonly number[] {
  const path = createRequire(import.meta.url).resolve(`mnist/src/digits/${digit}.json`);
  return (JSON.parse(readFileSync(path, 'utf8')) as { data: readonly number[] }).data;
}

/** The bundled file: U8 `images` [10000, 28, 28] and U8 `labels` [10000], class by class. */
export function convertMnist(): Uint8Array {
  const pixels = new Uint8Array(TOTAL * PIXELS);
  const labels = new Uint8Array(TOTAL);
  let count = 0;
  CLASS_COUNTS.forEach((expected, digit) => {
    const bytes = restoreBytes(readStoredDigits(digit));
    if (bytes.length !== expected * PIXELS) {
      throw new Error(`digit ${digit} has ${bytes.length / PIXELS} images, ${expected} are expected`);
    }
    pixels.set(bytes, count * PIXELS);
    labels.fill(digit, count, count + expected);
    count += expected;
  });
  if (count !== TOTAL) throw new Error(`there are ${count} images, ${TOTAL} are expected`);
  const tensors = new Map<string, Tensor>([
    ['images', { dtype: 'U8', shape: [TOTAL, SIDE, SIDE], data: pixels }],
    ['labels', { dtype: 'U8', shape: [TOTAL], data: labels }],
  ]);
  return encodeSafetensors(tensors, METADATA);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const start = performance.now();
  const output = fileURLToPath(new URL('../dist/data/mnist.safetensors', import.meta.url));
  await mkdir(dirname(output), { recursive: true });
  await writeFileAtomic(output, convertMnist());
  const seconds = (performance.now() - start) / 1000;
  console.log(`dist/data/mnist.safetensors: ${TOTAL} images in ${seconds.toFixed(1)} s`);
}
