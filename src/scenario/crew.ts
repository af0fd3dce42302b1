import type { DiskView } from '../contract/disk.ts';
import type { Monitor } from '../contract/invariant.ts';
import type { ProtocolModule } from '../contract/module.ts';
import type { Node } from '../contract/node.ts';
import type { StateMachine } from '../contract/state-machine.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { Clock } from '../world/clock.ts';
import type { Armed } from './armed.ts';
import type { CommitOrder } from './commit-order.ts';
import type { Intake } from './intake.ts';
import type { Scenario } from './scenario.ts';

/** What the parts of a world share while it is built. */
export interface BuildParts {
  readonly scenario: Scenario;
  readonly module: ProtocolModule;
  readonly nodes: readonly NodeId[];
  readonly history: HistoryRecorder;
  readonly armed: Armed;
  /** Whether the history is kept. */
  readonly keepsHistory: boolean;
  nowUs(): TimeUs;
  clockOf(process: NodeId): Clock;
  breach(id: string, text: string, atUs: TimeUs): void;
}

/** Who is around the nodes, clients first, and who watches: everything that the kind of workload decides. */
export interface Crew {
  /** Processes that are neither nodes nor clients. */
  readonly resources: number;
  /** What took effect in which order, where that is watched. */
  readonly order: CommitOrder | null;
  /** Which commands came to which node, where that is watched. */
  readonly intake: Intake | null;
  /** The state machine of nodes, watched: what is returned gives each node that starts the one that it is to use. */
  watched(machine: StateMachine): () => StateMachine;
  /** The monitor of the protocol, and whoever looks over its shoulder. */
  observe(monitor: Monitor): Monitor;
  /** A process that is no node, at its first start and at each restart. */
  create(process: NodeId, disk: DiskView): Node;
  /** A process has gone down. */
  onStopped(process: NodeId): void;
  /** The run is over: writes what is known only then. */
  finish(): void;
}
