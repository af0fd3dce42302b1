import type { ClientRequest, ClientResponse } from '../../../contract/client.ts';
import type { Context } from '../../../contract/context.ts';
import type { Message, Plain } from '../../../contract/message.ts';
import { assert } from '../../../kernel/assert.ts';
import { nodeId, type NodeId } from '../../../kernel/ids.ts';
import type { Call, Published, RedisAnswer, Reply } from '../messages.ts';
import type { Args } from '../store.ts';
import { isReadOnly, LockRules } from './rules.ts';
import type { Asked, Lane } from './state.ts';

/** Any name will do for the simulated Sentinels, which watch one primary. */
const WHERE: Args = Object.freeze(['SENTINEL', 'get-master-addr-by-name', 'primary']);
const LANES: readonly Lane[] = ['task', 'renewal', 'entry'];
const ROLE: Args = Object.freeze(['ROLE']);

/**
 * How a client finds the primary and asks it (Redis, "Guidelines for Redis clients with support for Redis Sentinel").
 * It asks one Sentinel after the other until one answers, asks the node that was named whether it is the primary
 * indeed, and then keeps to it, until that is silent or turns out to be a replica.
 *
 * Departs from real clients: there are no connections, so that one that breaks is noticed by silence alone, and no
 * Sentinel tells anybody about a failover.
 */
export abstract class LockRequests extends LockRules {
  protected abstract onReply(ctx: Context, lane: Lane, asked: Asked, reply: Reply): void;
  /** The command was sent, and nobody has answered in time: it may have been executed, or may yet be. */
  protected abstract onSilence(ctx: Context, lane: Lane, asked: Asked): void;
  /** What was told to all who have subscribed. */
  protected abstract onPublished(ctx: Context, from: NodeId, news: Published): void;
  /** The answer to a command that was given up. */
  protected abstract onLate(ctx: Context, from: NodeId, id: number, reply: Reply): void;

  // ── Asking the primary ───────────────────────────────────────────────

  /** `confirmed`: a Sentinel is asked first, also of a client that knows the primary. */
  protected ask(ctx: Context, lane: Lane, args: Args, whom: 'primary' | 'confirmed' | NodeId = 'primary'): void {
    const { state, hasSentinels } = this;
    const asked: Asked = { args, step: 'pausing', node: this.init.self, id: -1, sentAtUs: 0 };
    state.asked[lane] = asked;
    if (typeof whom === 'number') this.send(ctx, lane, asked, whom);
    else if (state.primary === null || (whom === 'confirmed' && hasSentinels)) this.find(ctx, lane, asked);
    else this.send(ctx, lane, asked, state.primary);
  }

  /** What it was asked for is of no interest any more. */
  protected forget(ctx: Context, lane: Lane): void {
    this.state.asked[lane] = null;
    ctx.cancelTimer(`lock/${lane}`);
  }

  /** The node is silent, or no primary: the next command begins by finding out who is. */
  protected disconnect(ctx: Context, node: NodeId): void {
    if (this.state.primary !== node) return;
    this.state.primary = null;
    ctx.note({ event: 'lost-primary', primary: node });
  }

  private send(ctx: Context, lane: Lane, asked: Asked, node: NodeId): void {
    asked.sentAtUs = this.clockUs(ctx);
    this.askAs(ctx, lane, asked, 'sent', node, asked.args);
  }

  private askAs(ctx: Context, lane: Lane, asked: Asked, step: Asked['step'], node: NodeId, args: Args): void {
    asked.step = step;
    asked.node = node;
    asked.id = this.request(ctx, node, args);
    ctx.setTimer(`lock/${lane}`, this.patienceUs(args));
  }

  /** Sends a command under a number of its own, which is answered. */
  protected request(ctx: Context, node: NodeId, args: Args): number {
    const id = this.state.nextRequest++;
    const call: Call = { kind: 'call', args };
    const request: ClientRequest = { kind: 'ClientRequest', client: ctx.self, id, command: call as unknown as Plain };
    ctx.send(node, request);
    return id;
  }

  // ── Finding the primary ──────────────────────────────────────────────

  private find(ctx: Context, lane: Lane, asked: Asked): void {
    const source = this.sources[this.state.nextSource % this.sources.length] as NodeId;
    if (this.hasSentinels) this.askAs(ctx, lane, asked, 'finding', source, WHERE);
    else this.askAs(ctx, lane, asked, 'checking', source, ROLE);
  }

  /** A Sentinel may name a node that has just been deposed, or is not promoted yet. */
  private onNamed(ctx: Context, lane: Lane, asked: Asked, reply: Reply): void {
    const [host] = reply.kind === 'array' ? reply.items : [];
    if (host?.kind !== 'bulk') return this.findNext(ctx, lane, asked);
    const node = nodeId(Number(host.text) - 1);
    if (node === this.state.primary) this.send(ctx, lane, asked, node);
    else this.askAs(ctx, lane, asked, 'checking', node, ROLE);
  }

  private onRole(ctx: Context, lane: Lane, asked: Asked, reply: Reply): void {
    const [role] = reply.kind === 'array' ? reply.items : [];
    const isPrimary = role?.kind === 'bulk' && role.text === 'master';
    if (!isPrimary) return this.pause(ctx, lane, asked);
    this.state.primary = asked.node;
    ctx.note({ event: 'found-primary', primary: asked.node });
    this.send(ctx, lane, asked, asked.node);
  }

  private findNext(ctx: Context, lane: Lane, asked: Asked): void {
    this.state.nextSource += 1;
    this.find(ctx, lane, asked);
  }

  /** Not the primary. Who asks again at once asks at the speed of the network, for as long as a failover takes. */
  private pause(ctx: Context, lane: Lane, asked: Asked): void {
    if (!this.hasSentinels) this.state.nextSource += 1;
    asked.step = 'pausing';
    asked.id = -1;
    ctx.setTimer(`lock/${lane}`, this.retryAfterUs(ctx));
  }

  // ── Answers ──────────────────────────────────────────────────────────

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    if (message.kind === 'Published') return this.onPublished(ctx, from, message as Published);
    const { id, body } = message as ClientResponse;
    const answer = body as unknown as RedisAnswer;
    assert(answer.kind === 'reply', 'a command is answered by a reply');
    for (const lane of LANES) {
      const asked = this.state.asked[lane];
      if (asked?.id === id) return this.onAnswer(ctx, lane, asked, answer.reply);
    }
    this.onLate(ctx, from, id, answer.reply);
  }

  private onAnswer(ctx: Context, lane: Lane, asked: Asked, reply: Reply): void {
    if (asked.step === 'finding') return this.onNamed(ctx, lane, asked, reply);
    if (asked.step === 'checking') return this.onRole(ctx, lane, asked, reply);
    this.forget(ctx, lane);
    if (isReadOnly(reply)) this.disconnect(ctx, asked.node);
    this.onReply(ctx, lane, asked, reply);
  }

  protected onPatienceOver(ctx: Context, lane: Lane): void {
    const asked = this.state.asked[lane];
    if (asked === null) return;
    const { primary } = this.state;
    switch (asked.step) {
      case 'pausing': return this.find(ctx, lane, asked);
      case 'checking': return this.findNext(ctx, lane, asked);
      case 'finding':
        if (primary === null) return this.findNext(ctx, lane, asked);
        // Cut off from Sentinels and connected to a primary, a client has no reason to leave it.
        this.state.nextSource += 1;
        return this.send(ctx, lane, asked, primary);
      case 'sent':
        this.forget(ctx, lane);
        this.disconnect(ctx, asked.node);
        return this.onSilence(ctx, lane, asked);
    }
  }
}
