/**
 * A file whose datasets in chunks are contiguous: their numbers are appended, and the header of each says so. Nothing else moves; the old chunks stay, unused.
 */
import { lookup3 } from './checksum.ts';
import { MESSAGE, type Message } from './object-header.ts';

export interface Replacement {
  /** Of the header of the dataset. */
  readonly messages: readonly Message[];
  readonly bytes: Uint8Array;
}

/** A layout message of version 3 that says "contiguous": version, class, address, bytes. */
const CONTIGUOUS_BYTES = 18;
/** A message that continues a header elsewhere: address, bytes. */
const CONTINUATION_BYTES = 16;

/** Whether a layout message leaves the place for what is written here. */
export const isReplaceable = ({ begin, end, block }: Message): boolean =>
  end - begin >= (block ? CONTINUATION_BYTES : CONTIGUOUS_BYTES);

/** A copy of the file with `bytes` as the numbers of each dataset, whose layout message must be replaceable. */
export function withContiguous(file: Uint8Array, datasets: readonly Replacement[]): Uint8Array {
  const aligned = (at: number) => Math.ceil(at / 8) * 8;
  const blockBytes = (layout: Message) => 4 + (layout.begin - layout.start) + CONTIGUOUS_BYTES + 4;
  let end = file.length;
  const places = datasets.map(({ messages, bytes }) => {
    const layout = messages.find(({ type }) => type === MESSAGE.layout)!;
    const isShort = layout.end - layout.begin < CONTIGUOUS_BYTES;
    const data = aligned(end);
    const block = aligned(data + bytes.length);
    end = isShort ? block + blockBytes(layout) : data + bytes.length;
    return { ...{ messages, bytes, layout, data }, block: isShort ? block : undefined };
  });
  const copy = new Uint8Array(end);
  copy.set(file);
  const view = new DataView(copy.buffer);
  const writeLayout = (at: number, data: number, length: number) => {
    copy.set([3, 1], at);
    view.setBigUint64(at + 2, BigInt(data), true);
    view.setBigUint64(at + 10, BigInt(length), true);
  };
  for (const { messages, bytes, layout, data, block } of places) {
    copy.set(bytes, data);
    copy.fill(0, layout.begin, layout.end);
    if (block === undefined) writeLayout(layout.begin, data, bytes.length);
    else {
      const begin = block + 4 + (layout.begin - layout.start);
      copy.set(new TextEncoder().encode('OCHK'), block);
      copy.set([MESSAGE.layout, CONTIGUOUS_BYTES], block + 4);
      writeLayout(begin, data, bytes.length);
      sealBlock(view, { begin: block, end: begin + CONTIGUOUS_BYTES });
      view.setBigUint64(layout.begin, BigInt(block), true);
      view.setBigUint64(layout.begin + 8, BigInt(blockBytes(layout)), true);
      copy[layout.start] = MESSAGE.continuation;
    }
    for (const message of messages) {
      if (message.type === MESSAGE.filters) removeMessage(copy, message);
      // Without the largest sizes that it may grow to, which only chunks allow.
      else if (message.type === MESSAGE.dataspace) copy[message.begin + 2]! &= ~1;
    }
    for (const message of messages) if (message.block) sealBlock(view, message.block);
  }
  setEnd(view);
  return copy;
}

/** Type 0 is no message; nor are its flags those of one. */
function removeMessage(copy: Uint8Array, { start, block }: Message): void {
  copy[start] = 0;
  if (!block) copy[start + 1] = 0;
  copy[start + (block ? 3 : 4)] = 0;
}

/** The checksum after the bytes that it is of. */
function sealBlock(view: DataView, { begin, end }: { readonly begin: number; readonly end: number }): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + begin, end - begin);
  view.setUint32(end, lookup3(bytes), true);
}

/** The end of the file in the superblock, which has a checksum from version 2 on. */
function setEnd(view: DataView): void {
  const version = view.getUint8(8);
  const at = version < 2 ? 40 + 4 * version : 28;
  view.setBigUint64(at, BigInt(view.byteLength), true);
  if (version >= 2) sealBlock(view, { begin: 0, end: 44 });
}
