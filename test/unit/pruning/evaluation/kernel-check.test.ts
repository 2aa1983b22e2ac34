import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMasks } from '../../../../src/core/mask.ts';
import { MasksearchError } from '../../../../src/core/error.ts';
import { takeImages } from '../../../../src/data/dataset.ts';
import type { Engine } from '../../../../src/engine/backend.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { loadMnist, loadModel, referenceEngine } from '../../../../src/node.ts';
import { checkOnKernels, relativeDifference } from '../../../../src/pruning/evaluation/kernel-check.ts';

const model = await loadModel();
const images = takeImages((await loadMnist()).search, 10);
const checked = { model, images, masks: fullMasks(problemOf(model.network).layers) };

/** The reference, as if it were an engine of that device. */
function engineOf(kind: 'webgpu' | 'wasm', software: boolean) {
  const inner = referenceEngine();
  const counts = { closed: 0 };
  const engine: Engine = {
    device: { kind, vendor: 'planted', architecture: '', description: 'a planted adapter', software },
    evaluator: (...args) => inner.evaluator(...args),
    calibrator: (...args) => inner.calibrator(...args),
    close() {
      counts.closed++;
      return inner.close();
    },
  };
  return { engine, counts };
}

const never = () => Promise.reject(new Error('opened'));

test('a search on WebGPU is checked on its own engine, on a software adapter only if asked', async () => {
  const hardware = engineOf('webgpu', false);
  const software = engineOf('webgpu', true);
  for (const [{ engine }, asked, expected] of [
    [hardware, false, true],
    [hardware, true, true],
    [software, false, false],
    [software, true, true],
  ] as const) {
    const check = await checkOnKernels(engine, checked, { openKernels: never, software: asked });
    assert.is(check !== undefined, expected);
    if (check) assert.equal([check.images, check.software], [10, engine.device.software]);
  }
  assert.equal([hardware.counts.closed, software.counts.closed], [0, 0], 'they are still needed');
});

test('otherwise the kernels are opened, on a software adapter only if asked, and closed', async () => {
  const { engine } = engineOf('wasm', true);
  for (const software of [false, true]) {
    const kernels = engineOf('webgpu', software);
    const asked: unknown[] = [];
    const check = await checkOnKernels(engine, checked, {
      software,
      openKernels(options) {
        asked.push(options);
        return Promise.resolve(kernels.engine);
      },
    });
    assert.equal(asked, [{ software }]);
    assert.equal([check!.software, check!.adapter], [software, 'a planted adapter']);
    assert.is(kernels.counts.closed, 1);
    assert.is(check!.loss, check!.referenceLoss, 'the reference against itself');
    assert.is(relativeDifference(check!), 0);
  }
});

test('without an adapter there is no check, but another error is one', async () => {
  const { engine } = engineOf('wasm', true);
  const noDevice = new MasksearchError('no-device', 'there is none', 'get one');
  for (const openKernels of [() => Promise.resolve(undefined), () => Promise.reject(noDevice)]) {
    assert.is(await checkOnKernels(engine, checked, { openKernels, software: true }), undefined);
  }
  const failed = await checkOnKernels(engine, checked, { openKernels: never, software: true }).catch(
    (error: Error) => error.message,
  );
  assert.is(failed, 'opened');
});

test('kernels that fail are closed', async () => {
  const { engine } = engineOf('wasm', true);
  const kernels = engineOf('webgpu', true);
  const broken: Engine = { ...kernels.engine, evaluator: () => Promise.reject(new Error('planted')) };
  const openKernels = () => Promise.resolve(broken);
  const message = await checkOnKernels(engine, checked, { openKernels, software: true }).catch(
    (error: Error) => error.message,
  );
  assert.is(message, 'planted');
  assert.is(kernels.counts.closed, 1);
});

test.run();
