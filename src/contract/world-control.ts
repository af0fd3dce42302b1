import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { RandomStream } from './context.ts';
import type { NodeView } from './module.ts';
import type { Order } from './node.ts';
import type { Options } from './options.ts';

/**
 * What one applied fault did to the run, counted by the world while the fault lasts. A fault whose counters all
 * stayed at zero changed nothing.
 */
export interface FaultEffect {
  messagesDropped: number;
  /** Messages that come at another time than they would have. */
  messagesDelayed: number;
  messagesDuplicated: number;
  timersDelayed: number;
  /** Disk completions and continuations that had to wait for a resume. */
  completionsDelayed: number;
  /** Effects that a crash destroyed before they left: messages behind an unfinished persist. */
  sendsLost: number;
  /** Disk writes that a machine crash took away. */
  writesLost: number;
  /** Syncs that began while the disk was slow. */
  syncsDelayed: number;
  /** Syncs that ended in an error. */
  syncsFailed: number;
  /** Failed syncs that nobody was told of: who had asked was killed first, and started anew from the cache. */
  failuresUnheard: number;
  /** Syncs that were reported and had stored nothing. */
  syncsFaked: number;
  /** Entries on disk that cannot be read any more. */
  recordsCorrupted: number;
  /** Values and entries of a disk that was emptied. */
  recordsWiped: number;
  processesStopped: number;
  processesStarted: number;
  /** Timers whose true instant moved because their clock changed its rate. */
  timersMoved: number;
  /** Orders that reached a node. */
  ordersGiven: number;
  /** Nodes whose options are others than before, those that are down included. */
  optionsChanged: number;
  /** Readings of the wall clock that a jump made different. */
  clockReadings: number;
}

/**
 * What survives: `process` keeps all that was written, `machine` all that was synced and a drawn part of the rest,
 * `machine-cache` nothing of the rest: what a script about lost writes asks for.
 */
export type CrashKind = 'process' | 'machine' | 'machine-cache';

/** What happens to messages that are under way when a link is cut: explicit, because protocols can tell. */
export type InFlight = 'lost' | 'delivered';

/** How a directed link treats datagrams. Probabilities in parts per million, times in microseconds. */
export interface LinkProfile {
  readonly latencyUsMin: DurationUs;
  readonly latencyUsMax: DurationUs;
  readonly lossPerMillion: number;
  readonly duplicatePerMillion: number;
  /** Share of messages that take the slow path: the source of long reorderings. */
  readonly slowPerMillion: number;
  readonly slowUsMin: DurationUs;
  readonly slowUsMax: DurationUs;
}

/** Both ends included. */
export interface LatencyRange {
  readonly min: DurationUs;
  readonly max: DurationUs;
}

/** Which entry of a disk's logs; see {@link WorldControl.corruptEntry}. */
export interface EntryChoice {
  readonly file: string | null;
  readonly index: number | null;
  readonly pick: (bound: number) => number;
}

/** The handle by which faults change the world: the only one they have. */
export interface WorldControl {
  readonly nodes: readonly NodeId[];
  readonly clients: readonly NodeId[];
  /** Protected resources: processes that are neither. */
  readonly resources: readonly NodeId[];
  /** `n1`, `c1`, `r1`. */
  nameOf(process: NodeId): string;
  nowUs(): TimeUs;
  /** Runs `action` as an event of its own at `atUs`, not before now. */
  at(atUs: TimeUs, action: () => void): void;
  /** Called at each note of one of these events, after the effects of its handler were carried out. */
  onNote(events: readonly string[], listener: (process: NodeId, event: string) => void): void;
  isUp(process: NodeId): boolean;
  isPaused(process: NodeId): boolean;
  /** What a node shows of itself; `null` while it is down. */
  view(node: NodeId): NodeView | null;
  stream(label: string): RandomStream;

  /** A process that is down stays so, but a crash of its machine takes what its disk had not synced. */
  crash(process: NodeId, kind: CrashKind, effect: FaultEffect): void;
  /** No effect on a process that is up. */
  restart(process: NodeId, effect: FaultEffect): void;
  /** Pauses nest: a process runs again when each pause was resumed. What ends one names it by its effect. */
  pause(process: NodeId, effect: FaultEffect): void;
  resume(process: NodeId, effect: FaultEffect): void;
  /**
   * Both clocks of a paused process stand still: its machine is suspended. Such stops nest, and end like pauses; then
   * the wall clock is set right, and the monotonic one goes on from where it stood.
   */
  stopClock(process: NodeId, effect: FaultEffect): void;
  startClock(process: NodeId, effect: FaultEffect): void;
  /** Cuts nest, one direction at a time, and end like pauses. */
  cut(from: NodeId, to: NodeId, inFlight: InFlight, effect: FaultEffect): void;
  mend(from: NodeId, to: NodeId, effect: FaultEffect): void;
  /** Keeps messages back (all, or one kind) until {@link release}; nothing is lost. Holds nest, and end like pauses. */
  hold(from: NodeId, to: NodeId, kind: string | null, effect: FaultEffect): void;
  release(from: NodeId, to: NodeId, effect: FaultEffect): void;
  /** Replaces the profile of one direction; `null` restores the scenario's. */
  setLink(from: NodeId, to: NodeId, profile: LinkProfile | null, effect: FaultEffect): void;
  /** Moves the wall clock, forward or back. */
  jumpClock(process: NodeId, byUs: DurationUs, effect: FaultEffect): void;
  /**
   * Sets the rate of both clocks: `perMillion` microseconds gained each second of simulated time; `null` restores the
   * clock's own.
   */
  setDrift(process: NodeId, perMillion: number | null, effect: FaultEffect): void;
  /** Replaces the latency of the syncs that begin from now on; `null` restores the scenario's. */
  setSyncLatency(process: NodeId, syncUs: LatencyRange | null, effect: FaultEffect): void;
  /** Empties the disk of a process that is down. */
  wipeDisk(process: NodeId, effect: FaultEffect): void;
  /**
   * Makes one synced entry of a log unreadable: of this file and at this one-based position, where given, else of those
   * there are. No effect where there is none. `pick(n)` chooses from 0 to n - 1.
   */
  corruptEntry(process: NodeId, entry: EntryChoice, effect: FaultEffect): void;
  /** As {@link crash} of the machine; of a log whose end is lost, the first entry of that is left unreadable. */
  crashTorn(process: NodeId, effect: FaultEffect): void;
  /** The next `count` syncs of the disk fail: see `Node.onPersistFailed`. */
  failSyncs(process: NodeId, count: number, effect: FaultEffect): void;
  /** From now on each sync fails, and not even what would make room is stored. */
  setFull(process: NodeId, isFull: boolean, effect: FaultEffect): void;
  /** From now on syncs are reported and store nothing. An honest disk stores what it has reported. */
  setLying(process: NodeId, isLying: boolean, effect: FaultEffect): void;
  /** Asks a node for something, as its operator. A paused node hears it when it is resumed, one that is down never. */
  order(node: NodeId, order: Order, effect: FaultEffect): void;
  /**
   * Runs all nodes with the scenario's options but for `changes`, whatever was changed before. Those that run are told;
   * the others start with them.
   */
  setOptions(changes: Options, effect: FaultEffect): void;
}
