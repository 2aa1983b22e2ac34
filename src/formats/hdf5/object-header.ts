/** The messages of an object, a group or a dataset, in both versions of its header. */
import { damaged, type Hdf5Reader } from './reader.ts';

export interface Message {
  readonly type: number;
  /** Where its type is, and then its data. */
  readonly start: number;
  readonly begin: number;
  readonly end: number;
  /** What the checksum after it is of, in a header of version 2. */
  readonly block?: Block;
  /** Whether it refers to a message of another object. */
  readonly isShared: boolean;
}

export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fillValue: 0x05,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

interface Block {
  readonly begin: number;
  readonly end: number;
}

/** Throws 'bad-input' for a damaged header. */
export function messagesAt(reader: Hdf5Reader, address: number): readonly Message[] {
  reader.step();
  if (reader.u8(address) === 1) {
    const begin = address + 16;
    const first = { begin, end: begin + reader.u32(address + 8) };
    return followed(reader, first, (block) => messagesOfVersion1(reader, block));
  }
  reader.signature(address, 'OHDR');
  const version = reader.u8(address + 4);
  if (version !== 2) throw damaged(`has a header of version ${version} at byte ${address}`);
  const flags = reader.u8(address + 5);
  const size = 1 << (flags & 3);
  const at = address + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const begin = at + size;
  const first = { begin, end: begin + reader.unsigned(at, size) };
  // A checksum follows.
  reader.check(first.end, 4);
  const prefix = flags & 4 ? 6 : 4;
  return followed(reader, first, (block, isFirst) => {
    if (isFirst) {
      const checked = { begin: address, end: block.end };
      return messagesOfVersion2(reader, block, prefix, checked);
    }
    reader.signature(block.begin, 'OCHK');
    // Between a signature and a checksum.
    const checked = { begin: block.begin, end: block.end - 4 };
    return messagesOfVersion2(reader, { begin: block.begin + 4, end: checked.end }, prefix, checked);
  });
}

/** The messages of a block and of those that it continues in, each read once. */
function followed(
  reader: Hdf5Reader,
  first: Block,
  read: (block: Block, isFirst: boolean) => readonly Message[],
): readonly Message[] {
  const all: Message[] = [];
  const blocks = [first];
  const seen = new Set<number>();
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    if (seen.has(block.begin)) throw damaged(`has a header that continues in itself at byte ${block.begin}`);
    seen.add(block.begin);
    reader.check(block.begin, block.end - block.begin);
    for (const message of read(block, block === first)) {
      all.push(message);
      if (message.type !== MESSAGE.continuation) continue;
      const begin = reader.u64(message.begin);
      blocks.push({ begin, end: begin + reader.u64(message.begin + 8) });
    }
  }
  return all;
}

function messagesOfVersion1(reader: Hdf5Reader, { begin, end }: Block): readonly Message[] {
  const messages: Message[] = [];
  for (let at = begin; at + 8 <= end;) {
    reader.step();
    const message = {
      ...{ type: reader.u16(at), start: at, begin: at + 8, end: at + 8 + reader.u16(at + 2) },
      isShared: (reader.u8(at + 4) & 2) !== 0,
    };
    checkWithin(message, end);
    messages.push(message);
    at = message.end;
  }
  return messages;
}

function messagesOfVersion2(
  reader: Hdf5Reader,
  { begin, end }: Block,
  prefix: number,
  block: Block,
): readonly Message[] {
  const messages: Message[] = [];
  for (let at = begin; at + prefix <= end;) {
    reader.step();
    const message = {
      ...{ type: reader.u8(at), start: at, begin: at + prefix, end: at + prefix + reader.u16(at + 1), block },
      isShared: (reader.u8(at + 3) & 2) !== 0,
    };
    checkWithin(message, end);
    messages.push(message);
    at = message.end;
  }
  return messages;
}

function checkWithin(message: Message, end: number): void {
  if (message.end > end) throw damaged(`has a message at byte ${message.begin} that ends behind its header`);
}
