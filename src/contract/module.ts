import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs } from '../kernel/time.ts';
import type { ClientProtocol } from './client.ts';
import type { CoordinationService } from './coordination.ts';
import type { InvariantSet } from './invariant.ts';
import type { LockSystem } from './lock.ts';
import type { Plain } from './message.ts';
import type { Node, NodeInit } from './node.ts';
import type { Options, OptionTable } from './options.ts';
import type { Variant } from './variant.ts';

/** What targets, triggers and reports may know of a node. */
export interface NodeView {
  /** The paper's word: `leader`, `follower`, `candidate`. */
  readonly role: string;
  /** Term, ballot or epoch as one number. */
  readonly epoch: number;
  /** Whom the node believes to lead; `null` when it knows none. */
  readonly leader: NodeId | null;
}

/** A fault that has struck, as far as an assumption may tell it from others of its kind. */
export interface Strike {
  readonly kind: string;
  /** Names of the processes that it struck, `n1`, `c1`, `r1`; of a fault of links, of those to whom messages go. */
  readonly struck: readonly string[];
  /** Of a crash: what survives it, in the words of `CrashKind`. */
  readonly flavour: string | null;
  /** Of a jump of a wall clock. */
  readonly byUs: DurationUs | null;
  /** Of a clock whose rate was changed, in parts per million. */
  readonly perMillion: number | null;
  /** By how much the rates of two clocks may have differed when it struck, it included. */
  readonly apartPerMillion: number;
  /** Of a link that was changed: how long a message may take at most. */
  readonly delayUs: DurationUs | null;
  /** Of syncs that fail: whether nobody was told of one of them, because who had asked was killed. */
  readonly isUnheard: boolean;
  /** How long it had lasted when the property was breached, and whether it was over then. */
  readonly lastedUs: DurationUs;
  readonly isOver: boolean;
}

/** What a property is claimed of. */
export interface Premises {
  readonly options: Options;
  /** Whether a protected resource refuses what comes with an older token. */
  readonly checksTokens: boolean;
}

/** Something that a property relies on, and the kinds of fault that break it. */
export interface Assumption {
  readonly id: string;
  readonly text: string;
  /** Checkers and invariants whose verdict rests on it. `*` for all. */
  readonly properties: readonly string[];
  /** Kinds of fault action that break it. */
  readonly brokenBy: readonly string[];
  /** Crashes, pauses and partitions that leave a majority of the nodes running and together do not break it. */
  readonly tolerates?: 'minority';
  /** Whose faults break it: strikes on nobody else do. Without it, everybody's. */
  readonly of?: 'nodes' | 'clients' | 'resource';
  /** Whether it holds before any fault, with these options. Without it, it does. */
  isGiven?(premises: Premises): boolean;
  /**
   * Whether it holds after this strike, of a kind that may break it. Without it, none is withstood. What it says of a
   * change of rates goes for those, too, with which the clocks of a scenario are drawn.
   */
  withstands?(strike: Strike, premises: Premises): boolean;
}

/** Something that an operator can ask of a node, see {@link Node.onOrder}. */
export interface OrderSpec {
  readonly doc: string;
  /** Which nodes an order is about, besides the one that it goes to. */
  readonly about: 'nothing' | 'a node' | 'nodes';
  /** How often a profile draws it among the orders, as a relative integer; without it, never. */
  readonly swarm?: number;
}

/** A number of a run that comes from the notes of its nodes. */
export interface MetricSpec {
  readonly doc: string;
  /**
   * `count`: how many notes of this event there are. `share`: how many for each hundred changes that clients were told
   * had succeeded; rounded down. `delay`: how long the first one is in coming.
   */
  readonly kind: 'count' | 'share' | 'delay';
  readonly event: string;
}

/** Metrics of a protocol, keyed by name. */
export type MetricTable = Readonly<Record<string, MetricSpec>>;

/** All orders of a protocol, keyed by name. */
export type OrderTable = Readonly<Record<string, OrderSpec>>;

/** Everything that the tool knows about a protocol. */
export interface ProtocolModule<S = unknown> {
  /** Name in scenario files. */
  readonly name: string;
  readonly options: OptionTable;
  /** What is wrong with options that are each within their limits, and with which of them; `null` if nothing is. */
  optionsProblem?(options: Options): { readonly option: string; readonly message: string } | null;
  create(init: NodeInit): Node<S>;
  readonly client: ClientProtocol;
  view(state: S): NodeView;
  /** Events that its notes can carry: what `when` in a scenario may wait for. */
  readonly events: readonly string[];
  readonly invariants: InvariantSet<S>;
  readonly variants: readonly Variant[];
  readonly assumptions: readonly Assumption[];
  readonly orders?: OrderTable;
  /** Besides those that every run has: `messages`, `syncs`, `terms`, `okPerSecond`, `unavailable`. */
  readonly metrics?: MetricTable;
  /** Kinds of its messages between nodes: what a scenario can hold. */
  readonly messages?: readonly string[];
  /** What is wrong with the `initial` of a scenario for a cluster of this size, or `null`. Without it, all is. */
  initialProblem?(initial: Plain, nodes: number): string | null;
  /** Fields of its messages, notes and files that hold a node: traces show them by name. */
  readonly nodeFields?: readonly string[];
  /** With clients of its own: a lock service, whose workload is `lock`. */
  readonly locks?: LockSystem<S>;
  /** With a tree of its own, whose workload is `znodes`, or what is kept in it. */
  readonly coordination?: CoordinationService;
  /** Whether a key takes one write and no other: clients need many keys, and profiles leave the number to the file. */
  readonly isWrittenOnce?: boolean;
  /** How long after the last fault has healed a client may have to wait for an answer. */
  progressBudgetUs(options: Options): DurationUs;
}
