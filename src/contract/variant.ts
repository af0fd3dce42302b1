import type { ClientProtocol } from './client.ts';
import type { ConnectedClientInit } from './coordination.ts';
import type { LockClient, LockClientInit } from './lock.ts';
import type { Node, NodeInit } from './node.ts';
import type { Service } from './service.ts';
import type { SessionLimits } from './session.ts';
import type { StateMachine } from './state-machine.ts';

/** Called whenever the variant's answer differs from the reference's. */
export type Fired = () => void;

/** Difficulty of finding a defect by seed: E ≥ 10 %, M 1–10 %, H 0.05–1 %, X below or only by a directed script. */
export type Difficulty = 'E' | 'M' | 'H' | 'X';

/** A row of the catalogue of defects. */
export interface VariantInfo {
  /** Row of the catalogue: `RF-01`. */
  readonly row: string;
  /** Name in files and on the command line: `raft/vote-not-durable`. */
  readonly id: string;
  /** What is done wrong, in one clause. */
  readonly title: string;
  /** The published rule that it breaks. */
  readonly breaks: string;
  /** Public report of the defect class. */
  readonly source: string;
  readonly difficulty: Difficulty;
  /** Who is expected to see it first: an invariant id, or the name of a checker. */
  readonly firstCatcher: string;
}

/** What a replica of a service is made from, whatever the protocol. */
export interface ReplicaParts {
  readonly service: Service;
  readonly limits: SessionLimits;
  readonly client: ClientProtocol;
  /** The node of the reference, around a state machine. */
  readonly create: (machine: StateMachine) => Node;
}

/** Nodes of one protocol. */
export type NodeClass = new (init: NodeInit) => Node;

/** A defect of a protocol and the code that re-creates it beside the reference. Those of clients are in `clients`. */
export type Variant = VariantInfo & (
  | { readonly in: 'node'; create(init: NodeInit, fired: Fired): Node }
  /** One rule, over nodes that may have defects of other rules; `null`: over those of the reference. */
  | { readonly in: 'rule'; over(base: NodeClass | null, fired: Fired): NodeClass }
  /** `machine` replaces the session machine around `service`, which executes single operations. */
  | { readonly in: 'machine'; machine(service: Service, fired: Fired, limits: SessionLimits): StateMachine }
  /** A client of a coordination service. */
  | { readonly in: 'connected'; create(init: ConnectedClientInit, fired: Fired): Node }
  /** A client of a lock. */
  | { readonly in: 'lock'; lock(init: LockClientInit, fired: Fired): LockClient }
  /** The state machine and what stands around the node: defects of what one replica knows and another does not. */
  | { readonly in: 'replica'; replica(parts: ReplicaParts, fired: Fired): Node }
);
