/** Times the article's schedule on masksearch and on its peers, taking turns in one process. */
import { cpus } from 'node:os';
import { takeImages } from 'masksearch';
import { loadModel } from 'masksearch/node';
import { findBatchSize, type Sweep } from './batch-size.ts';
import { contestants, type Contestant, type Workload } from './contestants.ts';
import { allImages } from './digits.ts';
import { countOption, deviceOption, readOptions, runCommand, sharedOptions, UsageError } from './options.ts';
import { rowOf, tableOf } from './rows.ts';
import { takeTurn, type Turn } from './turn.ts';

const options = {
  images: { placeholder: 'N', description: 'first N of training, search and test images (10000)' },
  iterations: { placeholder: 'N', description: 'proposals per layer (200)' },
  threads: { placeholder: 'N', description: 'threads of every contestant that has any (2)' },
  repeats: { placeholder: 'N', description: 'turns of each peer (3)' },
  only: { placeholder: 'NAME,…', description: 'these peers, such as onnxruntime or tfjs-wasm-optimized' },
  batch: { placeholder: 'N', description: 'batch size of every peer, in place of the best found' },
  sample: { placeholder: 'N', description: 'extrapolate the schedules of plain peers from N candidates' },
  json: { placeholder: '', description: 'print one JSON object and nothing else on standard output' },
  ...sharedOptions,
};

/** Full forward passes of a turn. */
const PASSES = 5;

await runCommand(async () => {
  const given = readOptions('bench', options);
  const count = (name: keyof typeof options, otherwise: number) => countOption(name, given[name], otherwise);
  const [images, iterations, threads, repeats] = [
    count('images', 10_000),
    count('iterations', 200),
    count('threads', 2),
    count('repeats', 3),
  ];
  const passes = count('sample', PASSES);
  const device = deviceOption(given.device);
  const [ours, ...all] = contestants(device);
  const peers = chosen(all, given.only);
  const workload = { model: await loadModel(), images: takeImages(await allImages(), images) };

  const sweeps = new Map<Contestant, Sweep>();
  for (const peer of peers) {
    if (given.batch === undefined) sweeps.set(peer, await sweep(peer, workload, threads));
  }
  const batchSizeOf = (contestant: Contestant) =>
    contestant.batched ? count('batch', sweeps.get(contestant)?.best ?? images) : undefined;

  const turns = new Map<Contestant, Turn[]>();
  const take = async (contestant: Contestant, repeat: number) => {
    const turn = await takeTurn(contestant, workload, {
      threads,
      iterations,
      passes,
      batchSize: batchSizeOf(contestant) ?? images,
      extrapolate: given.sample !== undefined,
    });
    turns.set(contestant, [...(turns.get(contestant) ?? []), turn]);
    const note = turn.history ? `${turn.history.length} accepted` : 'extrapolated';
    say(`turn ${repeat + 1}: ${contestant.name} ${turn.scheduleSeconds.toFixed(2)} s, ${note}`);
  };
  for (let repeat = 0; repeat < repeats; repeat++) {
    if (peers.length === 0) await take(ours, repeat);
    for (const peer of peers) {
      await take(ours, repeat);
      await take(peer, repeat);
    }
  }

  const ofOurs = turns.get(ours)!;
  const rows = [...turns].map(([contestant, its]) => rowOf(contestant, its, ofOurs, batchSizeOf(contestant)));
  const setting = {
    processor: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    images,
    iterations,
    threads,
    repeats,
  };
  if (given.json === true) {
    const tried = Object.fromEntries([...sweeps].map(([{ name }, { tried }]) => [name, tried]));
    console.log(JSON.stringify({ ...setting, batchSizes: tried, rows }, null, 2));
  } else {
    console.log(
      Object.entries(setting)
        .map((entry) => entry.join(' '))
        .join(', '),
    );
    console.log(`\n${tableOf(rows)}\n\nMedians, in brackets the smallest and the largest.`);
    if (given.sample !== undefined)
      console.log(`Extrapolated: candidates times the mean of ${passes} passes.`);
  }
  return 0;
});

/** The peers that `only` names by runtime or in full; all if it is not given. */
function chosen(peers: readonly Contestant[], only: string | boolean | undefined): readonly Contestant[] {
  if (typeof only !== 'string') return peers;
  const names = only.split(',').map((name) => name.trim());
  const known = ['masksearch', ...peers.flatMap(({ name, runtime }) => [name, runtime])];
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    throw new UsageError(`--only names '${wrong}', there are ${[...new Set(known)].join(', ')}`);
  }
  return peers.filter(({ name, runtime }) => names.includes(name) || names.includes(runtime));
}

async function sweep(peer: Contestant, workload: Workload, threads: number): Promise<Sweep> {
  const found = await findBatchSize(peer, workload, threads);
  const tried = found.tried.map(({ size, seconds }) => `${size}: ${(seconds * 1000).toFixed(0)} ms`);
  say(`batch size of ${peer.name}: ${found.best} (${tried.join(', ')})`);
  return found;
}

/** What is going on, for people: standard output is for results. */
function say(text: string): void {
  console.error(text);
}
