import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BufferSet } from '../../../../src/engine/webgpu/device/buffer-set.ts';
import { DeviceParameters } from '../../../../src/engine/webgpu/device-parameters.ts';
import { fuse } from '../../../../src/network/fuse.ts';
import { GRAPHS } from '../../../helpers/data/graphs/index.ts';
import { randomModel, tinyNetwork } from '../../../helpers/data/models.ts';
import { fakeContext } from './fake-context.ts';

const changed = { weight: new Float32Array(27), bias: undefined };

function open(network: typeof tinyNetwork, model = randomModel(network, 'device')) {
  const { context, writes } = fakeContext();
  const parameters = new DeviceParameters(context, new BufferSet(context), model, fuse(network));
  const uploaded = writes.splice(0);
  const place = (...placed: Parameters<DeviceParameters['place']>) => {
    parameters.place(...placed);
    return writes.splice(0);
  };
  return { parameters, uploaded, place };
}

test('what lies on the device is not written again', () => {
  const { parameters, place } = open(tinyNetwork);
  assert.equal(place(0, undefined), []);
  assert.equal(place(0, changed), ['conv1 weight']);
  assert.equal(place(0, { ...changed }), []);
  assert.equal(place(0, { weight: undefined, bias: new Float32Array(3) }), ['conv1 weight', 'conv1 bias']);
  assert.equal(place(0, undefined), ['conv1 bias']);
  assert.is(parameters.writtenBytes, 4 * (27 + 27 + 3 + 3));
});

test('after a failed batch everything is written again, if batches have written anything', () => {
  const { parameters, place } = open(tinyNetwork);
  parameters.release();
  assert.equal(place(0, undefined), []);
  place(0, changed);
  parameters.release();
  assert.equal(place(0, changed), ['conv1 weight', 'conv1 bias']);
  assert.equal(place(1, undefined), ['conv2 weight', 'conv2 bias']);
});

test('a tensor that layers share is uploaded once, and one array under two names twice', () => {
  const { uploaded, parameters, place } = open(GRAPHS['shared weights']);
  const shared = uploaded.filter((label) => label === 'shared weight');
  assert.is(shared.length, 1);
  assert.is(parameters.buffersOf(1).weight, parameters.buffersOf(2).weight);
  const weight = new Float32Array(81);
  assert.equal(place(1, { weight, bias: undefined }), ['shared weight']);
  assert.equal(place(2, { weight, bias: undefined }), []);

  const model = randomModel(GRAPHS['shared weights'], 'aliases');
  const tensors = new Map(model.tensors).set('second.bias', model.tensors.get('first.bias')!);
  const aliases = open(model.network, { ...model, tensors }).parameters;
  assert.is.not(aliases.buffersOf(1).bias, aliases.buffersOf(2).bias);
});

test.run();
