import type { Monitor } from '../contract/invariant.ts';
import type { LockServers, OwnershipChange, Validity } from '../contract/lock.ts';
import type { Hold, HoldKind } from '../history/lock-lines.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import { assert } from '../kernel/assert.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { Interval } from '../world/clock.ts';
import { clip } from './intervals.ts';
import { believedIn, clockAt, currentBelief, type Acquisition } from './lock-acquisition.ts';
import { LockRules, type Held, type LockRulesSettings } from './lock-rules.ts';
import { LockStandings } from './lock-standings.ts';
import { ServiceGrants } from './service-grants.ts';
import { WatchedMonitor } from './watched-monitor.ts';

/**
 * What a watch is made from. `options` are those of the servers and of the clients. What `breach` is told of may have
 * happened before: `atUs` is the first instant of true time at which it held.
 */
export interface LockWatchSettings extends LockRulesSettings {
  /** Names of all locks of the run. */
  readonly locks: readonly string[];
  readonly history: HistoryRecorder;
  /** The protected resource. */
  readonly resource: NodeId;
}

/** One lock. */
interface Watched {
  readonly ownership: LockStandings | ServiceGrants;
  /** How many owners have been numbered. */
  grants: number;
}

/** A line of the history to be. */
interface Line {
  readonly f: HoldKind;
  readonly value: Omit<Hold, 'index'>;
}

/**
 * Watches the locks of a run from outside of everything: who was granted a lock in which order, who believed when that
 * it held it, and when the servers would have said so. All of it is ghost knowledge in true time, which no client and
 * no server has. Clients tell what they ask for and believe; what servers have is looked at after their events.
 *
 * The length of a belief is a matter of the believer's clock, and that of an entry one of its server's: a clock that
 * jumps or changes its rate moves the end of what was said before. So what a clock shows is asked on the spot where
 * something is decided (is this entry still unexpired?), and its whole timeline when the run is over.
 *
 * An owner names one acquisition. Defective clients may use a name again, or share one: so clients are asked for with
 * every name. What stands at servers under such a name belongs to the acquisition that was attempted last.
 */
export class LockWatch {
  private readonly settings: LockWatchSettings;
  private readonly servers: LockServers | null;
  private readonly locks: ReadonlyMap<string, Watched>;
  private readonly rules: LockRules;
  /** In the order in which they were attempted. */
  private readonly acquisitions: Acquisition[] = [];
  /** By owner, in the order in which they were attempted: one each, if no client is defective. */
  private readonly byOwner = new Map<string, Acquisition[]>();
  /** By client: the last one. */
  private readonly byClient = new Map<NodeId, Acquisition>();

  constructor(settings: LockWatchSettings) {
    const { system, nodes, options, clockOf, locks } = settings;
    this.settings = settings;
    this.servers = system.servers;
    const quorum = system.servers?.quorum(nodes.length, options) ?? 0;
    this.locks = new Map(locks.map((lock): [string, Watched] => {
      const ownership = system.servers === null ? new ServiceGrants() : new LockStandings(nodes, quorum, clockOf);
      return [lock, { ownership, grants: 0 }];
    }));
    this.rules = new LockRules(settings);
  }

  /** The protocol's monitor, which hears all that it would, and this watch beside it. */
  observe(inner: Monitor): Monitor {
    return new WatchedMonitor(inner, (node, state) => this.lookAt(node, state), this.settings.resource);
  }

  // ── What clients tell ─────────────────────────────────────────────────

  /** A client is about to ask servers for a lock. `process` is its number in the history, now. */
  attempted(process: number, client: NodeId, lock: string, owner: string): void {
    const before = this.byClient.get(client);
    // A client has one lock at a time, or none: whoever asks anew has given up what it had.
    if (before !== undefined) this.giveUp(before);
    const atUs = this.settings.nowUs();
    const ofOwner = this.byOwner.get(owner) ?? [];
    this.byOwner.set(owner, ofOwner);
    for (const earlier of ofOwner.slice(-1)) earlier.nextAttemptUs = atUs;
    const acquisition: Acquisition = {
      process, client, lock, owner, attemptedAtUs: atUs, nextAttemptUs: Infinity, grant: null, beliefs: [],
    };
    this.acquisitions.push(acquisition);
    ofOwner.push(acquisition);
    this.byClient.set(client, acquisition);
    const ownership = this.ownershipOf(acquisition);
    if (ownership.kind === 'servers') ownership.onAttempted(owner);
  }

  /** From now on the client believes that it holds the lock, by this validity; of one that does already, its end. */
  believes(client: NodeId, owner: string, validity: Validity): void {
    const acquisition = this.known(client, owner);
    const fromUs = this.settings.nowUs();
    this.endBelief(acquisition);
    acquisition.beliefs.push({ validity, fromUs, untilUs: Infinity });
    this.number(acquisition);
    this.rules.onBelief(acquisition, validity, this.ownershipOf(acquisition));
  }

  /** The client begins to release the lock, or has heard that it lost it: it believes no more. */
  stops(client: NodeId, owner: string): void {
    this.giveUp(this.known(client, owner));
  }

  /** A client has crashed, and its beliefs with it. What it was granted stands. */
  crashed(client: NodeId): void {
    const last = this.byClient.get(client);
    if (last !== undefined) this.endBelief(last);
    // What it asks for next tells nothing of what it had before.
    this.byClient.delete(client);
  }

  /**
   * Place of an owner among all that were granted its lock, from 1: in the order in which they came to own it, where
   * the servers can tell. A client that reads the answers of its servers twelve seconds late is an older holder than
   * one that was granted the lock, and told so, in between. Who is asked for before it ever owned is next.
   */
  grantOf(client: NodeId, owner: string): number {
    return this.number(this.known(client, owner));
  }

  /**
   * The resource has issued a token for an acquisition. Where tokens come from outside of the lock, an acquisition is
   * complete with its token, and the order of grants is that of tokens: who was granted the lock in time and asked for
   * his token late is the newer holder for everybody who can tell. The acquisition may be over: two requests of one
   * client, one of them late, arrive in any order, and the late one must not number what the other one was for.
   */
  issued(client: NodeId, owner: string): void {
    const acquisition = this.known(client, owner);
    acquisition.grant = null;
    this.number(acquisition);
  }

  // ── What servers show ─────────────────────────────────────────────────

  /** What a replicated service has executed for the first time. */
  changed(changes: readonly OwnershipChange[]): void {
    for (const { kind, lock, owner } of changes) {
      if (kind === 'granted') this.granted(lock, owner);
      else this.released(lock, owner);
    }
  }

  /** A replicated service has granted the lock: it was executed for the first time. */
  granted(lock: string, owner: string): void {
    (this.lock(lock).ownership as ServiceGrants).granted(owner, this.settings.nowUs());
    this.numberOwner(lock, owner);
  }

  /** A replicated service has executed the release, or that the lease expired. */
  released(lock: string, owner: string): void {
    (this.lock(lock).ownership as ServiceGrants).released(owner, this.settings.nowUs());
  }

  /** After an event of a node; `null` where it has crashed. */
  private lookAt(node: NodeId, state: unknown): void {
    const { servers } = this;
    if (servers === null) return;
    const isGranting = state !== null && servers.isGranting(state);
    const nowUs = this.settings.nowUs();
    for (const [lock, watched] of this.locks) {
      const standings = watched.ownership as LockStandings;
      const replaced = isGranting ? standings.onShown(node, servers.entryOf(state, lock), nowUs) : null;
      if (!isGranting) standings.onSilent(node, nowUs);
      if (replaced === null) continue;
      const { before, after } = replaced;
      for (const loser of this.ofOwner(lock, before?.owner)) this.rules.onReplaced(node, replaced, loser, standings);
      if (after !== null && standings.owns(after.owner, nowUs)) this.numberOwner(lock, after.owner);
    }
  }

  // ── When the run is over ──────────────────────────────────────────────

  /** Writes what was believed and owned before `endUs` into the history, and judges what can be judged then only. */
  finish(endUs: TimeUs): void {
    const held = this.heldUntil(endUs);
    const lines = held.flatMap((one) => this.linesOf(one));
    lines.sort((left, right) =>
      left.value.fromUs - right.value.fromUs || left.value.process - right.value.process);
    for (const { f, value } of lines) this.settings.history.nemesis(f, value);
    this.rules.checkHeld(held);
  }

  private heldUntil(endUs: TimeUs): Held[] {
    // A name that is used again and again is looked at once.
    const ownedBy = new Map<string, readonly Interval[]>();
    return this.acquisitions.map((acquisition) => {
      const { lock, owner, client } = acquisition;
      const ownership = this.ownershipOf(acquisition);
      const key = `${lock} ${owner}`;
      const owned = ownedBy.get(key) ?? ownership.ownedBy(owner, endUs);
      ownedBy.set(key, owned);
      return { acquisition, ownership, owned, believed: believedIn(acquisition, this.settings.clockOf(client), endUs) };
    });
  }

  private linesOf({ acquisition, owned, believed }: Held): Line[] {
    const { process, lock, client, attemptedAtUs, nextAttemptUs } = acquisition;
    const clock = this.settings.clockOf(client);
    const own = clip(owned, attemptedAtUs, nextAttemptUs);
    if (believed.length === 0 && own.length === 0) return [];
    const held = { process, lock, grant: this.number(acquisition) };
    return [
      ...own.map((interval): Line => ({ f: 'owns', value: { ...held, ...interval } })),
      ...believed.map(({ fromUs, untilUs }): Line => {
        const name = clockAt(acquisition, fromUs);
        const [fromClockUs, untilClockUs] = [clock.shownUs(name, fromUs), clock.shownUs(name, untilUs)];
        return { f: 'believes', value: { ...held, fromUs, untilUs, clock: name, fromClockUs, untilClockUs } };
      }),
    ];
  }

  // ── Small things ──────────────────────────────────────────────────────

  private giveUp(acquisition: Acquisition): void {
    this.endBelief(acquisition);
    const ownership = this.ownershipOf(acquisition);
    if (ownership.kind === 'servers') ownership.onGivenUp(acquisition.owner, this.settings.nowUs());
  }

  private endBelief(acquisition: Acquisition): void {
    const belief = currentBelief(acquisition);
    if (belief !== null) belief.untilUs = this.settings.nowUs();
  }

  /** Whoever goes by a name that others share is numbered when it believes: servers cannot tell them apart. */
  private numberOwner(lock: string, owner: string): void {
    const [acquisition, another] = this.ofOwner(lock, owner).filter(({ grant }) => grant === null);
    if (acquisition !== undefined && another === undefined) this.number(acquisition);
  }

  private ofOwner(lock: string, owner: string | undefined): Acquisition[] {
    const all = owner === undefined ? undefined : this.byOwner.get(owner);
    return (all ?? []).filter((acquisition) => acquisition.lock === lock);
  }

  private number(acquisition: Acquisition): number {
    if (acquisition.grant !== null) return acquisition.grant;
    const watched = this.lock(acquisition.lock);
    watched.grants += 1;
    acquisition.grant = watched.grants;
    return watched.grants;
  }

  private known(client: NodeId, owner: string): Acquisition {
    const acquisition = this.byOwner.get(owner)?.filter((one) => one.client === client).at(-1);
    assert(acquisition !== undefined, 'a client tells of an attempt before anything else of it');
    return acquisition;
  }

  private ownershipOf({ lock }: Acquisition): LockStandings | ServiceGrants {
    return this.lock(lock).ownership;
  }

  private lock(name: string): Watched {
    const watched = this.locks.get(name);
    assert(watched !== undefined, 'a lock is one of those that the run names');
    return watched;
  }
}
