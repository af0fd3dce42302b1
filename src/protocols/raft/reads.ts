import type { ClientRequest } from '../../contract/client.ts';
import type { Context } from '../../contract/context.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { RaftAnswer, ReadIndexReply, ReadIndexRequest } from './messages.ts';
import { Snapshots } from './snapshots.ts';
import type { FollowerRead, Leader, LeaderRead } from './state.ts';

/** How reads are answered without an entry in the log (§8; thesis §6.4). */
export abstract class Reads extends Snapshots {
  // ── At the leader ────────────────────────────────────────────────────

  /** Whether a command is a read that can be answered from the state of the service alone. */
  protected isRead(request: ClientRequest): boolean {
    return this.settings.reads !== 'log' && this.machine.query(this.state.machine, request.command) !== null;
  }

  /** False if the leader cannot serve reads yet: then they go through the log. */
  protected serveRead(ctx: Context, leader: Leader, asker: LeaderRead['asker']): boolean {
    if (!this.mayServeReads()) return false;
    const { commitIndex: readIndex } = this.state;
    if (this.settings.reads === 'lease' && this.holdsLease(leader, this.leaseClockUs(ctx))) {
      leader.leaseReads += 1;
      this.finishRead(ctx, { context: 0, readIndex, asker });
      return true;
    }
    const context = this.readContext(leader, asker);
    leader.reads.push({ context, readIndex, asker });
    // One round confirms all reads that came before it; what is sent for other reasons is such a round, too.
    if (this.settings.batchWindowUs > 0) this.beginBatch(ctx, leader);
    else if (context > leader.requestId) this.sendHeartbeats(ctx, leader);
    this.finishConfirmed(ctx, leader);
    return true;
  }

  protected override onAnswered(ctx: Context, leader: Leader): void {
    if (leader.reads.length > 0) this.finishConfirmed(ctx, leader);
  }

  private finishConfirmed(ctx: Context, leader: Leader): void {
    while (leader.reads.length > 0) {
      const read = leader.reads[0] as LeaderRead;
      if (!this.isConfirmed(leader, read.context)) return;
      leader.reads.shift();
      this.finishRead(ctx, read);
    }
  }

  /** Thesis §6.4, step 4: what is committed is applied here at once, so nothing is left to wait for. */
  private finishRead(ctx: Context, { readIndex, asker }: LeaderRead): void {
    assert(this.state.lastApplied >= readIndex, 'a leader has applied what it has committed');
    if ('follower' in asker) {
      const { currentTerm: term } = this.state.durable;
      const reply: ReadIndexReply = { kind: 'ReadIndexReply', term, id: asker.id, readIndex };
      ctx.send(asker.follower, reply);
      return;
    }
    this.answerRead(ctx, asker);
  }

  private answerRead(ctx: Context, request: ClientRequest): void {
    const { machine, lastApplied } = this.state;
    const answer = this.machine.query(machine, request.command);
    // Its session is not known here any more: then nobody can say what it would have read.
    if (answer === null) return ctx.reply(request, { kind: 'leadership-lost' } satisfies RaftAnswer);
    ctx.reply(request, { kind: 'applied', result: answer.result, index: lastApplied } satisfies RaftAnswer);
  }

  protected abandonReads(ctx: Context, leader: Leader): void {
    for (const { asker } of leader.reads) {
      if (!('follower' in asker)) ctx.reply(asker, { kind: 'leadership-lost' } satisfies RaftAnswer);
    }
    leader.reads.length = 0;
  }

  // ── At a follower ────────────────────────────────────────────────────

  /** Asks the leader from which index on a read may be answered here. */
  protected readAtFollower(ctx: Context, leader: NodeId, request: ClientRequest): void {
    const { state } = this;
    // Ids begin with the clock: an answer for our former life must not be taken for one to this one's question.
    state.lastReadId = Math.max(state.lastReadId + 1, ctx.monotonicUs());
    state.followerReads.push({ id: state.lastReadId, request, readIndex: null });
    const { currentTerm: term } = state.durable;
    const question: ReadIndexRequest = { kind: 'ReadIndexRequest', term, id: state.lastReadId };
    ctx.send(leader, question);
  }

  protected onReadIndexRequest(ctx: Context, from: NodeId, request: ReadIndexRequest): void {
    const { role } = this.state;
    // The client of the follower asks again, sooner or later somebody who can tell.
    if (role.kind === 'leader') this.serveRead(ctx, role, { follower: from, id: request.id });
  }

  protected onReadIndexReply(ctx: Context, reply: ReadIndexReply): void {
    const { followerReads } = this.state;
    const at = followerReads.findIndex(({ id }) => id === reply.id);
    if (at === -1) return;
    followerReads[at] = { ...(followerReads[at] as FollowerRead), readIndex: reply.readIndex };
    this.answerApplied(ctx);
  }

  /** Thesis §6.4: the follower waits until it has applied as much as was committed when it asked. */
  protected answerApplied(ctx: Context): void {
    const { followerReads, lastApplied } = this.state;
    for (let at = 0; at < followerReads.length; ) {
      const { request, readIndex } = followerReads[at] as FollowerRead;
      if (readIndex === null || readIndex > lastApplied) {
        at += 1;
        continue;
      }
      followerReads.splice(at, 1);
      this.answerRead(ctx, request);
    }
  }

  protected override loseLeader(ctx: Context): void {
    for (const { request } of this.state.followerReads) {
      ctx.reply(request, { kind: 'leadership-lost' } satisfies RaftAnswer);
    }
    this.state.followerReads.length = 0;
  }
}
