/** Seconds of `runs` calls, one after the other, by the host's clock. */
export function timeCalls(call: () => void, runs: number): Promise<number> {
  const started = performance.now();
  for (let run = 0; run < runs; run++) call();
  return Promise.resolve((performance.now() - started) / 1000);
}
