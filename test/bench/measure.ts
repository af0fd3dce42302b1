/** CPU time of work, in nanoseconds per unit: the best and the median of many windows. */
export interface Figure {
  readonly best: number;
  readonly median: number;
}

/** CPU microseconds of this process so far, user and system. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Measures several pieces of work in turn, A B C A B C …, so that a machine whose speed drifts treats all alike. Each
 * call of `work` does some units and returns how many; the first round is warm-up and does not count.
 */
export function measure(work: Readonly<Record<string, () => number>>, rounds: number): Record<string, Figure> {
  const samples: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, body] of Object.entries(work)) {
      const beforeUs = cpuUs();
      const units = body();
      const usedUs = cpuUs() - beforeUs;
      if (round > 0) (samples[name] ??= []).push((usedUs * 1_000) / units);
    }
  }
  const figures: Record<string, Figure> = {};
  for (const [name, values] of Object.entries(samples)) {
    values.sort((a, b) => a - b);
    figures[name] = { best: values[0] as number, median: values[values.length >> 1] as number };
  }
  return figures;
}
