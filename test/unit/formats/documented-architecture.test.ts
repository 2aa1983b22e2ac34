/** docs/networks.md tells people how to write the graph of a network beside its weights. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeArchitecture, encodeArchitecture } from '../../../src/formats/architecture.ts';
import { parameterShapes } from '../../../src/network/parameter-shapes.ts';
import { GRAPHS } from '../../helpers/data/graphs/index.ts';

const page = await readFile(join(import.meta.dirname, '../../../docs/networks.md'), 'utf8');

test('the example is a network with the tensors of its state dict', () => {
  const [, nodes] = /^nodes = (\[\n[^]*?^\])/m.exec(page)!;
  const [, rest] = /^architecture = \{(.*)"nodes": nodes, (.*)\}$/m.exec(page)!.slice(0, 2);
  assert.ok(rest);
  const json = `{${rest}"nodes": ${nodes!.replace(/,\n\]/, '\n]')}, "output": "out"}`;
  const network = decodeArchitecture(json);
  assert.equal(
    [...parameterShapes(network)],
    [
      ['0.weight', [48, 784]],
      ['0.bias', [48]],
      ['2.weight', [10, 48]],
      ['2.bias', [10]],
    ],
  );
});

test('the table has every kind of node with every field', () => {
  const section = page.slice(page.indexOf('## Files'));
  const rows = new Map(
    [...section.matchAll(/^\| `(\w+)` +\| (.*) \|$/gm)].map(([, kind, fields]) => [
      kind!,
      [...fields!.matchAll(/`(\w+)`/g)].map(([, field]) => field!),
    ]),
  );
  const common = ['kind', 'name', 'inputs'];
  const kinds = new Set<string>();
  for (const network of Object.values(GRAPHS)) {
    const { nodes } = JSON.parse(encodeArchitecture(network)) as { nodes: Record<string, unknown>[] };
    for (const node of nodes) {
      const kind = node['kind'] as string;
      kinds.add(kind);
      for (const field of Object.keys(node)) {
        const isKnown = common.includes(field) || rows.get(kind)?.includes(field);
        assert.ok(isKnown, `${kind} has no ${field} in the table`);
      }
    }
  }
  assert.is(kinds.size, 11);
});

test.run();
