/** HDF5 files of our own writer, in both layouts of the format, against another reader; and real ones. */
import { readFile } from 'node:fs/promises';
import { File } from 'jsfive';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeNumbers, ELEMENT_BYTES } from '../../../../src/formats/arrays/numbers.ts';
import { openHdf5, type Hdf5Object } from '../../../../src/formats/hdf5/file.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { hdf5File, type H5Node, type H5Options } from '../../../helpers/keras/hdf5-writer.ts';
import { testWithShared } from '../../../helpers/shared.ts';

const FLOATS = ['float16', 'float32', 'float64'] as const;
const values = [1, -2.5, 0.125, 3, 1024, -0.75];

const tree: H5Node = {
  attributes: { version: '2.3.0-tf', long: 'x'.repeat(70_000), names: ['a', 'bcd', 'group of a group'] },
  children: {
    ...Object.fromEntries(
      FLOATS.flatMap((type) =>
        [false, true].map((bigEndian) => [
          `${type} ${bigEndian}`,
          { dataset: { shape: [2, 3], values, type, bigEndian } },
        ]),
      ),
    ),
    compact: { dataset: { shape: [6], values, layout: 'compact' } },
    scalar: { dataset: { shape: [], values: [7] } },
    empty: { dataset: { shape: [0, 4], values: [] } },
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `group ${i}`,
        { children: { deep: { attributes: { at: `${i}` } } } },
      ]),
    ),
  },
};

const LAYOUTS: readonly H5Options[] = [{}, { leaf: 3 }, { latest: true }];

function numbersIn(file: Uint8Array, object: Hdf5Object): number[] {
  const { shape, type, bigEndian, begin } = object.dataset();
  const bytes = shape.reduce((product, size) => product * size, ELEMENT_BYTES[type]);
  return [...decodeNumbers(file.subarray(begin, begin + bytes), type, bigEndian)];
}

for (const options of LAYOUTS) {
  test(`groups, attributes and datasets: ${JSON.stringify(options)}`, () => {
    const file = hdf5File(tree, options);
    const root = openHdf5(file);
    assert.equal([...root.names].sort(), Object.keys(tree.children!).sort());
    assert.equal(root.texts('version'), ['2.3.0-tf']);
    assert.equal(root.texts('long'), ['x'.repeat(70_000)]);
    assert.equal(root.texts('names'), ['a', 'bcd', 'group of a group']);
    assert.is(root.texts('other'), undefined);
    for (const type of FLOATS)
      for (const bigEndian of [false, true])
        assert.equal(numbersIn(file, root.get(`${type} ${bigEndian}`)!), values);
    assert.equal(numbersIn(file, root.get('compact')!), values);
    assert.equal(numbersIn(file, root.get('scalar')!), [7]);
    assert.equal(root.get('empty')!.dataset().shape, [0, 4]);
    assert.equal(root.get('group 39/deep')!.texts('at'), ['39']);
    assert.ok(root.get('group 39/deep')!.isGroup && !root.get('scalar')!.isGroup);
    assert.is(root.get('group 40'), undefined);
    assert.is(root.get('group 1/none'), undefined);
  });

  test(`another reader finds the same: ${JSON.stringify(options)}`, () => {
    const bytes = hdf5File(tree, options);
    const file = new File(new Uint8Array(bytes).buffer);
    assert.equal([...file.keys].sort(), [...openHdf5(bytes).names].sort());
    assert.is(file.attrs['version'], '2.3.0-tf');
    assert.is((file.attrs['long'] as string).length, 70_000);
    for (const type of FLOATS)
      for (const bigEndian of [false, true])
        assert.equal([...file.get(`${type} ${bigEndian}`).value], values);
    assert.is(file.get('group 39/deep').attrs['at'], '39');
  });
}

test('what is not read is refused by name', async () => {
  const file = hdf5File({
    children: {
      texts: { attributes: {}, children: {} },
    },
  });
  const root = openHdf5(file);
  await assertBadInput(() => root.get('texts')!.dataset(), /has no dataset at "\/texts"/);
  await assertBadInput(() => openHdf5(Uint8Array.of(1, 2, 3)), /does not start as one/);
});

/** Each writes a number where it does most damage. */
const DAMAGES: Readonly<Record<string, (file: Uint8Array, view: DataView) => void>> = {
  'a tree that contains itself': (file, view) => {
    const tree = find(file, 'TREE');
    file[tree + 5] = 255;
    view.setBigUint64(tree + 32, BigInt(tree), true);
  },
  'trees that share their branches': (file, view) => {
    // Two children each, which are the same: 2^200 paths.
    const root = find(file, 'TREE');
    file[root + 5] = 200;
    view.setUint16(root + 6, 2, true);
    const other = BigInt(find(file.subarray(0, root), 'TREE'));
    for (const at of [32, 48]) view.setBigUint64(root + at, other, true);
  },
  'a header that continues in itself': (_, view) => {
    // The message of the root's header that says where its attributes are.
    const root = Number(view.getBigUint64(64, true));
    for (let at = root + 16; at < root + 200; at += 8)
      if (view.getUint16(at, true) === 0x10 && view.getUint16(at + 2, true) === 16) {
        view.setBigUint64(at + 8, BigInt(root + 16), true);
        view.setBigUint64(at + 16, BigInt(at - root + 8), true);
        return;
      }
    throw new Error('no continuation');
  },
  'a heap of names outside': (file, view) => view.setBigUint64(find(file, 'HEAP') + 24, 2n ** 40n, true),
  'a symbol at no address': (file, view) => view.setBigUint64(find(file, 'SNOD') + 16, 2n ** 63n, true),
  'a count of 65,535 symbols': (file, view) => view.setUint16(find(file, 'SNOD') + 6, 65_535, true),
  'a base address': (_, view) => view.setBigUint64(24, 512n, true),
  'a text in no heap': (file) => (file[find(file, 'GCOL')] = 0),
};

const find = (file: Uint8Array, letters: string) => {
  for (let at = 8 * Math.floor((file.length - 8) / 8); at >= 0; at -= 8)
    if ([...letters].every((letter, i) => file[at + i] === letter.charCodeAt(0))) return at;
  throw new Error(`no ${letters}`);
};

for (const [name, damage] of Object.entries(DAMAGES)) {
  test(`damaged: ${name}`, async () => {
    const file = hdf5File(tree);
    damage(file, new DataView(file.buffer));
    const start = performance.now();
    await assertBadInput(() => {
      const root = openHdf5(file);
      root.texts('long');
      for (const child of root.names)
        assert.ok(root.get(child)!.isGroup === true || root.get(child)!.names.length === 0);
    }, /HDF5 file/);
    assert.ok(performance.now() - start < 1000);
  });
}

testWithShared(
  'models/tiny_ic_resnet8.h5',
  'every dataset of a real file as another reader finds it',
  async (path) => {
    const bytes = new Uint8Array(await readFile(path));
    const [own, other] = [
      openHdf5(bytes).get('model_weights')!,
      new File(new Uint8Array(bytes).buffer).get('model_weights'),
    ];
    let datasets = 0;
    for (const layer of own.texts('layer_names')!)
      for (const weight of own.get(layer)!.texts('weight_names') ?? []) {
        const found = other.get(`${layer}/${weight}`);
        assert.equal(own.get(`${layer}/${weight}`)!.dataset().shape, [...found.shape]);
        assert.equal(numbersIn(bytes, own.get(`${layer}/${weight}`)!), [...found.value]);
        datasets++;
      }
    assert.is(datasets, 48);
  },
);

test.run();
