import type { ClientRequest } from '../../contract/client.ts';
import type { Context } from '../../contract/context.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { type DurationUs, US_PER_MS, US_PER_S } from '../../kernel/time.ts';
import { apply } from './commands.ts';
import type {
  Ack, Closed, FullResync, PartialResync, Psync, RedisAnswer, RedisMessage, Replicate, ReplicaOf, Unit,
} from './messages.ts';
import { Persistence } from './persistence.ts';
import { bulk, hostOf, integer, PORT, type Reply } from './reply.ts';
import { newRole, type Primary, type Replica, type Waiting } from './state.ts';

/** How often a replica says how far it is, or asks to be fed. */
const ACK_US = US_PER_S;
/** How long a unit that is missing may still be on its way, before the replica says so. */
const GAP_US = 200 * US_PER_MS;
/** How often a primary shows its replicas that it is there. */
const PING_US = 10 * US_PER_S;
/** How many units are sent again at a time. */
const RESENT_MAX = 100;

const NOTHING: Unit = Object.freeze([]);
const UNBLOCKED: Reply = Object.freeze({
  kind: 'error',
  text: 'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
});

/**
 * A primary and those that follow it. What a primary executes goes to its replicas as a stream of numbered units, and
 * nobody waits for them. A connection is modelled by the numbers: copies are left out, what came early waits for what
 * is missing, and that is sent again.
 */
export abstract class Replication extends Persistence {
  // ── Rules ────────────────────────────────────────────────────────────

  /**
   * Whether a replica can go on from where it is: it is in our history, or in the one that ours goes on from and not
   * beyond that, and we still have what it lacks. Whatever a primary that was deposed has written meanwhile is beyond.
   */
  protected canContinue({ id, offset }: Psync): boolean {
    const { position } = this.state;
    const isOurs = id === position.id || (id === position.previousId && offset <= position.previousOffset);
    return isOurs && offset <= position.offset && position.offset - offset <= position.backlog.length;
  }

  /** How many replicas have acknowledged everything up to there. Acknowledged is executed, in memory. */
  protected acknowledgedBy({ followers }: Primary, offset: number): number {
    let count = 0;
    for (const follower of followers.values()) if (follower.offset >= offset) count += 1;
    return count;
  }

  /** min-replicas-to-write: bounds what a primary that was cut off can lose, and does not make it nothing. */
  protected hasEnoughReplicas({ followers }: Primary, nowUs: DurationUs): boolean {
    const { minReplicas, minReplicasMaxLagUs } = this.settings;
    let count = 0;
    for (const { ackedAtUs } of followers.values()) if (nowUs - ackedAtUs <= minReplicasMaxLagUs) count += 1;
    return count >= minReplicas;
  }

  // ── Roles ────────────────────────────────────────────────────────────

  protected startRole(ctx: Context): void {
    const { role, position } = this.state;
    if (role.kind === 'replica') {
      role.heardAtUs = ctx.monotonicUs();
      return this.connect(ctx, role);
    }
    position.id = this.newId(ctx);
    if (this.settings.isReplicated) ctx.setTimer('ping-replicas', PING_US);
  }

  protected onReplicaOf(ctx: Context, { primary }: ReplicaOf): void {
    const { role } = this.state;
    if (primary === null) return role.kind === 'primary' ? undefined : this.becomePrimary(ctx);
    if (primary === this.self || (role.kind === 'replica' && role.primary === primary)) return;
    this.follow(ctx, primary);
  }

  /** REPLICAOF NO ONE. Our clock decides from now on what has expired. */
  private becomePrimary(ctx: Context): void {
    const { position } = this.state;
    position.previousId = position.id;
    position.previousOffset = position.offset;
    position.id = this.newId(ctx);
    this.state.role = newRole(null, 0);
    ctx.cancelTimer('replica');
    ctx.cancelTimer('gap');
    ctx.setTimer('ping-replicas', PING_US);
    this.writeConfig(ctx);
    ctx.note({ event: 'became-primary', offset: position.offset });
  }

  private follow(ctx: Context, primary: NodeId): void {
    const { role } = this.state;
    if (role.kind === 'primary') this.unblock(ctx, role);
    const replica = newRole(primary, ctx.monotonicUs()) as Replica;
    // Numbers go on: what the primary before sends late must not look like an answer of the next one.
    if (role.kind === 'replica') replica.attempt = role.attempt;
    this.state.role = replica;
    ctx.cancelTimer('ping-replicas');
    this.writeConfig(ctx);
    ctx.note({ event: 'became-replica', primary });
    this.connect(ctx, replica);
  }

  private newId(ctx: Context): string {
    return ctx.random('replication').between(0, 0xffff_ffff).toString(16).padStart(8, '0');
  }

  // ── The primary ──────────────────────────────────────────────────────

  /** A command was executed here: it goes to the file and to the replicas, in that order. */
  protected propagate(ctx: Context, unit: Unit): void {
    const { role } = this.state;
    assert(role.kind === 'primary', 'a replica changes nothing by itself');
    this.record(ctx, unit);
    this.stream(ctx, role, unit);
  }

  private stream(ctx: Context, { followers }: Primary, unit: Unit): void {
    this.advance(unit);
    const { id, offset } = this.state.position;
    const message: Replicate = { kind: 'Replicate', id, offset, unit };
    for (const follower of followers.keys()) this.feed(ctx, follower, message);
  }

  private advance(unit: Unit): void {
    const { position } = this.state;
    position.offset += 1;
    position.backlog.push(unit);
    // Cutting one by one would cost the length of the backlog each time.
    if (position.backlog.length > 2 * this.settings.backlog) {
      position.backlog.splice(0, position.backlog.length - this.settings.backlog);
    }
  }

  /** What promises nothing durable waits for nothing. */
  protected tell(ctx: Context, to: NodeId, message: RedisMessage): void {
    ctx.sendNow(to, message);
  }

  /** With appendfsync: always, the stream leaves when the file is synced, like an answer. */
  private feed(ctx: Context, to: NodeId, message: Replicate): void {
    if (this.answersAfterSync()) ctx.send(to, message);
    else ctx.sendNow(to, message);
  }

  protected onPsync(ctx: Context, from: NodeId, psync: Psync): void {
    const { role, position } = this.state;
    if (role.kind === 'replica') return this.tell(ctx, from, { kind: 'Closed', id: psync.id });
    const { attempt, offset } = psync;
    const { id, offset: last, backlog } = position;
    const isPartial = this.canContinue(psync);
    if (!isPartial && !role.followers.has(from)) this.noteDiscarded(ctx, from, psync);
    // One that has to load everything first has nothing until it says so.
    role.followers.set(from, { offset: isPartial ? offset : -1, ackedAtUs: ctx.monotonicUs() });
    if (!isPartial) {
      const message: FullResync = { kind: 'FullResync', attempt, id, offset: last, entries: this.allEntries() };
      return this.tell(ctx, from, message);
    }
    const units = Object.freeze(backlog.slice(backlog.length - (last - offset)));
    this.tell(ctx, from, { kind: 'PartialResync', attempt, id, units });
  }

  /** A node that was primary before us, and has gone on alone since, is about to lose what it did: a note for each. */
  private noteDiscarded(ctx: Context, from: NodeId, { id, offset }: Psync): void {
    const { previousId, previousOffset } = this.state.position;
    if (id !== previousId) return;
    for (let unit = previousOffset + 1; unit <= offset; unit += 1) {
      ctx.note({ event: 'discarded-write', from, offset: unit });
    }
  }

  protected onAck(ctx: Context, from: NodeId, { id, offset }: Ack): void {
    const { role, position } = this.state;
    const follower = role.kind === 'primary' && id === position.id ? role.followers.get(from) : undefined;
    if (role.kind !== 'primary' || follower === undefined) {
      return this.tell(ctx, from, { kind: 'Closed', id });
    }
    follower.offset = Math.max(follower.offset, offset);
    follower.ackedAtUs = ctx.monotonicUs();
    this.answerWaiting(ctx, role);
    this.sendAgain(ctx, from, offset);
  }

  /** What a replica lacks may be lost. What is only late comes twice, and the replica leaves the copy out. */
  private sendAgain(ctx: Context, to: NodeId, offset: number): void {
    const { id, offset: last, backlog } = this.state.position;
    if (last - offset > backlog.length) return this.tell(ctx, to, { kind: 'Closed', id });
    const end = Math.min(last, offset + RESENT_MAX);
    for (let number = offset + 1; number <= end; number++) {
      const unit = backlog[backlog.length - 1 - (last - number)] as Unit;
      this.feed(ctx, to, { kind: 'Replicate', id, offset: number, unit });
    }
  }

  /** A unit without commands, so that replicas hear of us. One that has been silent for too long is none any more. */
  protected onPingReplicas(ctx: Context): void {
    const { role } = this.state;
    if (role.kind !== 'primary') return;
    const nowUs = ctx.monotonicUs();
    for (const [node, { ackedAtUs }] of role.followers) {
      if (nowUs - ackedAtUs > this.settings.replTimeoutUs) role.followers.delete(node);
    }
    if (role.followers.size > 0) this.stream(ctx, role, NOTHING);
    ctx.setTimer('ping-replicas', PING_US);
  }

  // ── WAIT ─────────────────────────────────────────────────────────────

  /** Answers once `replicas` have acknowledged what this client has written, or after `timeoutUs`; 0: never then. */
  protected wait(
    ctx: Context, request: ClientRequest, replicas: number, timeoutUs: DurationUs, answer: RedisAnswer | null,
  ): void {
    const { role, lastWrites } = this.state;
    assert(role.kind === 'primary', 'nobody follows a replica');
    const offset = lastWrites.get(request.client) ?? 0;
    const untilUs = timeoutUs === 0 ? null : ctx.monotonicUs() + timeoutUs;
    role.waiting.push({ request, offset, replicas, untilUs, answer });
    this.answerWaiting(ctx, role);
    if (role.waiting.length === 0) return;
    for (const follower of role.followers.keys()) this.tell(ctx, follower, { kind: 'GetAck' });
    this.setWaitTimer(ctx, role);
  }

  private setWaitTimer(ctx: Context, { waiting }: Primary): void {
    let next: DurationUs | null = null;
    for (const { untilUs } of waiting) if (untilUs !== null && (next === null || untilUs < next)) next = untilUs;
    if (next !== null) ctx.setTimer('wait', Math.max(0, next - ctx.monotonicUs()));
  }

  protected onWaitTimer(ctx: Context): void {
    const { role } = this.state;
    if (role.kind !== 'primary') return;
    this.answerWaiting(ctx, role);
    this.setWaitTimer(ctx, role);
  }

  private answerWaiting(ctx: Context, primary: Primary): void {
    const nowUs = ctx.monotonicUs();
    if (primary.waiting.length === 0) return;
    primary.waiting = primary.waiting.filter((waiting) => {
      const count = this.acknowledgedBy(primary, waiting.offset);
      const isOver = count >= waiting.replicas || (waiting.untilUs !== null && nowUs >= waiting.untilUs);
      if (isOver) this.answerWait(ctx, waiting, count);
      return !isOver;
    });
  }

  private answerWait(ctx: Context, { request, replicas, answer }: Waiting, count: number): void {
    if (answer === null) return this.answer(ctx, request, { kind: 'reply', reply: integer(count) });
    this.answer(ctx, request, count >= replicas ? answer : { kind: 'unsure' });
  }

  /** Whoever waits at a primary that is deposed is told so; what it has written may be lost. */
  private unblock(ctx: Context, { waiting }: Primary): void {
    for (const { request, answer } of waiting) {
      this.answer(ctx, request, answer === null ? { kind: 'reply', reply: UNBLOCKED } : { kind: 'unsure' });
    }
    ctx.cancelTimer('wait');
  }

  protected abstract answer(ctx: Context, request: ClientRequest, answer: RedisAnswer): void;

  // ── The replica ──────────────────────────────────────────────────────

  private connect(ctx: Context, replica: Replica): void {
    const { id, offset } = this.state.position;
    replica.isLinked = false;
    replica.attempt += 1;
    replica.early.clear();
    this.tell(ctx, replica.primary, { kind: 'Psync', attempt: replica.attempt, id, offset });
    ctx.setTimer('replica', ACK_US);
  }

  protected onReplicaTimer(ctx: Context): void {
    const { role } = this.state;
    if (role.kind !== 'replica') return;
    const isSilent = ctx.monotonicUs() - role.heardAtUs > this.settings.replTimeoutUs;
    if (!role.isLinked || isSilent) return this.connect(ctx, role);
    this.acknowledge(ctx, role);
    ctx.setTimer('replica', ACK_US);
  }

  private acknowledge(ctx: Context, { primary }: Replica): void {
    const { id, offset } = this.state.position;
    this.tell(ctx, primary, { kind: 'Ack', id, offset });
  }

  protected onGetAck(ctx: Context, from: NodeId): void {
    const { role } = this.state;
    if (role.kind === 'replica' && role.primary === from && role.isLinked) this.acknowledge(ctx, role);
  }

  /** What this node has and its primary has not is gone, acknowledged to a client or not. */
  protected onFullResync(ctx: Context, from: NodeId, { attempt, id, offset, entries }: FullResync): void {
    const { role, position, store } = this.state;
    if (role.kind !== 'replica' || role.primary !== from || role.isLinked || attempt !== role.attempt) return;
    const lost = store.entries.size;
    store.entries.clear();
    for (const [key, entry] of entries) store.entries.set(key, entry);
    position.id = id;
    position.offset = offset;
    position.previousId = null;
    position.backlog.length = 0;
    this.save(ctx);
    if (this.settings.appendfsync !== 'off') this.rewrite(ctx);
    ctx.note({ event: 'resynced', keys: entries.length, discarded: lost });
    this.link(ctx, role);
  }

  protected onPartialResync(ctx: Context, from: NodeId, { attempt, id, units }: PartialResync): void {
    const { role, position } = this.state;
    if (role.kind !== 'replica' || role.primary !== from || role.isLinked || attempt !== role.attempt) return;
    position.id = id;
    position.previousId = null;
    for (const unit of units) this.take(ctx, unit);
    this.link(ctx, role);
  }

  private link(ctx: Context, replica: Replica): void {
    replica.isLinked = true;
    replica.heardAtUs = ctx.monotonicUs();
    this.acknowledge(ctx, replica);
  }

  protected onReplicate(ctx: Context, from: NodeId, { id, offset, unit }: Replicate): void {
    const { role, position } = this.state;
    if (role.kind !== 'replica' || role.primary !== from || !role.isLinked || id !== position.id) return;
    role.heardAtUs = ctx.monotonicUs();
    if (offset <= position.offset) return;
    if (role.early.size === 0 && offset > position.offset + 1) ctx.setTimer('gap', GAP_US);
    role.early.set(offset, unit);
    for (let next = role.early.get(position.offset + 1); next !== undefined;) {
      role.early.delete(position.offset + 1);
      this.take(ctx, next);
      next = role.early.get(position.offset + 1);
    }
    if (role.early.size === 0) ctx.cancelTimer('gap');
  }

  protected onGapTimer(ctx: Context): void {
    const { role } = this.state;
    if (role.kind !== 'replica' || !role.isLinked || role.early.size === 0) return;
    this.acknowledge(ctx, role);
    ctx.setTimer('gap', GAP_US);
  }

  /** What the primary says is executed as it stands, also on keys whose time is over: it will say so itself. */
  private take(ctx: Context, unit: Unit): void {
    apply(this.state.store, unit);
    if (unit.length > 0) this.record(ctx, unit);
    this.advance(unit);
  }

  protected onLinkClosed(ctx: Context, from: NodeId, { id }: Closed): void {
    const { role, position } = this.state;
    if (role.kind !== 'replica' || role.primary !== from || !role.isLinked || id !== position.id) return;
    role.heardAtUs = ctx.monotonicUs();
    this.connect(ctx, role);
  }

  // ── What Sentinels and clients ask ───────────────────────────────────

  /** ROLE: who is no primary is no place for a client that wants to write. Nodes go by their numbers, as hosts do. */
  protected roleReply(): Reply {
    const { role, position: { offset } } = this.state;
    if (role.kind === 'primary') {
      const followers = [...role.followers].map(([node, { offset: acknowledged }]): Reply =>
        ({ kind: 'array', items: [hostOf(node), bulk(PORT), bulk(String(Math.max(0, acknowledged)))] }));
      return { kind: 'array', items: [bulk('master'), integer(offset), { kind: 'array', items: followers }] };
    }
    const link = bulk(role.isLinked ? 'connected' : 'connect');
    const port = integer(Number(PORT));
    return { kind: 'array', items: [bulk('slave'), hostOf(role.primary), port, link, integer(offset)] };
  }

  protected onInfo(ctx: Context, from: NodeId): void {
    const { role, position } = this.state;
    const isFed = role.kind === 'primary' || role.isLinked;
    const linkDownUs = isFed ? 0 : ctx.monotonicUs() - role.heardAtUs;
    const primary = role.kind === 'replica' ? role.primary : null;
    this.tell(ctx, from, { kind: 'InfoReply', primary, offset: position.offset, linkDownUs });
  }
}
