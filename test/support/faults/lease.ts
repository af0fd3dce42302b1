/**
 * A small protocol whose safety is a matter of clocks, for the faults that no consensus protocol minds. Two nodes: the
 * first serves its clients as long as its lease lasts, the second grants that lease and takes over for good when it has
 * run out.
 *
 * - Whatever the first node sends is a beat: the whole log, and when it was sent. The second node keeps the log and
 *   answers with the same stamp.
 * - An answer renews the lease, from when the beat was sent, not from when the answer came: the second node counts from
 *   the arrival in between. Measured like this, the lease ends before the second node's patience does, whatever is lost
 *   or late, and clocks that run apart are what the MARGIN is for.
 * - The first node executes a command when the second one has it, and answers reads from its own state while it has the
 *   lease. So nothing that was acknowledged is missing at the second node when that begins to serve.
 *
 * - By order, the first node gives its lease up and sends the second one its log, which then takes over at once.
 *
 * Nothing is stored: a crash is more than it survives. Each handler is atomic.
 */
import type { ClientRequest } from '../../../src/contract/client.ts';
import type { Context } from '../../../src/contract/context.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import type { ProtocolModule } from '../../../src/contract/module.ts';
import type { Node, NodeInit, Order } from '../../../src/contract/node.ts';
import type { Options } from '../../../src/contract/options.ts';
import type { Fired, Variant } from '../../../src/contract/variant.ts';
import type { NodeId } from '../../../src/kernel/ids.ts';

const TICK_US = 20_000;
/** How much longer the patience is than the lease: one clock may run nearly twice as fast as the other. */
const MARGIN = 2;

/** What both clocks of a node showed at one moment: that a defect reads the wrong one is seen by the other. */
interface Stamp {
  readonly monotonicUs: number;
  readonly wallUs: number;
}

interface Beat extends Message {
  readonly kind: 'Beat';
  readonly log: readonly Plain[];
  readonly sent: Stamp;
}

interface BeatAnswer extends Message {
  readonly kind: 'BeatAnswer';
  /** So many commands of the log are at both nodes. */
  readonly length: number;
  readonly sent: Stamp;
}

interface HandOver extends Message {
  readonly kind: 'HandOver';
  readonly log: readonly Plain[];
}

interface LeaseState {
  readonly isFirst: boolean;
  /** The second node has taken over. */
  hasSucceeded: boolean;
  /** The first node has given its lease up. */
  hasHandedOver: boolean;
  leaseUs: number;
  /** Grows at its end only; a message may carry it, so a longer one takes its place. */
  log: readonly Plain[];
  /** Who asked for the commands of the log, by the same index. */
  readonly requests: ClientRequest[];
  executed: number;
  readonly store: unknown;
  /** First node: when the beat was sent that renewed the lease last. */
  renewed: Stamp | null;
  /** Second node: when the last beat came. */
  heard: Stamp | null;
}

class LeaseNode implements Node<LeaseState> {
  readonly state: LeaseState;
  private readonly init: NodeInit;

  constructor(init: NodeInit) {
    this.init = init;
    this.state = {
      isFirst: init.self === init.nodes[0], hasSucceeded: false, hasHandedOver: false,
      leaseUs: init.options['lease'] as number, log: [], requests: [], executed: 0,
      store: init.machine.initial(), renewed: null, heard: null,
    };
  }

  onStart(ctx: Context): void {
    this.state.heard = stampOf(ctx);
    ctx.setTimer('tick', TICK_US);
  }

  onTimer(ctx: Context, name: string): void {
    if (name !== 'tick') return;
    const { state } = this;
    ctx.setTimer('tick', TICK_US);
    if (state.isFirst) return this.beat(ctx);
    if (!state.hasSucceeded && state.heard !== null && this.isPatienceOver(stampOf(ctx), state.heard)) {
      this.succeed(ctx);
    }
  }

  onOrder(ctx: Context, { kind }: Order): void {
    const { state } = this;
    if (kind !== 'hand-over' || !state.isFirst || state.hasHandedOver) return;
    state.hasHandedOver = true;
    ctx.broadcast({ kind: 'HandOver', log: state.log } as HandOver);
  }

  onOptions(_ctx: Context, options: Options): void {
    this.state.leaseUs = options['lease'] as number;
  }

  onRequest(ctx: Context, request: ClientRequest): void {
    const { state } = this;
    const mayServe = state.isFirst ? this.hasLease(ctx) : state.hasSucceeded;
    if (!mayServe) return ctx.reply(request, { other: this.init.nodes[state.isFirst ? 1 : 0] as NodeId });
    const read = this.init.machine.query(state.store, request.command);
    if (read !== null) return ctx.reply(request, { result: read.result });
    state.requests[state.log.length] = request;
    state.log = [...state.log, request.command];
    if (state.isFirst) this.beat(ctx);
    else this.execute(ctx, state.log.length);
  }

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    const { state } = this;
    if (message.kind === 'Beat' && !state.hasSucceeded) {
      const { log, sent } = message as Beat;
      if (log.length > state.log.length) state.log = log; // The network may have turned two beats round.
      state.heard = stampOf(ctx);
      const answer: BeatAnswer = { kind: 'BeatAnswer', length: log.length, sent };
      ctx.send(from, answer);
    } else if (message.kind === 'HandOver' && !state.hasSucceeded) {
      state.log = (message as HandOver).log;
      this.succeed(ctx);
    } else if (message.kind === 'BeatAnswer') {
      const { length, sent } = message as BeatAnswer;
      if (state.renewed === null || sent.monotonicUs > state.renewed.monotonicUs) this.renew(ctx, sent);
      this.execute(ctx, length);
    }
  }

  /** Whether the lease lasts still. */
  protected hasLease(ctx: Context): boolean {
    const { renewed } = this.state;
    return !this.hasGivenUp() && renewed !== null && ctx.monotonicUs() - renewed.monotonicUs < this.state.leaseUs;
  }

  protected isPatienceOver(now: Stamp, heard: Stamp): boolean {
    return now.monotonicUs - heard.monotonicUs > MARGIN * this.state.leaseUs;
  }

  protected hasGivenUp(): boolean {
    return this.state.hasHandedOver;
  }

  protected renew(_ctx: Context, sent: Stamp): void {
    this.state.renewed = sent;
  }

  private succeed(ctx: Context): void {
    this.state.hasSucceeded = true;
    this.execute(ctx, this.state.log.length);
    ctx.note({ event: 'succeeded' });
  }

  private beat(ctx: Context): void {
    const beat: Beat = { kind: 'Beat', log: this.state.log, sent: stampOf(ctx) };
    ctx.broadcast(beat);
  }

  private execute(ctx: Context, length: number): void {
    const { state } = this;
    for (; state.executed < length; state.executed += 1) {
      const { result } = this.init.machine.apply(state.store, state.log[state.executed], 0);
      const request = state.requests[state.executed];
      if (request !== undefined) ctx.reply(request, { result });
    }
  }
}

function stampOf(ctx: Context): Stamp {
  return { monotonicUs: ctx.monotonicUs(), wallUs: ctx.wallUs() };
}

/** A node with one defect. */
abstract class DefectiveLease extends LeaseNode {
  private readonly fired: Fired;

  constructor(init: NodeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  /** The defect's answer; notes when the reference says something else. */
  protected instead(defective: boolean, reference: boolean): boolean {
    if (defective !== reference) this.fired();
    return defective;
  }
}

class WallClockLease extends DefectiveLease {
  protected override hasLease(ctx: Context): boolean {
    const { renewed } = this.state;
    return this.instead(renewed !== null && ctx.wallUs() - renewed.wallUs < this.state.leaseUs, super.hasLease(ctx));
  }
}

class WallClockPatience extends DefectiveLease {
  protected override isPatienceOver(now: Stamp, heard: Stamp): boolean {
    return this.instead(now.wallUs - heard.wallUs > MARGIN * this.state.leaseUs, super.isPatienceOver(now, heard));
  }
}

class NoMargin extends DefectiveLease {
  protected override isPatienceOver(now: Stamp, heard: Stamp): boolean {
    return this.instead(now.monotonicUs - heard.monotonicUs > this.state.leaseUs, super.isPatienceOver(now, heard));
  }
}

/** Looks at no clock when it is asked: the lease lasts until a timer has ended it. */
class TimerForAClock extends DefectiveLease {
  override onTimer(ctx: Context, name: string): void {
    if (name === 'lease') this.state.renewed = null;
    super.onTimer(ctx, name);
  }

  protected override hasLease(ctx: Context): boolean {
    return this.instead(this.state.renewed !== null, super.hasLease(ctx));
  }

  protected override renew(ctx: Context, sent: Stamp): void {
    super.renew(ctx, sent);
    ctx.setTimer('lease', Math.max(0, sent.monotonicUs + this.state.leaseUs - ctx.monotonicUs()));
  }
}

class OldPatience extends DefectiveLease {
  private readonly patienceUs = MARGIN * this.state.leaseUs;

  protected override isPatienceOver(now: Stamp, heard: Stamp): boolean {
    return this.instead(now.monotonicUs - heard.monotonicUs > this.patienceUs, super.isPatienceOver(now, heard));
  }
}

class ServesOn extends DefectiveLease {
  protected override hasGivenUp(): boolean {
    return this.instead(false, super.hasGivenUp());
  }
}

function variant(row: string, id: string, title: string, create: (init: NodeInit, fired: Fired) => Node): Variant {
  return {
    row, id: `lease/${id}`, title, create, in: 'node', difficulty: 'X', firstCatcher: 'linearizable',
    breaks: 'a lease is over for its holder before it is over for those who granted it',
    source: 'Gray and Cheriton, "Leases", SOSP 1989',
  };
}

/** The protocol, with its defects. */
export const lease: ProtocolModule<LeaseState> = {
  name: 'lease',
  options: {
    lease: { kind: 'duration', doc: 'how long a lease lasts', default: 200_000, min: 1_000, max: 5_000_000 },
  },
  orders: {
    'hand-over': { doc: 'the first node gives its lease up, and the second one takes over', about: 'nothing' },
  },
  create: (init) => new LeaseNode(init),
  client: {
    classify(body) {
      const { result, other } = body as { readonly result?: Plain; readonly other?: NodeId };
      return result === undefined ? { kind: 'redirect', leader: other ?? null } : { kind: 'done', result };
    },
  },
  view: ({ isFirst, hasSucceeded }) => ({
    role: isFirst || hasSucceeded ? 'leader' : 'follower', epoch: isFirst ? 1 : 2, leader: null,
  }),
  events: ['succeeded'],
  invariants: { declared: [], observe: () => ({}) },
  variants: [
    variant('LE-01', 'wall-clock-lease', 'the holder measures its lease on its wall clock',
      (init, fired) => new WallClockLease(init, fired)),
    variant('LE-02', 'wall-clock-patience', 'the grantor measures the lease on its wall clock',
      (init, fired) => new WallClockPatience(init, fired)),
    variant('LE-03', 'no-margin', 'the grantor waits for the lease, and not a moment longer',
      (init, fired) => new NoMargin(init, fired)),
    variant('LE-04', 'timer-for-a-clock', 'a timer ends the lease, and nobody looks at the clock',
      (init, fired) => new TimerForAClock(init, fired)),
    variant('LE-05', 'old-patience', 'the grantor keeps the patience that it started with when the lease grows',
      (init, fired) => new OldPatience(init, fired)),
    variant('LE-06', 'serves-on', 'the holder gives its lease up and serves on until it has run out',
      (init, fired) => new ServesOn(init, fired)),
  ],
  assumptions: [],
  progressBudgetUs: () => 5_000_000,
};
