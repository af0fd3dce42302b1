import type { RandomStream } from '../contract/context.ts';
import type { Operation } from '../contract/session.ts';
import type { OperationSource, Seen } from '../contract/workload.ts';
import { assert } from '../kernel/assert.ts';
import { CHANGES, type Change, type OperationKind, questions } from './kinds.ts';
import { persistentWatch, setsWatch } from './znodes.ts';

export type { OperationKind } from './kinds.ts';

/** `lock`: uses a lock service, and writes to what the lock protects. */
export type WorkloadKind = OperationKind | 'lock';

/** What clients do, over and over. */
export interface Workload {
  readonly kind: WorkloadKind;
  /** Keys are `k0`, `k1`, …, drawn uniformly. Of double barriers there is one. */
  readonly keys: number;
  /** Share of reads, and of other questions. Locks have none. */
  readonly readPerMillion: number;
  /** Of a tree: share of watches that stand until they are removed, among all that are set; `null`: none. */
  readonly persistentWatchPerMillion: number | null;
  /** Pause between two operations of one client. */
  readonly thinkUs: { readonly min: number; readonly max: number };
}

/** The generator of a workload, other than `lock`. It keeps nothing between two calls, so one serves all clients. */
export function createWorkload(workload: Workload): OperationSource {
  assert(workload.kind !== 'lock', 'who uses a lock does not choose one operation after the other');
  return new Source(workload.kind, workload);
}

/** A class, because functions made anew for each run throw away what V8 has optimised for those of the last one. */
class Source implements OperationSource {
  private readonly workload: Workload;
  private readonly change: Change;
  private readonly question: Change | null;
  private readonly names: readonly string[];

  constructor(kind: OperationKind, workload: Workload) {
    this.workload = workload;
    this.change = CHANGES[kind];
    this.question = questions(kind);
    // Profiles draw how many keys there are. Those who wait at one double barrier would wait for those at another.
    const keys = kind === 'double-barrier' ? 1 : workload.keys;
    this.names = Array.from({ length: keys }, (_, number) => `k${number}`);
  }

  next(random: RandomStream, seen: Seen): Operation {
    const { names, question, change, workload } = this;
    const key = names[random.between(0, names.length - 1)] as string;
    if (question === null || !random.chance(workload.readPerMillion)) return change(random, seen, key);
    const asked = question(random, seen, key);
    const persistent = workload.persistentWatchPerMillion;
    const isPersistent = persistent !== null && setsWatch(asked) && random.chance(persistent);
    return isPersistent ? persistentWatch(random, asked.key) : asked;
  }

  thinkUs(random: RandomStream): number {
    const { min, max } = this.workload.thinkUs;
    return random.between(min, max);
  }
}
