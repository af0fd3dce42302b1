import type { Context } from '../../../contract/context.ts';
import type { Variant } from '../../../contract/variant.ts';
import type { DurationUs } from '../../../kernel/time.ts';
import type { Txn } from '../../zab/messages.ts';
import type { SessionId, TreeCommand } from '../messages.ts';
import { DefectiveServer } from './defective.ts';

/**
 * ZS-02: what a follower has read of a difference counts as applied, whether it is ever written or not. In ZooKeeper
 * the last processed zxid was set when DIFF came; whoever lost the connection while it read what follows asked for
 * nothing of that again.
 */
class CountsWhatItReads extends DefectiveServer {
  protected override leaveRole(ctx: Context): void {
    const { state } = this;
    const { role } = state;
    super.leaveRole(ctx);
    if (role.kind !== 'following' || role.phase !== 'synchronisation' || role.snapshot !== null) return;
    const read = role.history.at(-1)?.zxid ?? 0;
    if (read <= state.applied) return;
    this.fired();
    state.applied = read;
  }
}

/** ZS-25: sessions end together with those whose tick is over when theirs is not. */
class RoundsDown extends DefectiveServer {
  protected override expiryOf(nowUs: DurationUs, timeoutUs: DurationUs): DurationUs {
    const { tickUs } = this.settings;
    return this.instead(Math.floor((nowUs + timeoutUs) / tickUs) * tickUs, super.expiryOf(nowUs, timeoutUs));
  }
}

/** ZS-26: a new leader goes by the last transaction of a session that it has applied. */
class CountsFromBefore extends DefectiveServer {
  private readonly lastUs = new Map<SessionId, DurationUs>();

  protected override onApplied(ctx: Context, txn: Txn, result: unknown): void {
    super.onApplied(ctx, txn, result);
    this.lastUs.set((txn.command as unknown as TreeCommand).session, ctx.monotonicUs());
  }

  protected override countsFrom(session: SessionId, nowUs: DurationUs): DurationUs {
    const reference = super.countsFrom(session, nowUs);
    return this.instead(this.lastUs.get(session) ?? reference, reference);
  }
}

const SESSIONS = 'https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html#ch_zkSessions';
const WHOLE_TIME =
  "ZooKeeper Programmer's Guide, ZooKeeper Sessions: a session expires when it was not heard of for its length";

/** Defects of how long sessions last, and of how their ends come to who lags. */
export const sessionVariants: readonly Variant[] = [
  {
    row: 'ZS-02', id: 'zookeeper/ephemeral-survives-follower-failure',
    title: 'what a follower has read of a difference when it loses its leader counts as applied',
    breaks: 'what a follower has not applied is sent to it again',
    source: 'https://issues.apache.org/jira/browse/ZOOKEEPER-2355', difficulty: 'X', firstCatcher: 'K8',
    in: 'node', create: (init, fired) => new CountsWhatItReads(init, fired),
  },
  {
    row: 'ZS-25', id: 'zookeeper/expiry-rounded-down', title: 'the end of a session is rounded down to the tick before',
    breaks: WHOLE_TIME, source: SESSIONS, difficulty: 'E', firstCatcher: 'K10',
    in: 'node', create: (init, fired) => new RoundsDown(init, fired),
  },
  {
    row: 'ZS-26', id: 'zookeeper/counts-from-before',
    title: 'a new leader counts the time of a session from its last transaction',
    breaks: WHOLE_TIME, source: SESSIONS, difficulty: 'E', firstCatcher: 'K10',
    in: 'node', create: (init, fired) => new CountsFromBefore(init, fired),
  },
];
