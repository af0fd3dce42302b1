import type { BarrierModelName, LockModelName, QueueModelName, ZnodeModelName } from '../../checkers/index.ts';
import type { LinkProfile } from '../contract/world-control.ts';
import type { Plain } from '../contract/message.ts';
import type { Options } from '../contract/options.ts';
import type { Operation } from '../contract/session.ts';
import type { FaultLine, Range } from '../faults/fault.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { Workload } from '../workloads/workload.ts';

export type {
  FaultLine, FaultSpec, PartitionShape, Range, Target, Trigger, WeightedFault,
} from '../faults/fault.ts';
export type { Workload } from '../workloads/workload.ts';

/**
 * A scenario, complete: everything about a run but its seed, with every default filled in. Plain data that travels
 * between threads. The parser decides what a file leaves out, so that two files that mean the same are equal here.
 */
export interface Scenario {
  /** The claim. Not part of the hash, like `why`. */
  readonly name: string;
  readonly why: string;
  readonly system: { readonly protocol: string; readonly nodes: number; readonly options: Options };
  readonly clients: ClientSettings;
  readonly workload: Workload & {
    /** Clients that are named here do this, in this order, and nothing else. */
    readonly script: readonly ScriptLine[];
  };
  /** With a workload of kind `lock`: what is done with locks; `null` with all others. */
  readonly locking: Locking | null;
  readonly network: LinkProfile;
  readonly disk: { readonly syncUs: Range };
  readonly clocks: {
    /** Each process draws its rate error from [-driftPerMillion, +driftPerMillion]. */
    readonly driftPerMillion: number;
    /** Each process draws its wall clock's offset from [-offsetUs, +offsetUs]. */
    readonly offsetUs: DurationUs;
  };
  /** How the protocol's nodes begin, in its own terms; `null` for its ordinary beginning. */
  readonly initial: Plain;
  readonly durationUs: DurationUs;
  readonly limits: { readonly events: number; readonly sameInstantEvents: number };
  /** `swarm` and `gentle` draw tunables, network and faults per seed on top of what stands here. */
  readonly profile: 'none' | 'swarm' | 'gentle';
  /** `contract`: a profile draws nothing that breaks what the safety of this scenario relies on. */
  readonly within: 'contract' | null;
  /** Id of the armed variant, `raft/vote-not-durable`; of several, with `+` between them, by id. */
  readonly defect: string | null;
  readonly faults: readonly FaultLine[];
  /** What judges the run, in the order in which verdicts are reported. Invariants and `assertion` always judge. */
  readonly checks: readonly Check[];
  /** Expected verdict by check name; what is not listed is expected to be `valid`. */
  readonly expect: Readonly<Record<string, 'valid' | 'invalid' | 'unknown'>>;
  /**
   * Seeds that a plain `run` uses: `first` to `first + count - 1`, as decimal strings. Not part of the hash: which runs
   * are made says nothing of what a run is.
   */
  readonly seeds: { readonly first: number; readonly count: number };
}

/** One system among several of a file, of each of which there is a {@link Scenario}. Plain data. */
export interface SystemPart {
  /** Its name in coordinates: the protocol. */
  readonly system: string;
  /** What the file has for other systems alone, in words: `fault 2 (order)`, `check staleStores`. */
  readonly leftOut: readonly string[];
}

/** One closed-loop client is one simulated process. */
export interface ClientSettings {
  readonly count: number;
  /** An operation without an answer after this long ends as `info`. By the client's own monotonic clock. */
  readonly timeoutUs: DurationUs;
  /**
   * An attempt without an answer after this long is repeated, at another node, under the same session and sequence;
   * each further one after twice as long, up to `timeoutUs`.
   */
  readonly attemptTimeoutUs: DurationUs;
  /** The service forgets a session that was not used for longer than this, by the time that the cluster agrees on. */
  readonly sessionTimeoutUs: DurationUs;
  /** Operations that one client may have open at a time, in one session; each is a process of its own. */
  readonly inFlight: number;
  /** Reads go to the leader like all else, or to a node drawn for each. */
  readonly readFrom: 'leader' | 'any';
}

/** How clients use locks, beside the keys and the pauses of their workload, and what the locks protect. */
export interface Locking {
  /** How long a client works with the lock held. */
  readonly holdUs: Range;
  /** How often it writes to the resource meanwhile: the work is split evenly before the writes. */
  readonly writes: number;
  /** The protected resource, process `r1`. */
  readonly resource: {
    /** Whether it refuses a store with a token that is lower than one that it has seen. */
    readonly checksTokens: boolean;
    /** Whether it issues tokens to holders whose lock gives them none. */
    readonly issuesTokens: boolean;
  };
}

/** One operation of one client at one time. Of a lock it is the whole of its use: an acquisition and what follows. */
export interface ScriptLine {
  /** From the start of the client, by its own clock. */
  readonly atUs: TimeUs;
  /** `c1` … */
  readonly client: string;
  /** The one node that is asked, once, `n1` …; `null`: whoever can do it. */
  readonly to: string | null;
  readonly operation: Operation;
}

/** A judge of the run. `name` is what `expect` refers to; by default the checker's own. */
export type Check =
  | { readonly checker: 'linearizable'; readonly name: string }
  /** Whether what a session sent took effect in that order, and nothing without what was sent before it. */
  | { readonly checker: 'client-order'; readonly name: string }
  /** Of workloads of kind `queue`: what goes in comes out, and once. */
  | { readonly checker: QueueModelName; readonly name: string }
  /** Of workloads of kind `barrier` and `double-barrier`: who comes through, and when. */
  | { readonly checker: BarrierModelName; readonly name: string }
  /** Of workloads with locks: who held one, or which store a resource took. */
  | { readonly checker: LockModelName; readonly name: string }
  /** Of workloads of kind `znodes`: what ZooKeeper guarantees. */
  | { readonly checker: ZnodeModelName; readonly name: string }
  /** `invalid` where the measured value is below `min` or above `max`, in the unit of the metric. */
  | {
      readonly checker: 'metric'; readonly name: string; readonly metric: Metric;
      readonly min: number | null; readonly max: number | null;
    }
  /** Without a window: progress within the protocol's budget after the last fault has healed. */
  | { readonly checker: 'progress'; readonly name: string; readonly window: Window | null };

/** An interval of the run in which some operation must begin and end well; `clients` restricts whose, `null` is all. */
export interface Window {
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  readonly clients: readonly string[] | null;
}

/** A number of the run. `toUs` is the end of the run where it is `null`; windows include both ends. */
export type Metric =
  /** Messages sent; syncs of disks; the highest epoch that a node which is up at the end shows. */
  | { readonly kind: 'messages' | 'syncs' | 'terms' }
  /** Microseconds from the end of the last fault to the first `ok` of an operation that began afterwards. */
  | { readonly kind: 'recovery' }
  /**
   * Over operations that are completed with `ok` in a window: how many in a second, rounded down; the longest time
   * without one, in microseconds.
   */
  | { readonly kind: 'okPerSecond' | 'unavailable'; readonly fromUs: TimeUs; readonly toUs: TimeUs | null }
  /** Notes of an event in a window; for each hundred operations that changed something and were completed with `ok`. */
  | { readonly kind: 'count' | 'share'; readonly event: string; readonly fromUs: TimeUs; readonly toUs: TimeUs | null }
  /** Microseconds from an instant to the first note of an event from then on. */
  | { readonly kind: 'delay'; readonly event: string; readonly after: MetricStart };

/** An instant, or when a line of the fault schedule (its index) applied first. */
export type MetricStart =
  | { readonly kind: 'instant'; readonly atUs: TimeUs }
  | { readonly kind: 'line'; readonly line: number };
