/** Hostile pickles, in both formats of PyTorch; more in test/unit/formats/torch/hostile.test.ts. */
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { ordered, Storage, TestTensor, torchLegacy, torchZip, zipOf } from '../../torch/file.ts';
import { network, stateDict } from '../../torch/network.ts';
import { pickle, Raw } from '../../torch/pickle.ts';
import { attacks, type Files, type Rows } from './attack.ts';

/** What a pickle that is executed would make. */
export const CANARY = join(tmpdir(), 'masksearch-hostile-pickle-was-executed');
const COMMAND = `touch ${CANARY}`;

const word = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const unicode = (text: string) => Buffer.concat([Buffer.from('X'), word(text.length), Buffer.from(text)]);
const codes = (...parts: readonly (string | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));

const zipOfPickle = (...parts: readonly (string | Uint8Array)[]): Files => ({
  'model.pt': zipOf(new Map([['a/data.pkl', codes('\x80\x02', ...parts)]]), true),
});
/** As the state dict of the old format: after its magic number, version and system. */
const legacyOfPickle = (...parts: readonly (string | Uint8Array)[]): Files => {
  const file = Buffer.from(torchLegacy(ordered({})));
  const root = Buffer.from(pickle(new Raw(codes(...parts).subarray(0, -1))));
  const empty = Buffer.from(torchLegacy(ordered({})));
  // Three pickles stand before it; each starts with its protocol and ends with a stop.
  let at = 0;
  for (let pickles = 0; pickles < 3; pickles++)
    at = empty.indexOf(Buffer.from('.\x80\x02', 'latin1'), at) + 1;
  return { 'model.pt': Buffer.concat([file.subarray(0, at), root]) };
};

const CALLS: Readonly<Record<string, readonly (string | Uint8Array)[]>> = {
  'os.system': ['cos\nsystem\n', unicode(COMMAND), '\x85R.'],
  'posix.system by texts': [unicode('posix'), unicode('system'), '\x93', unicode(COMMAND), '\x85R.'],
  'builtins.eval': ['cbuiltins\neval\n', unicode(`__import__("os").system("${COMMAND}")`), '\x85R.'],
  'builtins.exec': ['c__builtin__\nexec\n', unicode(`import os; os.system("${COMMAND}")`), '\x85R.'],
  'subprocess.Popen as an object': ['csubprocess\nPopen\n', unicode(COMMAND), '\x85\x81.'],
  'a function that objects inherit': ['cconstructor\nconstructor\n', unicode('process.exit()'), '\x85R.'],
  'child_process.execSync': ['cchild_process\nexecSync\n', unicode(COMMAND), '\x85R.'],
  'os.system within a state': [
    ...['ccollections\nOrderedDict\n)R(', unicode('a'), 'cos\nsystem\n', unicode(COMMAND), '\x85Ru.'],
  ],
};

const weight = (shape: readonly number[], strides: readonly number[], offset = 0) =>
  ordered({
    ...stateDict(),
    'fc.weight': new TestTensor(new Storage([1, 2, 3]), shape, { strides, offset }),
  });

const ROWS: Rows = {
  ...Object.fromEntries(
    Object.entries(CALLS).flatMap(([what, parts]) => [
      [`a pickle that calls ${what}`, [() => zipOfPickle(...parts), /./] as const],
      [`a pickle before PyTorch 1.6 that calls ${what}`, [() => legacyOfPickle(...parts), /./] as const],
    ]),
  ),
  'a tensor of 2^60 numbers': [() => ({ 'model.pt': torchZip(weight([2 ** 30, 2 ** 30], [1, 1])) }), /./],
  'a tensor of 2^60 numbers in the old format': [
    () => ({ 'model.pt': torchLegacy(weight([2 ** 30, 2 ** 30], [1, 1])) }),
    /./,
  ],
  'a tensor of strides below 0': [() => ({ 'model.pt': torchZip(weight([5, 27], [-27, -1])) }), /./],
  'a tensor that starts beyond its numbers': [
    () => ({ 'model.pt': torchZip(weight([5, 27], [27, 1], 2 ** 31 - 1)) }),
    /./,
  ],
  'a PyTorch file in a folder that leads out': [
    () => ({ 'model.pt': torchZip(ordered(stateDict()), { folder: '../../../tmp', without: ['data/0'] }) }),
    /has no/,
  ],
  'tuples in tuples, 100,000 deep': [() => zipOfPickle('N', Buffer.alloc(1e5, '\x85'), '.'), /./],
  'lists in lists, 100,000 deep': [
    () => zipOfPickle(Buffer.alloc(1e5, ']'), Buffer.alloc(99_999, 'a'), '.'),
    /./,
  ],
  'a text that doubles by its memo': [
    () =>
      zipOfPickle(
        ']',
        ...Array.from({ length: 200 }, (_, i) =>
          codes(
            'q',
            Uint8Array.of(i),
            '0](',
            ...Array<Uint8Array>(50).fill(codes('h', Uint8Array.of(i))),
            'e',
          ),
        ),
        '.',
      ),
    /./,
  ],
  'a memo of 2^32 places': [() => zipOfPickle('}r', word(0xffffffff), '.'), /./],
  'a frame of 2^63 bytes': [() => zipOfPickle('\x95', word(0), word(0x80000000), '}.'), /./],
  '100,000 texts of one letter': [
    () =>
      zipOfPickle(
        ']',
        '(',
        Buffer.concat(Array.from({ length: 1e5 }, () => Buffer.from('X\x01\0\0\0a', 'latin1'))),
        'e.',
      ),
    /./,
  ],
};

export const TORCH_ATTACKS = attacks(ROWS, { role: 'model', network });
