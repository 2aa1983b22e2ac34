/** An IDX file; unsigned bytes unless another type of elements is given. */
export function idx(sizes: readonly number[], data: Uint8Array, type = 8): Uint8Array {
  const file = new Uint8Array(4 + 4 * sizes.length + data.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, (type << 8) + sizes.length);
  sizes.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  file.set(data, 4 + 4 * sizes.length);
  return file;
}
