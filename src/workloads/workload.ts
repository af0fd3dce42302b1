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
export function createWorkload(workload: Workload): OperationSource {
  return new Source(workload);
}

/** A class, because functions made anew for each run throw away what V8 has optimised for those of the last one. */
class Source implements OperationSource {
  private readonly workload: Workload;
  private readonly change: Change;
  private readonly question: Change | null;
  private readonly names: readonly string[];

  constructor(workload: Workload) {
    this.workload = workload;
    this.change = CHANGES[workload.kind];
    this.question = questions(workload.kind);
    this.names = Array.from({ length: workload.keys }, (_, number) => `k${number}`);
  }

  next(random: RandomStream, seen: Seen): Operation {
    const { names, question, change } = this;
    const key = names[random.between(0, names.length - 1)] as string;
    if (question !== null && random.chance(this.workload.readPerMillion)) return question(random, seen, key);
    return change(random, seen, key);
  }

  thinkUs(random: RandomStream): number {
    const { min, max } = this.workload.thinkUs;
    return random.between(min, max);
  }
}
