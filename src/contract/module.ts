import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs } from '../kernel/time.ts';
import type { ClientProtocol } from './client.ts';
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
  /** A change of a clock's rate by so many parts per million, either way, does not break it; without it, any does. */
  toleratedDrift?(options: Options): number;
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
  /** `count`: how many notes of this event there are. `delay`: how long the first one is in coming. */
  readonly kind: 'count' | 'delay';
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
  /** How long after the last fault has healed a client may have to wait for an answer. */
  progressBudgetUs(options: Options): DurationUs;
}
