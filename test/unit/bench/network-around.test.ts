import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isLoss, layerOf, SHAPES } from '../../../src/bench/shapes.ts';
import { networkAround } from '../../../src/bench/wasm/network-around.ts';
import { fuse } from '../../../src/network/fuse.ts';

const shapes = SHAPES.filter((shape) => !isLoss(shape));

test('every benchmarked layer is one of its network, reads what is cached, and is read', () => {
  assert.ok(shapes.length >= 14, `${shapes.length} shapes`);
  for (const shape of shapes) {
    const layers = fuse(networkAround(shape));
    const at = layers.findIndex(({ name }) => name === shape.name);
    const { kind, shape: found, reads } = layers[at]!;
    assert.equal({ kind, shape: found }, layerOf(shape), shape.name);
    assert.not(reads.includes(0), `${shape.name} reads the images`);
    assert.ok(
      layers.slice(at + 1).some((later) => later.reads.includes(at + 1)),
      shape.name,
    );
  }
});

test.run();
