import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { DurationUs } from '../kernel/time.ts';
import type { DiskView } from './disk.ts';
import type { Message } from './message.ts';
import type { Options } from './options.ts';
import type { StateMachine } from './state-machine.ts';

/** Names an invariant in reports. */
export interface InvariantInfo {
  /** Short id, `R1`. */
  readonly id: string;
  /** The property in words, kebab-case: `election-safety`. */
  readonly name: string;
  /** Paper and figure or section. */
  readonly source: string;
}

/** Called at a breach. Each invariant reports its first breach; the run goes on to its end. */
export type ReportBreach = (invariant: InvariantInfo, text: string) => void;

/** What a monitor knows of the cluster it watches. */
export interface ClusterInfo {
  readonly nodes: readonly NodeId[];
  /** As the scenario begins. What operators change later is not told. */
  readonly options: Options;
  /** The state machine as it should be, also where the nodes run a defective one. */
  readonly machine: StateMachine;
  /** Name of a process in texts: `n1`, `c1`. */
  nameOf(process: NodeId): string;
  /** What the monotonic clock of a node shows at this instant of true time, be it down or paused. */
  monotonicUs(node: NodeId): DurationUs;
}

/**
 * Watches a protocol from outside: called synchronously by the world at the moments that can break an invariant. What
 * it remembers is ghost state that nothing in the protocol can read. It must not change anything it is shown.
 */
export interface Monitor<S = unknown> {
  /**
   * A node was (re)started from what its disk kept. `synced` shows, from now on and at any time, what a crash of that
   * machine would certainly leave.
   */
  onStarted?(node: NodeId, state: S, synced: DiskView): void;
  onCrashed?(node: NodeId): void;
  /** A handler of this node has returned and its effects were carried out. */
  afterEvent?(node: NodeId, state: S): void;
  /** Entry number `index` (one-based) was appended to a log file; called before {@link afterEvent}. */
  onAppend?(node: NodeId, file: string, index: number, entry: unknown): void;
  /** Entries from one-based `index` on were removed from a log file; called before {@link afterEvent}. */
  onTruncate?(node: NodeId, file: string, index: number): void;
  /** Entries up to one-based `index` were dropped from a log file; called before {@link afterEvent}. */
  onDrop?(node: NodeId, file: string, index: number): void;
  /**
   * A message leaves a process, client or node. `synced` is what a crash of that machine would certainly leave, so
   * that a message which attests something durable can be held against it. `connection`: on which it leaves; none for
   * a datagram.
   */
  onSend?(from: NodeId, to: NodeId, message: Message, synced: DiskView, connection?: ConnectionId): void;
}

/** The invariants of a protocol: their names, and the monitor that checks them all. */
export interface InvariantSet<S = unknown> {
  readonly declared: readonly InvariantInfo[];
  /** A fresh monitor for one run. */
  observe(cluster: ClusterInfo, report: ReportBreach): Monitor<S>;
}
