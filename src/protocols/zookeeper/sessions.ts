import type { Context } from '../../contract/context.ts';
import type { Plain } from '../../contract/message.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { Ping, Txn } from '../zab/messages.ts';
import type { Leading, Submission } from '../zab/state.ts';
import type { Zxid } from '../zab/zxid.ts';
import type { ErrorCode, SessionId, TreeCommand } from './messages.ts';
import type { Revalidate, Standing, TouchingPing } from './packets.ts';
import { Snapshots } from './snapshots.ts';
import type { Asked } from './state.ts';
import { applied, noPending } from './tree/pending.ts';

/** What the leader knows of sessions: who is alive, and at which server. What ZooKeeper calls its SessionTracker. */
export abstract class Sessions extends Snapshots {
  /** A new leader learns of all sessions from its tree, and gives each its whole time once more. */
  protected beginTracking(ctx: Context): void {
    const { service, applied: last } = this.state;
    assert(this.tree.settledAt <= last, 'whoever leads has applied all that its snapshot shows');
    const nowUs = ctx.monotonicUs();
    service.pending = noPending();
    for (const [session, { timeoutUs, password }] of this.tree.sessions) {
      const expiresUs = this.expiryOf(this.countsFrom(session, nowUs), timeoutUs);
      service.tracked.set(session, { timeoutUs, password, owner: null, expiresUs, isClosing: false });
    }
    this.awaitEndOfTick(ctx);
  }

  protected endTracking(ctx: Context): void {
    const { service } = this.state;
    service.tracked.clear();
    service.pending = noPending();
    ctx.cancelTimer('sessions');
  }

  // ── Expiry ───────────────────────────────────────────────────────────

  private awaitEndOfTick(ctx: Context): void {
    const { tickUs } = this.settings;
    ctx.setTimer('sessions', tickUs - (ctx.monotonicUs() % tickUs));
  }

  /** A client has shown that it is there. False: its session is over, or its end is submitted, and it is not heard. */
  protected touch(ctx: Context, session: SessionId): boolean {
    const tracked = this.state.service.tracked.get(session);
    if (tracked === undefined || tracked.isClosing) return false;
    tracked.expiresUs = Math.max(tracked.expiresUs, this.expiryOf(ctx.monotonicUs(), tracked.timeoutUs));
    return true;
  }

  protected override onPingAnswer(ctx: Context, role: Leading, ping: Ping): void {
    super.onPingAnswer(ctx, role, ping);
    for (const session of (ping as TouchingPing).sessions) this.touch(ctx, session);
  }

  /** A tick has ended: sessions of which nothing was heard end by a transaction, like those that are closed. */
  protected onEndOfTick(ctx: Context): void {
    const { role, service } = this.state;
    assert(role.kind === 'leading', 'only a leader tracks sessions');
    const nowUs = ctx.monotonicUs();
    for (const [session, tracked] of service.tracked) {
      if (tracked.isClosing || tracked.expiresUs > nowUs) continue;
      tracked.isClosing = true;
      this.ask(ctx, role, { session, xid: 0, origin: this.self, request: { kind: 'close-session' } });
    }
    this.awaitEndOfTick(ctx);
  }

  // ── Moving ───────────────────────────────────────────────────────────

  /** A client has come to a server with this session. From now on, that server alone speaks for it. */
  protected revalidate(
    ctx: Context, role: Leading, origin: NodeId, asked: Omit<Revalidate, 'kind' | 'client'>,
  ): Standing {
    const { session, password, timeoutUs } = asked;
    const standing = this.standingOf(role, session, password);
    const tracked = this.state.service.tracked.get(session);
    if (standing !== 'valid' || tracked === undefined) return standing;
    if (tracked.owner !== null && tracked.owner !== origin) {
      ctx.note({ event: 'session-moved', session, from: tracked.owner, to: origin });
    }
    tracked.owner = origin;
    tracked.timeoutUs = timeoutUs;
    tracked.expiresUs = this.expiryOf(ctx.monotonicUs(), timeoutUs);
    return standing;
  }

  // ── Proposals ────────────────────────────────────────────────────────

  protected ask(ctx: Context, role: Leading, { session, xid, origin, request }: Omit<Asked, 'hadMoved'>): void {
    const tracked = this.state.service.tracked.get(session);
    const hadMoved = tracked !== undefined && this.isMoved(tracked, origin);
    const asked: Asked = { session, xid, origin, request, hadMoved };
    this.submit(ctx, role, { command: asked as unknown as Plain, request: null });
  }

  protected override prepareTxn(role: Leading, zxid: Zxid, submission: Submission): Plain {
    const asked = super.prepareTxn(role, zxid, submission) as unknown as Asked;
    return this.prepareAsked(zxid, asked) as unknown as Plain;
  }

  /** A refusal is a transaction, too: so it is answered in its place among those of its session. */
  private prepareAsked(zxid: Zxid, asked: Asked): TreeCommand {
    const { session, xid, origin, request } = asked;
    const { tracked } = this.state.service;
    if (request.kind === 'create-session') {
      const { timeoutUs, password } = request;
      tracked.set(session, { timeoutUs, password, owner: origin, expiresUs: Infinity, isClosing: false });
    } else if (xid !== 0) {
      const error = this.refusalOf(asked);
      if (error !== null) return refused(zxid, session, xid, error);
      const known = tracked.get(session);
      if (request.kind === 'close-session' && known !== undefined) known.isClosing = true;
    }
    return this.commandFor(session, xid, zxid, request);
  }

  /** Of a leader: a transaction is in its tree now. */
  protected settleTxn(ctx: Context, { zxid }: Txn, { session, xid, change }: TreeCommand): void {
    const { service } = this.state;
    applied(service.pending, zxid);
    if (change.change === 'create-session') {
      const tracked = service.tracked.get(session);
      if (tracked !== undefined) tracked.expiresUs = this.expiryOf(ctx.monotonicUs(), tracked.timeoutUs);
      ctx.note({ event: 'session-created', session });
    } else if (change.change === 'close-session') {
      service.tracked.delete(session);
      ctx.note({ event: xid === 0 ? 'session-expired' : 'session-closed', session });
    }
  }
}

function refused(zxid: Zxid, session: SessionId, xid: number, error: ErrorCode): TreeCommand {
  return Object.freeze({ zxid, session, xid, change: { change: 'error' as const, error, results: [] } });
}

