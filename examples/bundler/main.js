/** Prunes the LeNet-5 that comes with the package, in this page. `?device=wasm` computes on the processor. */
import {
  decodeMnist,
  holdBack,
  modelFromSafetensors,
  openEngine,
  run,
  splitMnist,
  tunedAnnealing,
  weightImportance,
  withValidation,
} from 'masksearch/browser';
// esbuild copies these files beside its output; an import gives the address from there.
import digitsFile from 'masksearch/data/mnist.safetensors';
import modelFile from 'masksearch/models/lenet5-mnist.safetensors';

const show = (id, text) => (document.getElementById(id).textContent = text);
const percent = (fraction) => `${(100 * fraction).toFixed(2)} %`;

async function load(file) {
  const response = await fetch(new URL(file, import.meta.url));
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function prune() {
  const model = modelFromSafetensors(await load(modelFile));
  const digits = splitMnist(decodeMnist(await load(digitsFile)));
  const device = new URLSearchParams(location.search).get('device') ?? undefined;
  const engine = await openEngine({ device });
  try {
    show('status', `Searching on ${engine.device.description || engine.device.kind}`);
    const { tuning, validation } = holdBack(digits.search);
    const evaluator = withValidation(
      await engine.evaluator(model, tuning),
      await engine.evaluator(model, validation),
    );
    const importance = await weightImportance('magnitude', model, tuning);
    const search = tunedAnnealing(evaluator, { importance, maxAccuracyDrop: 1, evaluations: 500 });
    const { unpruned, best, digest } = await run(search, evaluator, {
      onProgress({ proposals, totalProposals }) {
        document.getElementById('progress').value = proposals / totalProposals;
      },
    });

    const onTest = await engine.evaluator(model, digits.test);
    const [before, after] = await onTest.evaluate([{ masks: unpruned.masks }, { masks: best.masks }]);
    show('sparsity', percent(best.sparsity.global));
    show('before', percent(before.accuracy));
    show('after', percent(after.accuracy));
    show('digest', digest);
  } finally {
    await engine.close();
  }
}

prune().then(
  () => show('status', 'Done'),
  (error) => show('status', `Failed: ${error.message}`),
);
