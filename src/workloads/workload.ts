import type { RandomStream } from '../contract/context.ts';
import type { Operation } from '../contract/session.ts';
import type { OperationSource, Seen } from '../contract/workload.ts';
import { CHANGES, type Change, questions, type WorkloadKind } from './kinds.ts';

export type { WorkloadKind } from './kinds.ts';

/** What clients do, over and over. */
export interface Workload {
  readonly kind: WorkloadKind;
  /** Keys are `k0`, `k1`, …, drawn uniformly. */
  readonly keys: number;
  /** Share of reads, and of other questions. Locks have none. */
  readonly readPerMillion: number;
  /** Pause between two operations of one client. */
  readonly thinkUs: { readonly min: number; readonly max: number };
}

/** The generator of a workload. It keeps nothing between two calls, so one serves all clients. */
export function createWorkload({ kind, keys, readPerMillion, thinkUs }: Workload): OperationSource {
  const change: Change = CHANGES[kind];
  const question = questions(kind);
  const names = Array.from({ length: keys }, (_, number) => `k${number}`);
  return {
    next(random: RandomStream, seen: Seen): Operation {
      const key = names[random.between(0, keys - 1)] as string;
      if (question !== null && random.chance(readPerMillion)) return question(random, seen, key);
      return change(random, seen, key);
    },
    thinkUs: (random: RandomStream): number => random.between(thinkUs.min, thinkUs.max),
  };
}
