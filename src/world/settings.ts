import type { DiskView } from '../contract/disk.ts';
import type { Monitor } from '../contract/invariant.ts';
import type { Node } from '../contract/node.ts';
import type { Options } from '../contract/options.ts';
import type { LatencyRange, LinkProfile } from '../contract/world-control.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Streams } from '../kernel/streams.ts';
import type { DurationUs } from '../kernel/time.ts';
import type { TraceMode } from '../kernel/trace.ts';

/** What a world is made of. */
export interface WorldSettings {
  readonly streams: Streams;
  /** Prefix of the nodes' own streams: `raft` gives `raft/n3/election`. */
  readonly protocol: string;
  readonly nodes: number;
  readonly clients: number;
  /** Processes that are neither: protected resources. */
  readonly resources: number;
  /** What the nodes are made with until a fault sets options of another value. */
  readonly options: Options;
  readonly network: LinkProfile;
  readonly syncUs: LatencyRange;
  readonly driftPerMillion: number;
  readonly wallOffsetUs: DurationUs;
  /** Messages that a paused process keeps; further datagrams are dropped. */
  readonly mailboxLimit: number;
  readonly limits: { readonly events: number; readonly sameInstantEvents: number };
  readonly trace: TraceMode;
  /** Takes the lines of a full trace, as they come, instead of keeping them. */
  readonly onLine?: (line: string) => void;
  /** Fields of messages, notes and files that hold a process: the trace shows them by name. */
  readonly nodeFields: readonly string[];
  /** Freeze each message as it leaves: shows a protocol that writes to what it sent or received. */
  readonly freezeMessages: boolean;
  /** Makes an incarnation of a process: the first one at time 0, the others at restarts, with the options of then. */
  create(process: NodeId, disk: DiskView, isNew: boolean, options: Options): Node;
  readonly monitor: Monitor;
  /** A process has gone down, of whatever cause; told after it has. */
  onStopped?(process: NodeId): void;
  /** An {@link AssertionError} was thrown inside a process, which has crashed of it. */
  onAssertion(process: NodeId, fact: string): void;
}

/** Why a run stopped before its end. */
export type StopReason =
  | { readonly kind: 'end' }
  | { readonly kind: 'limit'; readonly text: string }
  /** A handler threw, returned a promise or reached out of the simulation. */
  | { readonly kind: 'error'; readonly text: string };
