/**
 * Zab, ZooKeeper's atomic broadcast, as in "Zab: High-performance broadcast for primary-backup systems" by Junqueira,
 * Reed and Serafini, DSN 2011 ("the paper"), and as ZooKeeper does it, for which "ZooKeeper's atomic broadcast
 * protocol: theory and practice" by Medeiros, 2012, is the guide: Fast Leader Election in place of an oracle, the
 * leader's own history in place of a follower's, and what a follower lacks in place of whole histories. Packets have
 * ZooKeeper's names.
 *
 * Implemented: phase 0, Fast Leader Election; phase 1, discovery; phase 2, synchronisation by DIFF, TRUNC or SNAP;
 * phase 3, broadcast; two epochs in files of their own; a new epoch when the counter is used up; snapshots and a log
 * that drops what they hold; initLimit and syncLimit at both ends; sessions (in the service). Not implemented:
 * observers, reconfiguration, requests that followers hand on, fuzzy snapshots. Deviations are listed in README.md
 * beside this file.
 *
 * A node is one class, written in layers of one file each: here is what reaches it. The request, sync and commit
 * processors of ZooKeeper have queues of their own and run as steps of their own, by timers of no time: `prep`, `sync`
 * and `commit`. Whatever can happen between ZooKeeper's threads can happen between these.
 *
 * Atomic steps: each handler. A pause or a crash strikes between a handler and the completion of its persist, between
 * two handlers, between two processors, and nowhere else.
 *
 * Uses of sendNow: Notification promises nothing. On a connection everything is sent by sendOnNow but LEADERINFO and
 * ACKEPOCH, the first packets of either side: what waits for a sync would be overtaken by what does not. PROPOSAL may
 * travel while the leader writes it. ACK is said in the handler that is told of the sync. COMMIT, UPTODATE, DIFF,
 * TRUNC, SNAP and NEWLEADER say what the disks of a quorum hold, or nothing of a disk.
 */
import type { ClientRequest } from '../../contract/client.ts';
import type { Context, PersistTag } from '../../contract/context.ts';
import type { Message } from '../../contract/message.ts';
import type { Node, NodeInit } from '../../contract/node.ts';
import type { Options } from '../../contract/options.ts';
import { assert } from '../../kernel/assert.ts';
import type { ConnectionId, NodeId } from '../../kernel/ids.ts';
import { Leader } from './leader.ts';
import type { Notification, QuorumPacket, Txn } from './messages.ts';
import { readSettings } from './options.ts';
import {
  ACCEPTED_EPOCH_FILE, CURRENT_EPOCH_FILE, LOG_FILE, type LogMark, type ZabState,
} from './state.ts';

/** A Zab node. */
export class ZabNode extends Leader implements Node<ZabState> {
  /** What the disk held of the log, which may be more than what was recovered. */
  private readonly found: { readonly dropped: number; readonly held: number };

  constructor(init: NodeInit) {
    super(init);
    this.found = { dropped: init.disk.head(LOG_FILE).dropped, held: init.disk.log(LOG_FILE).length };
  }

  onStart(ctx: Context): void {
    const { isAmnesiac, durable } = this.state;
    if (isAmnesiac) return;
    this.mendLog(ctx);
    // What the disk gave us may be in its cache alone: a process crash leaves it there. What we say from now on waits.
    ctx.put(ACCEPTED_EPOCH_FILE, durable.acceptedEpoch);
    ctx.put(CURRENT_EPOCH_FILE, durable.currentEpoch);
    ctx.persist();
    this.applyLog();
    this.look(ctx, 'started');
  }

  /** Makes the file what was recovered: without what a snapshot stands for, and without what is behind its end. */
  private mendLog(ctx: Context): void {
    const { log } = this.state.durable;
    const { dropped, held } = this.found;
    if (log.dropped > dropped) {
      const mark: LogMark = { zxid: log.base };
      ctx.dropUntil(LOG_FILE, log.dropped, mark);
    } else if (held > log.entries.length && this.cutsBehindEnd()) {
      ctx.truncateFrom(LOG_FILE, log.dropped + log.entries.length + 1);
    }
  }

  // ── Messages ─────────────────────────────────────────────────────────

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    if (!this.state.isAmnesiac) this.onNotification(ctx, from, message as Notification);
  }

  /** Whom nobody follows has no use for a connection that it has not asked for. */
  onConnected(ctx: Context, connection: ConnectionId, peer: NodeId): void {
    const { role, isAmnesiac } = this.state;
    if (role.kind === 'following' && role.connection === connection) this.onLeaderConnected(ctx, role, connection);
    else if (role.kind === 'leading' && !isAmnesiac) this.onLearnerConnected(ctx, role, connection, peer);
    else ctx.close(connection);
  }

  onReceived(ctx: Context, connection: ConnectionId, _peer: NodeId, message: Message): void {
    const { role } = this.state;
    const packet = message as QuorumPacket;
    if (role.kind === 'following' && role.connection === connection) return this.onLeaderPacket(ctx, role, packet);
    const learner = role.kind === 'leading' ? role.learners.get(connection) : undefined;
    if (role.kind === 'leading' && learner !== undefined) this.onLearnerPacket(ctx, role, learner, packet);
  }

  onClosed(ctx: Context, connection: ConnectionId): void {
    const { role } = this.state;
    if (role.kind === 'following' && role.connection === connection) this.onLeaderClosed(ctx, role);
    else if (role.kind === 'leading') this.onLearnerClosed(role, connection);
  }

  onTimer(ctx: Context, name: string): void {
    switch (name) {
      case 'notify':
        return this.onNotifyAgain(ctx);
      case 'finalize':
        return this.onFinalize(ctx);
      case 'init':
        return this.look(ctx, 'initLimit is over');
      case 'connect':
        return this.onReachAgain(ctx);
      case 'leader':
        return this.onLeaderSilent(ctx);
      case 'tick':
        return this.onTick(ctx);
      case 'prep':
        return this.runRequestProcessor(ctx);
      case 'sync':
        return this.runSyncProcessor(ctx);
      case 'commit':
        return this.runCommitProcessor(ctx);
      default:
        assert(false, 'Zab sets no other timer');
    }
  }

  onPersisted(ctx: Context, tag: PersistTag): void {
    switch (tag.kind) {
      case 'logged':
        return this.onLogged(ctx, tag);
      case 'snapshot':
        return this.onSnapshotPersisted(ctx, tag);
      case 'truncated':
        return; // What comes behind it is written already, and synced after it.
      case 'own-promise':
      case 'own-history':
      case 'own-epoch':
        return this.onOwnPersisted(ctx, tag);
      default:
        return this.onSyncPersisted(ctx, tag);
    }
  }

  onOptions(_ctx: Context, options: Options): void {
    this.settings = readSettings(options);
  }

  // ── Processors ───────────────────────────────────────────────────────

  private runRequestProcessor(ctx: Context): void {
    const { role } = this.state;
    if (role.kind === 'leading') this.prepare(ctx, role);
  }

  protected override log(ctx: Context, txn: Txn): void {
    this.state.toLog.push(txn);
    ctx.setTimer('sync', 0);
  }

  /** Writes all that waits, and has it synced at once. */
  private runSyncProcessor(ctx: Context): void {
    const { toLog, election, role } = this.state;
    const last = toLog.at(-1);
    if (last === undefined) return;
    for (const txn of toLog) this.appendTxn(ctx, txn);
    toLog.length = 0;
    const tag: PersistTag = { kind: 'logged', zxid: last.zxid, election };
    if (!this.syncsBeforeAck()) this.onLogged(ctx, tag);
    ctx.persist(tag);
    // It may be committed already: others were faster.
    if (role.kind !== 'looking' && role.phase === 'broadcast') ctx.setTimer('commit', 0);
  }

  private onLogged(ctx: Context, { zxid, election }: PersistTag): void {
    const { role } = this.state;
    if (election !== this.state.election) return; // What was written for a leader of before.
    if (role.kind === 'leading') this.ackOwn(ctx, role, zxid as number);
    else if (role.kind === 'following') this.acknowledge(ctx, role, zxid as number);
  }

  private runCommitProcessor(ctx: Context): void {
    const { role } = this.state;
    if (role.kind !== 'looking' && role.phase === 'broadcast') this.applyCommitted(ctx, role.committedTo);
  }

  // ── Leaving a role ───────────────────────────────────────────────────

  protected override leaveRole(ctx: Context): void {
    const { role } = this.state;
    if (role.kind === 'leading') this.abandon(ctx, role);
    if (role.kind === 'following') this.leaveLeader(ctx, role);
  }

  // ── Clients ──────────────────────────────────────────────────────────

  onRequest(ctx: Context, request: ClientRequest): void {
    const { role } = this.state;
    if (this.serveRead(ctx, request)) return;
    if (role.kind !== 'leading' || !this.mayPropose(role)) {
      const leader = role.kind === 'following' && role.phase === 'broadcast' ? role.leader : null;
      return this.answerClient(ctx, request, { kind: 'not-leader', leader });
    }
    if (role.submissions.length + role.outstanding.size >= this.settings.outstandingMax) {
      return this.answerClient(ctx, request, { kind: 'busy' });
    }
    this.submit(ctx, role, { command: request.command, request });
  }

  /** A local read: what this node has applied, which others may have gone on from. False: it is a transaction. */
  private serveRead(ctx: Context, request: ClientRequest): boolean {
    const { role, machine, applied } = this.state;
    if (!this.settings.readsLocally || role.kind === 'looking' || role.phase !== 'broadcast') return false;
    const answer = this.machine.query(machine, request.command);
    if (answer === null) return false;
    this.answerClient(ctx, request, { kind: 'executed', result: answer.result, zxid: applied });
    return true;
  }
}
