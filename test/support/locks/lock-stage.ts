import type { Monitor } from '../../../src/contract/invariant.ts';
import { WHOLE } from '../../../src/contract/disk.ts';
import type { LockEntry, LockServers, LockSystem, Validity } from '../../../src/contract/lock.ts';
import { holdOf, lockLineProblem, type HoldKind } from '../../../src/history/lock-lines.ts';
import { HistoryRecorder } from '../../../src/history/recorder.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import { LockWatch } from '../../../src/scenario/lock-watch.ts';
import { Clock } from '../../../src/world/clock.ts';

/** A server of the stage. */
export interface StageState {
  grants: boolean;
  readonly entries: Map<string, LockEntry>;
}

const servers: LockServers<StageState> = {
  isGranting: ({ grants }) => grants,
  entryOf: ({ entries }, lock) => entries.get(lock) ?? null,
  quorum: (nodes, { quorum }) => (typeof quorum === 'number' ? quorum : Math.floor(nodes / 2) + 1),
};

/** What may differ from five servers, two clients, and locks of 10 s less 102 ms. */
export interface StageSettings {
  readonly nodes?: number;
  readonly quorum?: number;
  readonly locks?: readonly string[];
  readonly servers?: null;
  readonly inner?: Monitor;
}

/**
 * A watch, and around it servers and clients that do what a test says, at the instants it says. Clocks are perfect
 * until a test changes them; wall clocks show true time.
 */
export class LockStage {
  nowUs = 0;
  readonly ttlUs = 10_000_000;
  readonly driftUs = 102_000;
  readonly history: HistoryRecorder = new HistoryRecorder(() => this.nowUs, 2);
  readonly breaches: { readonly id: string; readonly text: string; readonly atUs: number }[] = [];
  readonly watch: LockWatch;
  readonly states: (StageState | null)[];
  private readonly clocks: Clock[];
  /** By owner: the client that used the name last. */
  private readonly clients = new Map<string, NodeId>();
  private readonly monitor: Monitor;
  private readonly nodes: readonly NodeId[];

  constructor(settings: StageSettings = {}) {
    const { nodes: count = 5, quorum, locks = ['k0'] } = settings;
    this.nodes = Array.from({ length: count }, (_, index) => nodeId(index));
    this.states = this.nodes.map(() => ({ grants: true, entries: new Map<string, LockEntry>() }));
    this.clocks = Array.from({ length: count + 2 }, () => new Clock(0, 0, 0));
    const system = {
      servers: settings.servers === null ? null : servers,
      ttlUs: () => this.ttlUs,
      driftUs: () => this.driftUs,
      blockedUs: () => 0,
      sessionCommands: 0,
    } as unknown as LockSystem;
    this.watch = new LockWatch({
      nowUs: () => this.nowUs,
      clockOf: (process) => this.clock(process),
      nodes: this.nodes,
      locks,
      system,
      options: quorum === undefined ? {} : { quorum },
      history: this.history,
      resource: nodeId(99),
      breach: ({ id }, text, atUs) => this.breaches.push({ id, text, atUs }),
    });
    this.monitor = this.watch.observe(settings.inner ?? {});
    for (const node of this.nodes) this.look(node);
  }

  /** The clock of a server, from 0, or of a client. */
  clock(process: number): Clock {
    return this.clocks[process] as Clock;
  }

  client(number: 1 | 2): NodeId {
    return nodeId(this.nodes.length + number - 1);
  }

  at(atUs: number): this {
    this.nowUs = atUs;
    return this;
  }

  /** These servers, from 0, let `owner` hold the lock until their wall clocks show `untilWallUs`. */
  put(where: readonly number[], owner: string, untilWallUs: number | null, lock = 'k0'): this {
    for (const server of where) {
      this.states[server]?.entries.set(lock, { owner, untilWallUs });
      this.look(nodeId(server));
    }
    return this;
  }

  /** These servers forget whoever held the lock. */
  take(where: readonly number[], lock = 'k0'): this {
    for (const server of where) {
      this.states[server]?.entries.delete(lock);
      this.look(nodeId(server));
    }
    return this;
  }

  /** A server is asked something else, or grants locks from now on, or no more. */
  event(server: number, grants = true): this {
    (this.states[server] as StageState).grants = grants;
    this.look(nodeId(server));
    return this;
  }

  crash(server: number): this {
    this.states[server] = null;
    this.monitor.onCrashed?.(nodeId(server));
    return this;
  }

  /** A server starts with these entries of `k0` and handles its start. */
  start(server: number, entry: LockEntry | null, grants = true): this {
    const state = { grants, entries: new Map(entry === null ? [] : [['k0', entry]]) };
    this.states[server] = state;
    const synced = { cell: () => undefined, log: () => [], head: () => WHOLE, room: () => 0 };
    this.monitor.onStarted?.(nodeId(server), state, synced);
    this.look(nodeId(server));
    return this;
  }

  /** A client, whose number in the history is one less, asks for the lock. */
  attempt(number: 1 | 2, owner: string, lock = 'k0'): this {
    this.clients.set(owner, this.client(number));
    this.watch.attempted(number - 1, this.client(number), lock, owner);
    return this;
  }

  believes(
    owner: string, untilUs: number, clock: Validity['clock'] = 'monotonic', client = this.clientOf(owner),
  ): this {
    this.watch.believes(client, owner, { clock, untilUs });
    return this;
  }

  stops(owner: string, client = this.clientOf(owner)): this {
    this.watch.stops(client, owner);
    return this;
  }

  grantOf(owner: string, client = this.clientOf(owner)): number {
    return this.watch.grantOf(client, owner);
  }

  /** Ends the run; what was held, in the order of its lines: `1 owns k0 #1 0-10`. Checks their form. */
  finish(endUs: number, kind?: HoldKind): string[] {
    this.at(endUs).watch.finish(endUs);
    return this.history.events.flatMap((event) => {
      if (lockLineProblem(event) !== null) throw new Error(`line ${event.index}: ${lockLineProblem(event)}`);
      const f = event.f as HoldKind;
      const hold = holdOf(event, f);
      if (hold === null || (kind !== undefined && kind !== f)) return [];
      return [`${hold.process} ${f} ${hold.lock} #${hold.grant} ${hold.fromUs}-${hold.untilUs}`];
    });
  }

  /** Ids of the invariants that were broken, each once. */
  broken(): string[] {
    return [...new Set(this.breaches.map(({ id }) => id))];
  }

  private clientOf(owner: string): NodeId {
    return this.clients.get(owner) as NodeId;
  }

  private look(node: NodeId): void {
    const state = this.states[node];
    if (state !== null) this.monitor.afterEvent?.(node, state);
  }
}
