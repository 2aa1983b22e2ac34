/** PyTorch files on the command line: a draft of their network, its correction, and what is pruned with it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeArchitecture } from '../../../src/formats/architecture.ts';
import { modelFromTorch } from '../../../src/formats/torch/model.ts';
import { assertRefusedHere, inFolder, runHere } from '../../helpers/cli.ts';
import { npyBytes, npz } from '../../helpers/data/npy.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { ordered, torchZip } from '../../helpers/torch/file.ts';
import { network, stateDict } from '../../helpers/torch/network.ts';

const random = generator('architecture');
const images = 40;
const data = npz({
  x: npyBytes(
    [images, 8, 8],
    Uint8Array.from({ length: images * 64 }, () => random.below(256)),
  ),
  y: npyBytes(
    [images],
    Uint8Array.from({ length: images }, (_, i) => i % 4),
  ),
});

async function inFiles(body: (dir: string) => Promise<void>): Promise<void> {
  await inFolder(async (dir) => {
    await writeFile(join(dir, 'net.pth'), torchZip(ordered(stateDict())));
    await writeFile(join(dir, 'net.json'), encodeArchitecture(network));
    await writeFile(join(dir, 'data.npz'), data);
    await body(dir);
  });
}

const succeed = async (line: string, cwd: string) => {
  const { code, stdout, stderr } = await runHere(line, { cwd });
  assert.is(code, 0, stderr);
  return { stdout, stderr };
};

test('weights without a graph name the options that give one', () =>
  inFiles(async (dir) => {
    await assertRefusedHere(
      'inspect net.pth',
      /net\.pth: the file holds weights and no graph, .*; pass its graph as --architecture, which masksearch inspect --write-architecture drafts/,
      { cwd: dir },
    );
  }));

test('a draft is written, refused while questions are open, and read once they are settled', () =>
  inFiles(async (dir) => {
    const { stdout } = await succeed('inspect net.pth --write-architecture draft.json', dir);
    assert.match(stdout, /^Wrote draft\.json: 7 nodes, input 1 x 8 x 8\./);
    assert.match(stdout, /What the shapes do not tell:\n- /);
    await assertRefusedHere(
      'inspect net.pth --architecture draft.json',
      /draft\.json: the architecture is a draft that leaves \d+ questions open: .*; correct the network where they say, then remove the list open/,
      { cwd: dir },
    );
    await assertRefusedHere(
      'inspect net.pth --write-architecture draft.json',
      /--write-architecture is draft\.json but must be a file that does not exist yet/,
      { cwd: dir },
    );
    const { open, ...settled } = JSON.parse(await readFile(join(dir, 'draft.json'), 'utf8')) as {
      open: string[];
    };
    assert.ok(open.length >= 3);
    await writeFile(join(dir, 'settled.json'), JSON.stringify(settled));
    const inspected = await succeed('inspect net.pth --architecture settled.json', dir);
    assert.match(inspected.stdout, /conv\s+conv2d 3 x 3\s+3 x 6 x 6/);
    const json = JSON.parse(
      (await succeed('inspect net.pth --write-architecture again.json --json', dir)).stdout,
    ) as {
      open: string[];
    };
    assert.equal(json.open, open);
  }));

test('the network of a file that holds it is written without questions', () =>
  inFiles(async (dir) => {
    await succeed('inspect net.pth --architecture net.json --write-architecture same.json', dir);
    const written = JSON.parse(await readFile(join(dir, 'same.json'), 'utf8')) as unknown;
    assert.equal(written, JSON.parse(encodeArchitecture(network)));
  }));

test('prune writes the file with zeros in place, and pick takes another point of the run', () =>
  inFiles(async (dir) => {
    const line =
      'prune --model net.pth --architecture net.json --data data.npz --preset tuned --evaluations 60 --max-loss-rise 50 --device reference --images 12 --seed 1 --out run';
    await succeed(line, dir);
    const files = await readdir(join(dir, 'run'));
    assert.ok(files.includes('pruned.pth') && !files.includes('pruned.safetensors'), files.join());
    const result = JSON.parse(await readFile(join(dir, 'run', 'result.json'), 'utf8')) as {
      reading: unknown;
      final: { sparsity: { global: number } };
    };
    assert.equal(result.reading, { architecture: 'net.json' });
    const pruned = await readFile(join(dir, 'run', 'pruned.pth'));
    const { tensors } = modelFromTorch({ name: 'pruned.pth', bytes: pruned }, { architecture: network });
    const weights = ['conv.weight', 'fc.weight', 'out.weight'].flatMap((name) => [...tensors.get(name)!]);
    const zeros = weights.filter((value) => value === 0).length;
    assert.ok(zeros > 0);
    assert.is(zeros, Math.round(result.final.sparsity.global * weights.length));
    await succeed('pick run --at sparsity=0 --out picked', dir);
    assert.ok((await readdir(join(dir, 'picked'))).includes('pruned.pth'));
  }));

test('what is wrong with an architecture is said with its file', () =>
  inFiles(async (dir) => {
    const refused = async (text: string, pattern: RegExp) => {
      await writeFile(join(dir, 'bad.json'), text);
      await assertRefusedHere('inspect net.pth --architecture bad.json', pattern, { cwd: dir });
    };
    await refused('{', /bad\.json: the architecture in the file is not JSON; correct it as docs/);
    await refused(
      encodeArchitecture(network).replace('"outputs":5', '"outputs":7'),
      /net\.pth: tensor fc\.weight is float32 \[5, 27\], only \[7, 27\] is allowed; correct the network of --architecture/,
    );
    await assertRefusedHere(
      'inspect net.pth --architecture none.json',
      /architecture file none\.json does not exist/,
      {
        cwd: dir,
      },
    );
  }));

test('warnings about a file go to standard error', () =>
  inFiles(async (dir) => {
    const { 'out.weight': head, ...members } = stateDict();
    await writeFile(
      join(dir, 'more.pth'),
      torchZip(ordered({ ...members, 'out.weight': head!, 'aux.weight': head! })),
    );
    const { stderr } = await succeed('inspect more.pth --architecture net.json', dir);
    assert.is(stderr, '');
    const other = stateDict('float64')['out.weight']!;
    await writeFile(join(dir, 'more.pth'), torchZip(ordered({ ...stateDict(), 'aux.weight': other })));
    const warned = await succeed('inspect more.pth --architecture net.json', dir);
    assert.match(
      warned.stderr,
      /^Warning: the network uses 6 tensors of the file and not "aux\.weight"\.\n$/,
    );
  }));

test.run();
