/** CPU time of work, in nanoseconds per unit: the best and the median of many windows. */
export interface Figure {
  readonly best: number;
  readonly median: number;
}

/** CPU microseconds of this process so far, user and system. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Measures several pieces of work in turn, A B C A B C …, so that a machine whose speed drifts treats all alike. Each
 * call of `work` does some units and returns how many; the first round is warm-up and does not count.
 */
export function measure(work: Readonly<Record<string, () => number>>, rounds: number): Record<string, Figure> {
  const samples = new Samples();
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, body] of Object.entries(work)) {
      const beforeUs = cpuUs();
      const units = body();
      if (round > 0) samples.add(name, cpuUs() - beforeUs, units);
    }
  }
  return samples.figures();
}

/** The same for work that waits for other threads, whose CPU time counts. */
export async function measureAsync(
  work: Readonly<Record<string, () => Promise<number>>>, rounds: number,
): Promise<Record<string, Figure>> {
  const samples = new Samples();
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, body] of Object.entries(work)) {
      const beforeUs = cpuUs();
      const units = await body();
      if (round > 0) samples.add(name, cpuUs() - beforeUs, units);
    }
  }
  return samples.figures();
}

class Samples {
  private readonly byName = new Map<string, number[]>();

  add(name: string, usedUs: number, units: number): void {
    const values = this.byName.get(name) ?? [];
    values.push((usedUs * 1_000) / units);
    this.byName.set(name, values);
  }

  figures(): Record<string, Figure> {
    const figures: Record<string, Figure> = {};
    for (const [name, values] of this.byName) {
      values.sort((a, b) => a - b);
      figures[name] = { best: values[0] as number, median: values[values.length >> 1] as number };
    }
    return figures;
  }
}
