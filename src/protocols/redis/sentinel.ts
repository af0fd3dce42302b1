import type { ClientRequest } from '../../contract/client.ts';
import type { Context } from '../../contract/context.ts';
import type { Message } from '../../contract/message.ts';
import type { Node } from '../../contract/node.ts';
import type { Options } from '../../contract/options.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { type TimeUs, US_PER_MS, US_PER_S } from '../../kernel/time.ts';
import type {
  Hello, InfoReply, IsPrimaryDown, IsPrimaryDownReply, RedisAnswer, RedisMessage, RedisRequest,
} from './messages.ts';
import { readSettings } from './options.ts';
import { bulk, failure, hostOf, PORT, type Reply } from './reply.ts';
import { SentinelRules } from './sentinel-rules.ts';
import { type Failover, SENTINEL_FILE, type SentinelRecord, type SentinelState } from './sentinel-state.ts';

const PING_US = US_PER_S;
const HELLO_US = 2 * US_PER_S;
/** Between two INFO: ordinarily, and while a failover may need what they say. */
const INFO_US = 10 * US_PER_S;
const INFO_BUSY_US = US_PER_S;
/** Between two questions to the other Sentinels. */
const ASK_US = US_PER_S;
/** A look around comes ten to twenty times a second, drawn anew: Sentinels must not stand for election in step. */
const LOOK_US_MIN = 50 * US_PER_MS;
const LOOK_US_MAX = 100 * US_PER_MS;
/** Whoever votes for another one, or stands itself, puts its own next failover off by up to this. */
const DESYNC_US_MAX = US_PER_S;
/** An election that is not won by then is lost. */
const ELECTION_US_MAX = 10 * US_PER_S;
/** Two looks further apart than this, or in the wrong order, say that the clock or the process cannot be trusted. */
const TILT_TRIGGER_US = 2 * US_PER_S;
const TILT_US = 30 * US_PER_S;
/** How long a server may follow the wrong one, or nobody, before it is told: Sentinels hear of a failover by then. */
const CONVERT_US = 4 * HELLO_US;

/**
 * A Redis Sentinel: finds servers down, agrees with others that they are, is elected to lead a failover, promotes a
 * replica and sends the others to it. It goes by its wall clock, and stops acting for a while when that jumps (TILT).
 */
export class SentinelNode extends SentinelRules implements Node<SentinelState> {
  onStart(ctx: Context): void {
    const nowUs = ctx.wallUs();
    this.state.lookedAtUs = nowUs;
    // Nobody is down before there was time to hear of him.
    for (const sight of this.state.sights.values()) {
      sight.aliveAtUs = nowUs;
      sight.changedAtUs = nowUs;
    }
    this.remember(ctx, {});
    this.onPingTimer(ctx);
    this.onHelloTimer(ctx);
    this.onInfoTimer(ctx);
    this.setLookTimer(ctx);
  }

  onTimer(ctx: Context, name: string): void {
    switch (name) {
      case 'look': return this.onLook(ctx);
      case 'ping': return this.onPingTimer(ctx);
      case 'hello': return this.onHelloTimer(ctx);
      case 'info': return this.onInfoTimer(ctx);
      default: assert(false, 'a Sentinel sets no other timer');
    }
  }

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    const received = message as RedisMessage;
    switch (received.kind) {
      case 'Pong':
        this.sightOf(from).aliveAtUs = ctx.wallUs();
        return;
      case 'InfoReply': return this.onInfoReply(ctx, from, received);
      case 'Hello': return this.onHello(ctx, received);
      case 'IsPrimaryDown': return this.onIsPrimaryDown(ctx, from, received);
      case 'IsPrimaryDownReply': return this.onIsPrimaryDownReply(ctx, from, received);
      // A server that takes a Sentinel for its primary follows a number that somebody mistyped.
      default: return;
    }
  }

  onOptions(_ctx: Context, options: Options): void {
    this.settings = readSettings(options);
  }

  /** Clients ask for the primary, and then go there. Those that know no Redis are sent there. */
  onRequest(ctx: Context, request: ClientRequest): void {
    const command = request.command as unknown as RedisRequest;
    const { primary } = this.namedPrimary();
    const answer: RedisAnswer = command.kind === 'call'
      ? { kind: 'reply', reply: replyTo(command.args, primary) }
      : { kind: 'moved', node: primary };
    ctx.reply(request, answer);
  }

  // ── Looking ──────────────────────────────────────────────────────────

  private setLookTimer(ctx: Context): void {
    ctx.setTimer('look', ctx.random('look').between(LOOK_US_MIN, LOOK_US_MAX));
  }

  private onPingTimer(ctx: Context): void {
    for (const server of this.state.sights.keys()) ctx.send(server, { kind: 'Ping' });
    ctx.setTimer('ping', PING_US);
  }

  private onInfoTimer(ctx: Context): void {
    for (const server of this.state.sights.keys()) ctx.send(server, { kind: 'Info' });
    const isBusy = this.state.isDown || this.state.failover !== null;
    ctx.setTimer('info', isBusy ? INFO_BUSY_US : INFO_US);
  }

  private onHelloTimer(ctx: Context): void {
    this.sendHello(ctx);
    ctx.setTimer('hello', HELLO_US);
  }

  /** Redis has the servers pass it on; here it goes straight to the other Sentinels. */
  private sendHello(ctx: Context): void {
    const hello: Hello = { kind: 'Hello', epoch: this.state.config.epoch, ...this.namedConfig() };
    for (const sentinel of this.state.opinions.keys()) ctx.send(sentinel, hello);
  }

  private namedConfig(): Pick<Hello, 'primary' | 'configEpoch'> {
    const { primary, configEpoch } = this.namedPrimary();
    return { primary, configEpoch };
  }

  private onLook(ctx: Context): void {
    const { state } = this;
    const nowUs = ctx.wallUs();
    const elapsedUs = nowUs - state.lookedAtUs;
    state.lookedAtUs = nowUs;
    this.setLookTimer(ctx);
    if (elapsedUs < 0 || elapsedUs > TILT_TRIGGER_US) {
      state.tiltUntilUs = nowUs + TILT_US;
      ctx.note({ event: 'tilt' });
    }
    if (state.tiltUntilUs !== null && nowUs < state.tiltUntilUs) return;
    state.tiltUntilUs = null;
    this.judge(ctx, nowUs);
    if (state.isDown) this.askOthers(ctx, nowUs);
    if (state.isAgreedDown && this.mayStartFailover(nowUs)) this.startFailover(ctx, nowUs);
    if (state.failover !== null) this.advance(ctx, state.failover, nowUs);
  }

  private judge(ctx: Context, nowUs: TimeUs): void {
    const { state } = this;
    const { primary } = state.config;
    const wasDown = state.isDown;
    const wasAgreedDown = state.isAgreedDown;
    state.isDown = this.isDown(primary, nowUs);
    state.isAgreedDown = this.isAgreedDown(nowUs);
    if (state.isDown && !wasDown) {
      ctx.note({ event: 'found-down', primary });
      // What is known of the replicas must be new when one of them is chosen.
      this.onInfoTimer(ctx);
    }
    if (state.isAgreedDown && !wasAgreedDown) ctx.note({ event: 'agreed-down', primary });
  }

  private onInfoReply(ctx: Context, from: NodeId, info: InfoReply): void {
    const nowUs = ctx.wallUs();
    const sight = this.sightOf(from);
    if (sight.info === null || sight.info.primary !== info.primary) sight.changedAtUs = nowUs;
    sight.info = info;
    sight.infoAtUs = nowUs;
    if (this.state.tiltUntilUs === null) this.correct(ctx, from, info, nowUs);
  }

  /** A server that follows the wrong one, or nobody, is told in the end: a deposed primary that is back. */
  private correct(ctx: Context, server: NodeId, { primary: followed }: InfoReply, nowUs: TimeUs): void {
    const { config, failover } = this.state;
    if (server === config.primary || failover !== null || followed === config.primary) return;
    const { changedAtUs } = this.sightOf(server);
    const patienceUs = followed === null ? CONVERT_US : this.settings.failoverTimeoutUs;
    if (nowUs - changedAtUs <= patienceUs || !this.isPrimarySane(nowUs)) return;
    this.sendTo(ctx, server, config.primary);
  }

  private sendTo(ctx: Context, server: NodeId, primary: NodeId | null): void {
    const message: RedisMessage = { kind: 'ReplicaOf', primary };
    ctx.send(server, message);
  }

  // ── The other Sentinels ──────────────────────────────────────────────

  /** Whether they find it down, too; and, of who stands for election, for a vote. */
  private askOthers(ctx: Context, nowUs: TimeUs): void {
    const { state } = this;
    if (nowUs - state.askedAtUs < ASK_US) return;
    state.askedAtUs = nowUs;
    const question: IsPrimaryDown = {
      kind: 'IsPrimaryDown',
      primary: state.config.primary,
      epoch: state.failover?.epoch ?? state.config.epoch,
      candidate: state.failover?.step === 'electing' ? this.self : null,
    };
    for (const sentinel of state.opinions.keys()) ctx.send(sentinel, question);
  }

  private onIsPrimaryDown(ctx: Context, from: NodeId, { primary, epoch, candidate }: IsPrimaryDown): void {
    const { state } = this;
    const nowUs = ctx.wallUs();
    if (candidate !== null) this.vote(ctx, epoch, candidate, nowUs);
    const isDown = primary === state.config.primary && state.tiltUntilUs === null && this.isDown(primary, nowUs);
    const { votedFor: leader, votedEpoch: leaderEpoch } = state.config;
    const reply: IsPrimaryDownReply = { kind: 'IsPrimaryDownReply', primary, isDown, leader, leaderEpoch };
    // The vote is on the disk before it is told.
    ctx.send(from, reply);
  }

  private onIsPrimaryDownReply(ctx: Context, from: NodeId, reply: IsPrimaryDownReply): void {
    const opinion = this.state.opinions.get(from);
    if (opinion === undefined || reply.primary !== this.state.config.primary) return;
    opinion.saysDown = reply.isDown;
    opinion.saidAtUs = ctx.wallUs();
    // Replies overtake each other: an older vote says nothing new.
    if (reply.leaderEpoch <= opinion.votedEpoch) return;
    opinion.votedFor = reply.leader;
    opinion.votedEpoch = reply.leaderEpoch;
  }

  private vote(ctx: Context, epoch: number, candidate: NodeId, nowUs: TimeUs): void {
    if (epoch > this.state.config.epoch) this.remember(ctx, { epoch });
    if (!this.mayVote(epoch)) return;
    this.remember(ctx, { votedFor: candidate, votedEpoch: epoch });
    ctx.note({ event: 'voted', candidate, epoch });
    if (candidate !== this.self) this.putOff(ctx, nowUs);
  }

  private putOff(ctx: Context, nowUs: TimeUs): void {
    this.state.failoverAtUs = nowUs + ctx.random('desync').between(0, DESYNC_US_MAX);
  }

  /** The newer configuration wins, whoever brings it. */
  private onHello(ctx: Context, { epoch, primary, configEpoch }: Hello): void {
    const { config } = this.state;
    if (epoch > config.epoch) this.remember(ctx, { epoch });
    if (configEpoch > config.configEpoch) this.switchTo(ctx, primary, configEpoch);
  }

  private switchTo(ctx: Context, primary: NodeId, configEpoch: number): void {
    const { state } = this;
    const from = state.config.primary;
    this.remember(ctx, { primary, configEpoch });
    state.failover = null;
    if (from === primary) return;
    ctx.note({ event: 'switched-primary', from, primary, epoch: configEpoch });
    state.isDown = false;
    state.isAgreedDown = false;
    // What was said and heard was about another primary.
    for (const opinion of state.opinions.values()) opinion.saysDown = false;
    this.sightOf(primary).aliveAtUs = ctx.wallUs();
  }

  /**
   * Everything that a Sentinel says waits for this to be on its disk. The file names the primary that others are told
   * of: a Sentinel that started again amid its failover would else name the old one, at the epoch of the new one, and
   * nobody could correct it.
   */
  private remember(ctx: Context, changes: Partial<SentinelRecord>): void {
    this.state.config = Object.freeze({ ...this.state.config, ...changes });
    ctx.put(SENTINEL_FILE, Object.freeze({ ...this.state.config, ...this.namedConfig() }));
    ctx.persist();
  }

  // ── Failover ─────────────────────────────────────────────────────────

  private startFailover(ctx: Context, nowUs: TimeUs): void {
    const { state } = this;
    const epoch = state.config.epoch + 1;
    this.remember(ctx, { epoch });
    this.putOff(ctx, nowUs);
    state.failover = { epoch, startedAtUs: nowUs, step: 'electing', steppedAtUs: nowUs, promoted: null, moved: [] };
    ctx.note({ event: 'started-failover', epoch });
    state.askedAtUs = 0;
    this.askOthers(ctx, nowUs);
  }

  private advance(ctx: Context, failover: Failover, nowUs: TimeUs): void {
    switch (failover.step) {
      case 'electing': return this.awaitElection(ctx, failover, nowUs);
      case 'promoting': return this.awaitPromotion(ctx, failover, nowUs);
      case 'moving': return this.moveReplicas(ctx, failover, nowUs);
    }
  }

  /** Votes for whoever has most already, or for itself, and counts. */
  private awaitElection(ctx: Context, failover: Failover, nowUs: TimeUs): void {
    const votes = this.countVotes(failover.epoch);
    const [ahead = this.self] = [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [];
    this.vote(ctx, failover.epoch, ahead, nowUs);
    if (this.isElected(this.countVotes(failover.epoch).get(this.self) ?? 0)) return this.promote(ctx, failover, nowUs);
    const patienceUs = Math.min(ELECTION_US_MAX, this.settings.failoverTimeoutUs);
    if (nowUs - failover.startedAtUs > patienceUs) this.abort(ctx, 'not-elected');
  }

  private countVotes(epoch: number): Map<NodeId, number> {
    const votes = new Map<NodeId, number>();
    for (const { votedFor, votedEpoch } of [...this.state.opinions.values(), this.state.config]) {
      if (votedEpoch === epoch) votes.set(votedFor, (votes.get(votedFor) ?? 0) + 1);
    }
    return votes;
  }

  private promote(ctx: Context, failover: Failover, nowUs: TimeUs): void {
    ctx.note({ event: 'elected', epoch: failover.epoch });
    const replica = this.bestReplica(nowUs);
    if (replica === null) return this.abort(ctx, 'no-good-replica');
    failover.promoted = replica;
    failover.step = 'promoting';
    failover.steppedAtUs = nowUs;
    ctx.note({ event: 'promoted', replica, epoch: failover.epoch });
    this.sendTo(ctx, replica, null);
    this.onInfoTimer(ctx);
  }

  private awaitPromotion(ctx: Context, failover: Failover, nowUs: TimeUs): void {
    const replica = failover.promoted as NodeId;
    if (this.sightOf(replica).info?.primary === null) {
      failover.step = 'moving';
      failover.steppedAtUs = nowUs;
      // From here on the others hear of it, and it is not taken back.
      this.remember(ctx, { configEpoch: failover.epoch });
      return this.sendHello(ctx);
    }
    if (nowUs - failover.steppedAtUs > this.settings.failoverTimeoutUs) this.abort(ctx, 'not-promoted');
  }

  private moveReplicas(ctx: Context, failover: Failover, nowUs: TimeUs): void {
    const { config, sights } = this.state;
    const promoted = failover.promoted as NodeId;
    const isOver = nowUs - failover.steppedAtUs > this.settings.failoverTimeoutUs;
    let moving = 0;
    let left = 0;
    for (const [server, { info }] of sights) {
      if (server === promoted || server === config.primary || this.isDown(server, nowUs)) continue;
      if (info?.primary === promoted && info.linkDownUs === 0) continue;
      left += 1;
      if (failover.moved.includes(server)) moving += 1;
      else if (moving < this.settings.parallelSyncs || isOver) {
        this.sendTo(ctx, server, promoted);
        failover.moved.push(server);
        moving += 1;
      }
    }
    if (left === 0 || isOver) this.switchTo(ctx, promoted, failover.epoch);
  }

  private abort(ctx: Context, reason: string): void {
    this.state.failover = null;
    ctx.note({ event: 'aborted-failover', reason });
  }
}

function replyTo(args: readonly string[], primary: NodeId): Reply {
  const [name = '', subcommand = ''] = args;
  if (name.toUpperCase() === 'PING') return { kind: 'status', text: 'PONG' };
  const isAddress = name.toUpperCase() === 'SENTINEL' && subcommand.toLowerCase() === 'get-master-addr-by-name';
  if (!isAddress) return failure(`unknown command '${name}', with args beginning with: `);
  return { kind: 'array', items: [hostOf(primary), bulk(PORT)] };
}
