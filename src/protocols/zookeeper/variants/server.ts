import type { Context } from '../../../contract/context.ts';
import type { Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { Txn } from '../../zab/messages.ts';
import type { Following } from '../../zab/state.ts';
import type { Zxid } from '../../zab/zxid.ts';
import type {
  ErrorCode, SetWatches2, StandardWatches, TreeCommand, WatcherEvent, WatchMode,
} from '../messages.ts';
import type { Asked, ClientConnection, TrackedSession } from '../state.ts';
import { DefectiveServer } from './defective.ts';

const GUIDE = "ZooKeeper Programmer's Guide";

/** How long the queue of events of ZS-08 is behind that of replies. */
const QUEUE_US = 5_000;

/** ZS-07: whatever is watched again is watched from now on. */
class WatchLostOnReconnect extends DefectiveServer {
  protected override missedBy(watches: StandardWatches): readonly Pick<WatcherEvent, 'type' | 'path'>[] {
    if (super.missedBy(watches).length > 0) this.fired();
    return [];
  }
}

/** ZS-35: there is one watch of a client and a path, and the last that was set is the one. */
class OneModeAPath extends DefectiveServer {
  protected override endWithAnother(others: readonly WatchMode[]): readonly WatchMode[] {
    if (others.length > 0) this.fired();
    return others;
  }
}

/** ZS-36: who comes from another server is watched for as one that watches for one event at a time. */
class PersistentWatchLost extends DefectiveServer {
  protected override standAgain(watches: SetWatches2): Pick<SetWatches2, 'persistent' | 'persistentRecursive'> {
    const { persistent, persistentRecursive } = super.standAgain(watches);
    if (persistent.length + persistentRecursive.length > 0) this.fired();
    return { persistent: [], persistentRecursive: [] };
  }
}

/** ZS-08: events have a queue of their own, and whoever sends them comes to it later. */
class WatchAfterData extends DefectiveServer {
  private readonly events: { readonly client: ClientConnection; readonly event: WatcherEvent }[] = [];

  protected override sendEvent(ctx: Context, client: ClientConnection, event: WatcherEvent): void {
    this.fired();
    this.events.push({ client, event });
    ctx.setTimer('events', QUEUE_US);
  }

  override onTimer(ctx: Context, name: string): void {
    if (name !== 'events') return super.onTimer(ctx, name);
    for (const { client, event } of this.events) super.sendEvent(ctx, client, event);
    this.events.length = 0;
  }
}

/**
 * ZS-09: whoever comes is served, whatever it has seen elsewhere; and at once, where the session is known: the word of
 * the leader would come behind what it has committed.
 */
class ReadGoesBack extends DefectiveServer {
  protected override isBehind(lastZxid: Zxid): boolean {
    return this.instead(false, super.isBehind(lastZxid));
  }

  protected override askLeader(ctx: Context, role: Following, client: ClientConnection): void {
    super.askLeader(ctx, role, client);
    const known = this.tree.sessions.get(client.session);
    if (known?.password === client.password) this.onStanding(ctx, client, 'valid');
  }
}

/** ZS-10: a sync asks no quorum where it should. */
class SyncNotQuorum extends DefectiveServer {
  protected override syncsByLog(): boolean {
    return this.instead(false, super.syncsByLog());
  }
}

/** ZS-12: a session is served wherever somebody asks in its name. */
class SessionMovedUnchecked extends DefectiveServer {
  protected override isMoved(tracked: TrackedSession, origin: NodeId): boolean {
    return this.instead(false, super.isMoved(tracked, origin));
  }
}

/** ZS-12b: who owns a session is looked at when the request processor comes to what was asked in it. */
class OwnerLookedUpLate extends DefectiveServer {
  protected override refusalOf(asked: Asked): ErrorCode | null {
    const tracked = this.state.service.tracked.get(asked.session);
    const hasMoved = tracked !== undefined && this.isMoved(tracked, asked.origin);
    return super.refusalOf({ ...asked, hadMoved: this.instead(hasMoved, asked.hadMoved) });
  }
}

/** ZB-21: what is committed together is applied by workers of which each has sessions of its own. */
class CommitReorder extends DefectiveServer {
  protected override inOrderOfCommit(txns: readonly Txn[]): readonly Txn[] {
    const ofFirst = txns.filter((txn) => workerOf(txn) === 0);
    const reordered = [...ofFirst, ...txns.filter((txn) => !ofFirst.includes(txn))];
    if (reordered.some((txn, at) => txn !== txns[at])) this.fired();
    return reordered;
  }
}

const WORKERS = 2;
const SERVER_BITS = 0x400_0000;

/** Of a session: its server and its count there tell it from others. */
function workerOf({ command }: Txn): number {
  const { session } = command as unknown as TreeCommand;
  return (Math.floor(session / SERVER_BITS) + session) % WORKERS;
}

/** Defects of what a server does with its clients. */
export const serverVariants: readonly Variant[] = [
  {
    row: 'ZB-21', id: 'zookeeper/commit-reorder', title: 'what is committed together is applied in another order',
    breaks: 'DSN 2011, section III.A, total order',
    source: 'https://issues.apache.org/jira/browse/ZOOKEEPER-1863', difficulty: 'E', firstCatcher: 'Z13',
    in: 'node', create: (init, fired) => new CommitReorder(init, fired),
  },
  {
    row: 'ZS-07', id: 'zookeeper/watch-lost-on-reconnect',
    title: 'a watch that comes along to another server hears nothing of what has changed meanwhile',
    breaks: `${GUIDE}, "ZooKeeper Watches": watches are triggered as needed when a client reconnects`,
    source: 'https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html#ch_zkWatches', difficulty: 'E',
    firstCatcher: 'watches',
    in: 'node', create: (init, fired) => new WatchLostOnReconnect(init, fired),
  },
  {
    row: 'ZS-35', id: 'zookeeper/one-mode-a-path',
    title: 'a watch takes the place of one of another mode that its client has on the path',
    breaks: `${GUIDE}, "Persistent, Recursive Watches": such a watch is not removed when it is triggered`,
    source: 'https://issues.apache.org/jira/browse/ZOOKEEPER-4466', difficulty: 'E', firstCatcher: 'watches',
    in: 'node', create: (init, fired) => new OneModeAPath(init, fired),
  },
  {
    row: 'ZS-36', id: 'zookeeper/persistent-watch-lost-on-reconnect',
    title: 'a persistent watch does not come along to another server',
    breaks: `${GUIDE}, "ZooKeeper Watches": watches are registered again when a client reconnects`,
    source: 'https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html#ch_zkWatches', difficulty: 'E',
    firstCatcher: 'watches',
    in: 'node', create: (init, fired) => new PersistentWatchLost(init, fired),
  },
  {
    row: 'ZS-08', id: 'zookeeper/watch-after-data', title: 'new data is seen before the event that tells of it',
    breaks: `${GUIDE}, "What ZooKeeper Guarantees about Watches": the event comes before the new data`,
    source: 'https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html#sc_WatchGuarantees', difficulty: 'E',
    firstCatcher: 'watches',
    in: 'node', create: (init, fired) => new WatchAfterData(init, fired),
  },
  {
    row: 'ZS-09', id: 'zookeeper/read-goes-back',
    title: 'a client is served by a server that lags behind what it has seen',
    breaks: `${GUIDE}, "Consistency Guarantees": single system image`,
    source: 'https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html#ch_zkGuarantees', difficulty: 'E',
    firstCatcher: 'session-order',
    in: 'node', create: (init, fired) => new ReadGoesBack(init, fired),
  },
  {
    row: 'ZS-10', id: 'zookeeper/sync-not-quorum',
    title: 'a sync by a quorum takes the word of whoever thinks he leads',
    breaks: 'a sync that is answered shows what was committed before it was asked for',
    source: 'https://issues.apache.org/jira/browse/ZOOKEEPER-1675', difficulty: 'X', firstCatcher: 'fresh-sync',
    in: 'node', create: (init, fired) => new SyncNotQuorum(init, fired),
  },
  {
    row: 'ZS-12', id: 'zookeeper/session-moved-unchecked',
    title: 'what a client has sent to its first server is done behind what it has sent to the second',
    breaks: `${GUIDE}, "Consistency Guarantees": sequential consistency`,
    source: 'https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html#ch_zkSessions', difficulty: 'X',
    firstCatcher: 'session-order',
    in: 'node', create: (init, fired) => new SessionMovedUnchecked(init, fired),
  },
  {
    row: 'ZS-12b', id: 'zookeeper/owner-looked-up-late',
    title: 'what a client has left at a server is done when it is back there, behind what it has done elsewhere',
    breaks: `${GUIDE}, "Consistency Guarantees": sequential consistency`,
    source: 'https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html#ch_zkSessions', difficulty: 'X',
    firstCatcher: 'session-order',
    in: 'node', create: (init, fired) => new OwnerLookedUpLate(init, fired),
  },
];
