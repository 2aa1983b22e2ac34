/** The order of the optimal brain surgeon over all layers, without any evaluation of the network. */
import { MasksearchError } from '../../core/error.ts';
import { countPruned } from '../../core/mask.ts';
import { totalOf } from '../../core/math.ts';
import { MAX_MOMENT_INPUTS } from '../../engine/backend.ts';
import { checkAborted } from '../../engine/check-aborted.ts';
import type { Model } from '../../network/model.ts';
import { problemOf } from '../../network/problem.ts';
import { cheapest, without, type PricedRow } from '../../repair/allocation.ts';
import { layerMoments } from '../../repair/layer-moments.ts';
import { LayerFit } from '../../repair/layer-fit.ts';
import { Surgeon } from '../../repair/obs.ts';
import { outputVariances, variancePrices } from '../../repair/prices.ts';
import { DEFAULT_RIDGE, keptIn, repairableLayers } from '../../repair/repair.ts';
import type { RepairedNetwork } from '../../repair/round.ts';
import type { Abortable, Calibration, Ranking } from './calibration.ts';

/** Names of the layers that the surgeon cannot order, as their outputs have too many inputs. */
export function unrankedLayers(model: Model): readonly string[] {
  const { layers } = problemOf(model.network);
  return repairableLayers(model).flatMap((rows, layer) => (rows ? [] : layers[layer]!.name));
}

export class SurgeonRanking {
  readonly #calibration: Calibration;
  #prices: ReturnType<typeof variancePrices> | undefined;

  constructor(calibration: Calibration) {
    this.#calibration = calibration;
  }

  /** Rejects like `Calibrator.moments`. The ranking throws 'limit-exceeded' for more zeros than the layers that it can order have weights. */
  async rank({ masks, tensors }: RepairedNetwork, { signal }: Abortable): Promise<Ranking> {
    const { calibrator, model } = this.#calibration;
    const prices = (this.#prices ??= await this.#layerPrices(signal));
    const rows: PricedRow[] = [];
    const inputs: number[] = [];
    for (const [layer, own] of repairableLayers(model).entries()) {
      inputs.push(0);
      if (!own) continue;
      const moments = await layerMoments(calibrator, layer, own, tensors, signal);
      const fit = new LayerFit(moments, own.of(model.tensors), own.hasBias);
      inputs[layer] = fit.inputs;
      const surgeon = new Surgeon(fit, DEFAULT_RIDGE);
      for (const [output, row] of own.of(tensors).entries()) {
        // So that timers run and an abort is seen.
        await new Promise((resolve) => setTimeout(resolve));
        checkAborted(signal);
        const trace = surgeon.trace(output, keptIn(masks[layer]!, output, fit.inputs), row);
        rows.push({ layer, output, trace, price: prices[layer]![output]! });
      }
    }
    const pruned = countPruned(masks);
    const most = pruned + totalOf(rows.map(({ trace }) => trace.order.length));
    return (zeros) => {
      if (zeros > most) throw tooMany(model, zeros, most);
      return without(masks, rows, cheapest(rows, zeros - pruned), inputs);
    };
  }

  async #layerPrices(signal: AbortSignal | undefined) {
    const { calibrator, model } = this.#calibration;
    return variancePrices(await outputVariances(calibrator, model, { signal }));
  }
}

function tooMany(model: Model, zeros: number, most: number): MasksearchError {
  return new MasksearchError(
    'limit-exceeded',
    `the optimal brain surgeon can prune ${most} weights, not ${zeros}: it does not order layers of more than ${MAX_MOMENT_INPUTS} inputs an output (${unrankedLayers(model).join(', ')})`,
    'prune fewer weights, or by another criterion',
  );
}
