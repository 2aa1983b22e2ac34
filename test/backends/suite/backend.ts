/** The device under test, and what all topics use. */
import { test } from 'uvu';
import type { Engine } from '../../../src/engine/backend.ts';
import type { Network } from '../../../src/network/network.ts';
import type { Candidate } from '../../../src/search/contract.ts';
import { randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';

/** A device in one configuration. */
export interface Configuration {
  /** For the names of tests. */
  readonly name: string;
  readonly open: () => Promise<Engine>;
  /** An open engine for all tests that do not close it. If undefined, every test opens its own. */
  readonly opened?: Engine;
}

/** A configuration for `testContract`, and the points in which backends may differ. */
export interface Backend extends Configuration {
  /** Whether pruned weights take no time. */
  readonly skipsPruned: boolean;
  /** Whether an abort ends a batch that is being evaluated. */
  readonly abortsInTheMiddle: boolean;
  /** Whether closing the engine completes the batch in progress, or else rejects it. */
  readonly finishesOnClose: boolean;
  /** Networks beyond chains of plain convolutions and dense layers that it runs, by name. */
  readonly graphs: Readonly<Record<string, Network>>;
  /** A batch that takes some tenths of a second, to interrupt it. */
  readonly long: { readonly network: Network; readonly images: number; readonly candidates: number };
  /** Source text that opens `engine`, for a process of its own. */
  readonly program: string;
}

/** Runs `action` on an engine and closes it. If the engine is shared, closes only the evaluators and calibrators of `action`. */
export async function withEngine(
  { open, opened }: Configuration,
  action: (engine: Engine) => Promise<void>,
): Promise<void> {
  if (!opened) {
    const engine = await open();
    return action(engine).finally(() => engine.close());
  }
  const closers: { close(): Promise<void> }[] = [];
  const remember = <T extends { close(): Promise<void> }>(one: T): T => {
    closers.push(one);
    return one;
  };
  const closeAll = async () => void (await Promise.all(closers.map((one) => one.close())));
  const engine: Engine = {
    device: opened.device,
    evaluator: async (...inputs) => remember(await opened.evaluator(...inputs)),
    calibrator: async (...inputs) => remember(await opened.calibrator(...inputs)),
    close: closeAll,
  };
  return action(engine).finally(closeAll);
}

/** A test that runs `action` on an engine; see `withEngine`. */
export function testOn(
  configuration: Configuration,
  name: string,
  action: (engine: Engine) => Promise<void>,
): void {
  test(`${configuration.name}: ${name}`, () => withEngine(configuration, action));
}

export const tiny = randomModel(tinyNetwork, 'tiny');

/** Candidates like those of a layer-wise search: each differs from one state in one layer, later ones in later layers. */
export function series(count: number): readonly Candidate[] {
  const current = randomMasks(tinyNetwork, 0.8, 'current');
  return Array.from({ length: count }, (_, i) => {
    const layer = Math.floor((i * current.length) / count);
    return { masks: current.with(layer, randomMasks(tinyNetwork, 0.5, `series ${i}`)[layer]!) };
  });
}
