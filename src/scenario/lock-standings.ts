import type { LockEntry } from '../contract/lock.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { Clock, Interval } from '../world/clock.ts';
import { inAtLeast } from './intervals.ts';

/** An entry of a server, for as long as it stood unchanged. */
interface Standing {
  readonly server: NodeId;
  readonly entry: LockEntry;
  readonly fromUs: TimeUs;
  /** `Infinity` while it stands. */
  untilUs: TimeUs;
}

/** A server, and its entry of the lock; `null` while the lock is free there. */
interface Server {
  isGranting: boolean;
  standing: Standing | null;
}

/** What a server showed, and what it shows now. */
export interface Replaced {
  readonly before: LockEntry | null;
  readonly after: LockEntry | null;
  /** Whether the server has run, and granted, all the while. */
  readonly ranOn: boolean;
}

/** An entry that a server has now, and when it ends. */
export interface StandingNow {
  readonly server: NodeId;
  /** In true time, as the server's clock goes now; `Infinity`: never. */
  readonly untilUs: TimeUs;
}

/**
 * Who stood at which servers as the holder of one lock, and when: the servers' side of true time.
 *
 * A server that does not grant, since it is down, stays out after a start or follows another one, keeps the entry that
 * it had, until it grants again and shows another: nobody else can be granted the lock by it.
 *
 * Where one server is enough to own the lock, the others are its replicas, and that is not the whole truth: (1) c1 is
 * granted the lock by n1, which tells n2; (2) n1 crashes, and n2 is promoted; (3) c1 releases the lock at n2; (4) c2 is
 * granted it there. If the entry of n1 still counted, c1 would own the lock beside c2. So there, what a server has that
 * does not grant ends as soon as another one grants with an entry of the same owner, or as its client has begun to give
 * the lock back. What no promoted server ever had goes on to count: that is how a failover loses a lock.
 */
export class LockStandings {
  readonly kind: 'servers' = 'servers' as const;
  /** On how many servers an owner has to stand to own the lock. */
  readonly quorum: number;
  private readonly clockOf: (process: NodeId) => Clock;
  private readonly servers: ReadonlyMap<NodeId, Server>;
  /** Owners whose clients gave the lock back; one that is used again is none of them. */
  private readonly givenUp = new Set<string>();
  /** By owner, in the order in which they began. */
  private readonly byOwner = new Map<string, Standing[]>();

  constructor(nodes: readonly NodeId[], quorum: number, clockOf: (process: NodeId) => Clock) {
    this.quorum = quorum;
    this.clockOf = clockOf;
    this.servers = new Map(nodes.map((node) => [node, { isGranting: false, standing: null }]));
  }

  /** A client is about to ask for the lock under this name. */
  onAttempted(owner: string): void {
    this.givenUp.delete(owner);
  }

  /** A server does not grant. */
  onSilent(node: NodeId, nowUs: TimeUs): void {
    const server = this.server(node);
    if (!server.isGranting) return;
    server.isGranting = false;
    const owner = server.standing?.entry.owner;
    if (owner === undefined || this.quorum > 1) return;
    if (this.givenUp.has(owner) || this.isGrantedElsewhere(owner)) this.end(server, nowUs);
  }

  /** A server that grants shows its entry. Answers `null` if it is the one that it showed before. */
  onShown(node: NodeId, after: LockEntry | null, nowUs: TimeUs): Replaced | null {
    const server = this.server(node);
    const ranOn = server.isGranting;
    const before = server.standing?.entry ?? null;
    server.isGranting = true;
    if (before?.owner === after?.owner && before?.untilWallUs === after?.untilWallUs) return null;
    // Of one and the same data, who grants has the newer copy.
    if (after !== null && this.quorum === 1) this.endSilent(after.owner, nowUs);
    this.end(server, nowUs);
    if (after !== null) this.begin(server, { server: node, entry: after, fromUs: nowUs, untilUs: Infinity });
    return { before, after, ranOn };
  }

  /** The client of `owner` begins to give the lock back, or has given it up. */
  onGivenUp(owner: string, nowUs: TimeUs): void {
    if (this.quorum > 1) return;
    this.givenUp.add(owner);
    this.endSilent(owner, nowUs);
  }

  /** Where `owner` stands now, expired or not, what ends last first. */
  standingsOf(owner: string): StandingNow[] {
    const found: StandingNow[] = [];
    for (const [server, { standing }] of this.servers) {
      if (standing?.entry.owner !== owner) continue;
      const { untilWallUs } = standing.entry;
      const untilUs = untilWallUs === null ? Infinity : this.clockOf(server).firstShowsUs('wall', untilWallUs);
      found.push({ server, untilUs });
    }
    // Two that never end are equal: the difference of infinities is no number.
    return found.sort((left, right) => (left.untilUs === right.untilUs ? 0 : right.untilUs - left.untilUs));
  }

  /** Whether an entry of a server has not expired by its clock. */
  isUnexpired(server: NodeId, { untilWallUs }: LockEntry, nowUs: TimeUs): boolean {
    return untilWallUs === null || this.clockOf(server).shownUs('wall', nowUs) < untilWallUs;
  }

  /** Whether `owner` stands unexpired on a quorum now. */
  owns(owner: string, nowUs: TimeUs): boolean {
    let count = 0;
    for (const [server, { standing }] of this.servers) {
      if (standing?.entry.owner === owner && this.isUnexpired(server, standing.entry, nowUs)) count += 1;
    }
    return count >= this.quorum;
  }

  /** The true time before `endUs` in which `owner` stood unexpired on a quorum. */
  ownedBy(owner: string, endUs: TimeUs): Interval[] {
    return inAtLeast(this.quorum, this.stoodBy(owner, endUs));
  }

  /** On how many servers `owner` stood unexpired at an instant. */
  countAt(owner: string, atUs: TimeUs): number {
    return this.stoodBy(owner, atUs + 1).filter(({ untilUs }) => untilUs > atUs).length;
  }

  private stoodBy(owner: string, endUs: TimeUs): Interval[] {
    return (this.byOwner.get(owner) ?? []).flatMap(({ server, entry, fromUs, untilUs }) =>
      this.clockOf(server).whenBelow('wall', entry.untilWallUs ?? Infinity, fromUs, Math.min(untilUs, endUs)));
  }

  private begin(server: Server, standing: Standing): void {
    const { owner } = standing.entry;
    server.standing = standing;
    const ofOwner = this.byOwner.get(owner);
    if (ofOwner === undefined) this.byOwner.set(owner, [standing]);
    else ofOwner.push(standing);
  }

  private end(server: Server, nowUs: TimeUs): void {
    if (server.standing !== null) server.standing.untilUs = nowUs;
    server.standing = null;
  }

  private endSilent(owner: string, nowUs: TimeUs): void {
    for (const server of this.servers.values()) {
      if (!server.isGranting && server.standing?.entry.owner === owner) this.end(server, nowUs);
    }
  }

  private isGrantedElsewhere(owner: string): boolean {
    return [...this.servers.values()].some(({ isGranting, standing }) => isGranting && standing?.entry.owner === owner);
  }

  private server(node: NodeId): Server {
    return this.servers.get(node) as Server;
  }
}
