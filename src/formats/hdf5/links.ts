/** The objects in a group, by name: as a symbol table, or as messages of its header. */
import { MasksearchError } from '../../core/error.ts';
import { MESSAGE, type Message } from './object-header.ts';
import { damaged, UNDEFINED, type Hdf5Reader } from './reader.ts';

/** Bytes of a name at the most. */
const MAX_NAME = 2 ** 12;

/** Addresses by name. Links to other files or by path are left out. Throws 'bad-input' for damage, and for a group that is stored as a tree of version 2. */
export function linksIn(reader: Hdf5Reader, messages: readonly Message[]): ReadonlyMap<string, number> {
  const links = new Map<string, number>();
  for (const message of messages) {
    if (message.type === MESSAGE.symbolTable) addSymbols(reader, message, links);
    else if (message.type === MESSAGE.link) addLink(reader, message, links);
    else if (message.type === MESSAGE.linkInfo) checkCompact(reader, message);
  }
  return links;
}

/** True if the messages are those of a group. */
export const isGroup = (messages: readonly Message[]): boolean =>
  messages.some(
    ({ type }) => type === MESSAGE.symbolTable || type === MESSAGE.link || type === MESSAGE.linkInfo,
  );

function addSymbols(reader: Hdf5Reader, { begin }: Message, links: Map<string, number>): void {
  const heap = reader.u64(begin + 8);
  reader.signature(heap, 'HEAP');
  const [size, data] = [reader.u64(heap + 8), reader.u64(heap + 24)];
  reader.check(data, size);
  const nodes = [reader.u64(begin)];
  const seen = new Set<number>();
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (seen.has(node)) throw damaged(`has a tree that contains itself at byte ${node}`);
    seen.add(node);
    reader.signature(node, 'TREE');
    const [type, level, used] = [reader.u8(node + 4), reader.u8(node + 5), reader.u16(node + 6)];
    if (type !== 0) throw damaged(`has a tree of type ${type} as a group at byte ${node}`);
    for (let i = 0; i < used; i++) {
      reader.step();
      const child = reader.u64(node + 32 + 16 * i);
      if (level > 0) nodes.push(child);
      else addSymbolNode(reader, child, { data, size }, links);
    }
  }
}

function addSymbolNode(
  reader: Hdf5Reader,
  node: number,
  { data, size }: { readonly data: number; readonly size: number },
  links: Map<string, number>,
): void {
  reader.signature(node, 'SNOD');
  const count = reader.u16(node + 6);
  for (let i = 0; i < count; i++) {
    reader.step();
    const entry = node + 8 + 40 * i;
    const name = reader.u64(entry);
    if (!(name < size)) throw damaged(`has a name at ${name} of ${size} bytes of names`);
    // A link by path has no address.
    if (reader.u32(entry + 16) === 2) continue;
    links.set(nameAt(reader, data + name, size - name), reader.u64(entry + 8));
  }
}

/** Up to the zero byte that ends it. */
function nameAt(reader: Hdf5Reader, at: number, atMost: number): string {
  const within = reader.file.subarray(at, at + Math.min(atMost, MAX_NAME));
  const length = within.indexOf(0);
  if (length < 0) throw damaged(`has a name without an end at byte ${at}`);
  return reader.text(at, length);
}

function addLink(reader: Hdf5Reader, { begin }: Message, links: Map<string, number>): void {
  const flags = reader.u8(begin + 1);
  let at = begin + 2;
  const type = flags & 8 ? reader.u8(at++) : 0;
  if (flags & 4) at += 8;
  if (flags & 0x10) at++;
  const size = 1 << (flags & 3);
  const length = reader.unsigned(at, size);
  if (length > MAX_NAME) throw damaged(`has a name of ${length} bytes at ${at}`);
  at += size;
  if (type === 0) links.set(reader.text(at, length), reader.u64(at + length));
}

/** Throws 'bad-input' for links that are no messages. */
function checkCompact(reader: Hdf5Reader, { begin }: Message): void {
  const at = begin + 2 + (reader.u8(begin + 1) & 1 ? 8 : 0);
  if (reader.u64(at) === UNDEFINED) return;
  throw new MasksearchError(
    'bad-input',
    'the HDF5 file stores a large group in the layout of later versions, which is not read',
    'write it with h5py’s default libver and without track_order, as Keras does',
  );
}
