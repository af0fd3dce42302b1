import type { Context } from '../../../contract/context.ts';
import type { Message } from '../../../contract/message.ts';
import type { Fired, NodeClass, Variant } from '../../../contract/variant.ts';
import type { ConnectionId, NodeId } from '../../../kernel/ids.ts';
import type { Vote } from '../messages.ts';
import type { Following, Leading, Learner } from '../state.ts';
import { ZabNode } from '../zab.ts';
import { DefectiveZab, issue } from './defective.ts';

/** ZB-16: histories are not compared. */
function votesById(base: NodeClass | null, fired: Fired): NodeClass {
  const Base = (base ?? ZabNode) as typeof ZabNode;
  return class extends Base {
    protected override isBetter(vote: Vote, than: Vote): boolean {
      const isBetter = vote.leader > than.leader;
      if (isBetter !== super.isBetter(vote, than)) fired();
      return isBetter;
    }
  };
}

/** ZB-17: of equal histories, the higher id is better, whatever the epochs: each of two votes beats the other. */
class VoteCycle extends DefectiveZab {
  protected override isBetter(vote: Vote, than: Vote): boolean {
    const isBetter = super.isBetter(vote, than);
    return this.instead(isBetter || (vote.zxid === than.zxid && vote.leader > than.leader), isBetter);
  }
}

/** ZB-18: votes of all rounds are counted together. */
class CountsStaleRounds extends DefectiveZab {
  protected override countsRound(round: number): boolean {
    return this.instead(true, super.countsRound(round));
  }
}

/** ZB-19: a leader keeps its history, whatever its followers have. */
function ignoresMoreRecent(base: NodeClass | null, fired: Fired): NodeClass {
  const Base = (base ?? ZabNode) as typeof ZabNode;
  return class extends Base {
    protected override isMoreRecent(
      follower: Pick<Learner, 'currentEpoch' | 'lastZxid'>, leader: Pick<Leading, 'currentEpoch' | 'lastZxid'>,
    ): boolean {
      if (super.isMoreRecent(follower, leader)) fired();
      return false;
    }
  };
}

/** ZB-23: what comes from the leader is taken, whichever connection it comes on. */
class TakesOldPackets extends DefectiveZab {
  protected override leaveLeader(_ctx: Context, _role: Following): void {
    // Whoever closes a connection hears no more of it.
  }

  override onReceived(ctx: Context, connection: ConnectionId, peer: NodeId, message: Message): void {
    const { role } = this.state;
    const isOld = role.kind === 'following' && role.leader === peer && role.connection !== connection;
    if (!isOld || role.connection === null || role.phase === 'connecting') {
      return super.onReceived(ctx, connection, peer, message);
    }
    this.fired();
    super.onReceived(ctx, role.connection, peer, message);
  }
}

const FIFO = 'DSN 2011, section III.D: a process that comes back opens a new channel, and hears nothing of the old one';

/** Defects of elections, of discovery and of connections. */
export const electionVariants: readonly Variant[] = [
  {
    row: 'ZB-16', id: 'zab/vote-by-id', title: 'the highest id is voted for, whatever its history',
    breaks: 'Medeiros 2012, section 4: whoever was in a later epoch, and has more, is elected',
    source: 'Medeiros 2012, section 4', difficulty: 'E', firstCatcher: 'progress',
    in: 'rule', over: votesById,
  },
  {
    row: 'ZB-17', id: 'zab/vote-cycle', title: 'ids are compared although epochs differ, and no vote is the best',
    breaks: 'votes are in one order',
    source: issue(1419), difficulty: 'X', firstCatcher: 'agreed',
    in: 'node', create: (init, fired) => new VoteCycle(init, fired),
  },
  {
    row: 'ZB-18', id: 'zab/counts-stale-rounds', title: 'votes of an earlier round are counted',
    breaks: 'a vote of an earlier round was for what is over',
    source: issue(1732), difficulty: 'X', firstCatcher: 'second-round',
    in: 'node', create: (init, fired) => new CountsStaleRounds(init, fired),
  },
  {
    row: 'ZB-19', id: 'zab/ignores-more-recent', title: 'a leader does not give up when a follower is more recent',
    breaks: 'DSN 2011, section V.B, step l.1.2: the epoch begins with the most recent history of a quorum',
    source: 'DSN 2011, section V.B', difficulty: 'E', firstCatcher: 'Z15',
    in: 'rule', over: ignoresMoreRecent,
  },
  {
    row: 'ZB-23', id: 'zab/takes-old-packets', title: 'what was sent on a former connection is taken on the next one',
    breaks: FIFO, source: 'DSN 2011, section III.D', difficulty: 'E', firstCatcher: 'assertion',
    in: 'node', create: (init, fired) => new TakesOldPackets(init, fired),
  },
];
