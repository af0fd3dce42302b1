import type { Context } from '../../contract/context.ts';
import type { NodeInit } from '../../contract/node.ts';
import type { Options } from '../../contract/options.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs } from '../../kernel/time.ts';
import type { Leading } from '../zab/state.ts';
import { ZabNode } from '../zab/zab.ts';
import type { Zxid } from '../zab/zxid.ts';
import type {
  ErrorCode, SessionId, SetWatches2, StandardWatches, TreeCommand, WatcherEvent, WatchMode,
} from './messages.ts';
import { readServiceSettings, type ServiceSettings } from './options.ts';
import type { Standing } from './packets.ts';
import { epochOfSession } from './session-id.ts';
import { type Asked, newService, STARTS_FILE, type TrackedSession, type ZooKeeperState } from './state.ts';
import { prepare, type PrepareRequest } from './tree/prepare.ts';
import { watchesDue } from './tree/read.ts';
import type { TreeState } from './tree/state.ts';

/** The state of a server and the rules of the service over it. Rules answer, and do nothing else. */
export abstract class ServiceRules extends ZabNode {
  declare readonly state: ZooKeeperState;
  protected serviceSettings: ServiceSettings;

  constructor(init: NodeInit) {
    super(init);
    this.serviceSettings = readServiceSettings(init.options);
  }

  /** The count of starts is written together with the epochs, and a crash may leave it alone. */
  protected override isForeign(init: NodeInit): boolean {
    return super.isForeign(init) && init.disk.cell(STARTS_FILE) === undefined;
  }

  protected override recovered(init: NodeInit, isAmnesiac: boolean): ZooKeeperState {
    const starts = ((init.disk.cell(STARTS_FILE) as number | undefined) ?? 0) + 1;
    return { ...super.recovered(init, isAmnesiac), service: newService(starts) };
  }

  override onOptions(ctx: Context, options: Options): void {
    super.onOptions(ctx, options);
    this.serviceSettings = readServiceSettings(options);
  }

  protected get tree(): TreeState {
    return this.state.machine as TreeState;
  }

  /**
   * Clients are served by who takes part in broadcast, and by nobody else. Its commit processor may have to come first:
   * a tree out of a snapshot is what the log comes to once that is applied which was applied while it was written.
   */
  protected get isServing(): boolean {
    const { role, applied } = this.state;
    return role.kind !== 'looking' && role.phase === 'broadcast' && this.tree.settledAt <= applied;
  }

  // ── Sessions ─────────────────────────────────────────────────────────

  /** A client that has seen more would go back in time here. */
  protected isBehind(lastZxid: Zxid): boolean {
    return this.state.applied < lastZxid;
  }

  protected timeoutFor(wishedUs: DurationUs): DurationUs {
    const { sessionUsMin, sessionUsMax } = this.serviceSettings;
    return Math.min(Math.max(wishedUs, sessionUsMin), sessionUsMax);
  }

  /** Rounded up to the end of a tick: sessions end together, and none before its time. */
  protected expiryOf(nowUs: DurationUs, timeoutUs: DurationUs): DurationUs {
    const { tickUs } = this.settings;
    return (Math.floor((nowUs + timeoutUs) / tickUs) + 1) * tickUs;
  }

  /**
   * From when on a new leader counts the time of a session: from now. It knows nothing of when a client was heard of,
   * and whoever was heard of by anybody was heard of before.
   */
  protected countsFrom(_session: SessionId, nowUs: DurationUs): DurationUs {
    return nowUs;
  }

  /**
   * That a session is over may be said when its end is applied, and not before: one whose end is merely submitted lives
   * on if this leader loses its epoch. A session of a later epoch is none that this leader can know: who leads now
   * does. ZooKeeper tells the client in both cases that it is over.
   */
  protected standingOf({ epoch }: Leading, session: SessionId, password: number): Standing {
    const tracked = this.state.service.tracked.get(session);
    if (tracked === undefined) return epochOfSession(session) > epoch ? 'unsettled' : 'over';
    if (tracked.password !== password) return 'over';
    return tracked.isClosing ? 'unsettled' : 'valid';
  }

  /** Why a request of a session may not be proposed; `null`: it may. */
  protected refusalOf({ session, hadMoved, request }: Asked): ErrorCode | null {
    const tracked = this.state.service.tracked.get(session);
    if (tracked === undefined || tracked.isClosing) return 'SessionExpired';
    return isOfOneServer(request) && hadMoved ? 'SessionMoved' : null;
  }

  /** Whether nothing is said to a session here any more: of its own clients a leader knows that, and nobody else. */
  protected hasGone(session: SessionId): boolean {
    const { role, service } = this.state;
    const tracked = service.tracked.get(session);
    return role.kind === 'leading' && tracked !== undefined && this.isMoved(tracked, this.self);
  }

  /**
   * Its client has gone on to another server. What it had sent to the first one may come late: behind what it has sent
   * to the second. Who owns a session is looked at as a request comes, not as the request processor takes it, as
   * ZooKeeper does: (1) n1 is late with a request, whose client goes to n2, and is served there; (2) n1 hands the
   * request on, and the leader queues it; (3) the client comes back to n1, which owns the session again before the
   * request processor runs; (4) what was asked first is done last, and the client was told that it was lost.
   */
  protected isMoved({ owner }: TrackedSession, origin: NodeId): boolean {
    return owner !== origin;
  }

  // ── Transactions ─────────────────────────────────────────────────────

  /** What a request comes to, if nothing of its session is in its way. `pending` knows of it from now on. */
  protected commandFor(session: SessionId, xid: number, zxid: Zxid, request: PrepareRequest): TreeCommand {
    return prepare(this.tree, this.state.service.pending, session, xid, zxid, request);
  }

  /** Up to where a server has to have come that a sync is asked of: all that is proposed. */
  protected targetOfSync({ outstanding, committedTo, epoch, counter }: Leading): Zxid {
    return outstanding.size === 0 ? committedTo : this.zxidFor(epoch, counter - 1);
  }

  /** Whether a sync is a transaction: committed by a quorum, behind all that was committed when it was asked for. */
  protected syncsByLog(): boolean {
    return this.serviceSettings.syncsByLog;
  }

  // ── Watches ──────────────────────────────────────────────────────────

  /** What a client has missed of what it watches, by what it has seen last. */
  protected missedBy(watches: StandardWatches): readonly Pick<WatcherEvent, 'type' | 'path'>[] {
    return watchesDue(this.tree, watches);
  }

  /** What stands again of the watches that a client had elsewhere for more than one event: all of them. */
  protected standAgain(watches: SetWatches2): Pick<SetWatches2, 'persistent' | 'persistentRecursive'> {
    return watches;
  }

  /**
   * Which watches of a client on a path, of modes `others`, end when it sets one of another mode there: none. A client
   * may be one process with several parts, of which each knows its own watch alone (ZOOKEEPER-4466).
   */
  protected endWithAnother(_others: readonly WatchMode[]): readonly WatchMode[] {
    return [];
  }
}

/**
 * The end of a session is its last word, whoever hands it on; and ZooKeeper looks at the session with each part of a
 * multi, so that one without parts is done.
 */
function isOfOneServer(request: PrepareRequest): boolean {
  return request.kind === 'op' && !(request.op.op === 'multi' && request.op.ops.length === 0);
}
