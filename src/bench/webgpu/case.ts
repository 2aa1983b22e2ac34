/** A benchmark case on a WebGPU device: fills its buffers and reads its outputs. */
import { targetWords, type Targets } from '../../engine/targets.ts';
import { RECORD_LIMIT_WORDS, STATE_WORDS } from '../../kernels/loss-sum.ts';
import { lossParams } from '../../kernels/loss.ts';
import { QUAD, quadsOf, type Tiling } from '../../kernels/spec.ts';
import { layerParams } from '../../kernels/layer.ts';
import type { OpenCase } from '../bench-device.ts';
import type { KernelCase } from '../cases.ts';
import { PERIOD, repeatImages, UNWRITTEN, type Planted } from '../planted.ts';
import { workOf } from '../rates.ts';
import { firstInputs, isLoss, sizesOf, specOf } from '../shapes.ts';
import type { CaseOutput } from '../verify.ts';
import { TimedRun, type TimedDevice } from './timed-run.ts';

export async function openCase(
  device: TimedDevice,
  one: KernelCase,
  planted: Planted,
  tiling: Tiling,
): Promise<OpenCase> {
  const { shape, images, candidates } = one;
  const stride = quadsOf(images) * QUAD;
  const ofLoss = isLoss(shape);
  const options = {
    spec: specOf(shape),
    shape: undefined,
    images,
    candidates,
    contents: {
      ...(ofLoss ? lossContents(one, planted, stride) : layerContents(one, planted, stride)),
      states: new Uint32Array(candidates * STATE_WORDS),
    },
  };
  const run = await TimedRun.open(device, options, tiling);
  return {
    work: workOf(one),
    async output() {
      await run.time(1);
      if (!ofLoss) return { stride, y: new Float32Array(await run.read('y')) };
      return lossOutput(stride, await run.read('losses'), await run.read('states'));
    },
    time: (runs) => run.time(runs),
    close: () => run.close(),
  };
}

/** Words of a record: the limit of the sum of losses, and the slot of one mask. */
const RECORD_WORDS = RECORD_LIMIT_WORDS + 1;

/** Candidate k has no limit and its mask in slot k. */
function records(candidates: number): Uint32Array {
  return new Uint32Array(candidates * RECORD_WORDS).map((_, i) => {
    return i % RECORD_WORDS < RECORD_LIMIT_WORDS ? 0xffffffff : Math.floor(i / RECORD_WORDS);
  });
}

/** Every candidate has its own input, mask and output, as in a network after the first layer that differs. */
function layerContents({ shape, candidates }: KernelCase, planted: Planted, stride: number) {
  const { inputs, outputs } = sizesOf(shape);
  const first = firstInputs(shape);
  const placeOf = (size: number) => ({ first: 0, stride, candidate: size * stride });
  const { weight, bias, masks } = planted;
  return {
    params: layerParams({
      ...{ firstCandidate: 0, recordWords: RECORD_WORDS, mask: 0, images: stride },
      ...{ x: placeOf(first), second: placeOf(inputs - first), y: placeOf(outputs) },
    }),
    records: records(candidates),
    x: inputsOf(planted, candidates, stride, [0, first]),
    second: inputsOf(planted, candidates, stride, [first, inputs]),
    ...{ weight, bias, scale: weight, shift: bias },
    mask: repeatCandidates(masks, candidates, Uint32Array),
    y: new Float32Array(candidates * outputs * stride).fill(UNWRITTEN),
  };
}

function lossContents({ shape, candidates, images }: KernelCase, planted: Planted, stride: number) {
  const targets = planted.targets!;
  return {
    params: lossParams({
      firstCandidate: 0,
      recordWords: RECORD_WORDS,
      images,
      scoresStride: stride,
      scoresCandidate: sizesOf(shape).inputs * stride,
      firstPlace: 0,
      lossRows: candidates,
      lossesCandidate: stride,
      targetsStride: stride,
      scale: targets.loss.scale,
    }),
    records: records(candidates),
    scores: inputsOf(planted, candidates, stride, [0, sizesOf(shape).inputs]),
    targets: targetRows(targets, stride),
    losses: new Uint32Array(candidates * stride).fill(0xffffffff),
  };
}

/** [target, image]: rows of `stride` images. */
function targetRows(targets: Targets, stride: number): Uint32Array {
  const { perImage } = targets;
  const words = targetWords(targets);
  return Uint32Array.from({ length: perImage * stride }, (_, i) => {
    return words[((i % stride) % PERIOD) * perImage + Math.floor(i / stride)]!;
  });
}

/** [candidate, input, image] f32, of the inputs from `from` to before `to`. */
function inputsOf(
  { x }: Planted,
  candidates: number,
  stride: number,
  [from, to]: readonly [from: number, to: number],
): Float32Array {
  const first = x
    .slice(0, candidates)
    .map((rows) => repeatImages(rows.subarray(from * QUAD, to * QUAD), stride));
  return repeatCandidates(first, candidates, Float32Array);
}

/** The data of all candidates: that of candidate k is `first[k % PERIOD]`. */
function repeatCandidates<T extends Float32Array | Uint32Array>(
  first: readonly T[],
  candidates: number,
  Type: new (length: number) => T,
): T {
  const { length } = first[0]!;
  const all = new Type(length * candidates);
  for (let k = 0; k < candidates; k++) all.set(first[k % PERIOD]!, k * length);
  return all;
}

function lossOutput(stride: number, losses: ArrayBuffer, states: ArrayBuffer): CaseOutput {
  const words = new Uint32Array(states);
  const sums = Array.from({ length: words.length / STATE_WORDS }, (_, candidate) => {
    const [low, high, correct] = words.subarray(candidate * STATE_WORDS);
    return { units: high! * 2 ** 32 + low!, correct: correct! };
  });
  return { stride, losses: new Uint32Array(losses), sums };
}
