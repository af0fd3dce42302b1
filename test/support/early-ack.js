/**
 * A protocol of a user's own, in plain JavaScript: a primary that replicates to backups. It acknowledges too early,
 * before any backup has the command, so a write that was acknowledged is gone when the primary is.
 *
 * The lowest node that answers pings is the primary. `slip` plants other mistakes: a throw, an async handler, and a
 * counter outside of the state that makes two runs of one coordinate differ.
 */
let runs = 0;

class EarlyAck {
  constructor({ self, nodes, machine, options }) {
    this.self = self;
    this.nodes = nodes;
    this.machine = machine;
    this.slip = options.slip;
    this.state = { primary: nodes[0], heardAt: 0, applied: 0, store: machine.initial() };
  }

  onStart(ctx) {
    if (this.slip === 'leak' && this.self === 0) ctx.setTimer('leak', (runs += 1));
    ctx.setTimer('tick', 20_000);
    this.state.heardAt = ctx.monotonicUs();
  }

  onTimer(ctx, name) {
    if (name !== 'tick') return;
    ctx.setTimer('tick', 20_000);
    if (this.state.primary === this.self) ctx.broadcast({ kind: 'Ping' });
    else if (ctx.monotonicUs() - this.state.heardAt > 200_000) this.nextPrimary(ctx);
  }

  onMessage(ctx, from, message) {
    if (this.slip === 'throw' && message.kind === 'Replicate') throw new RangeError('planted');
    this.state.primary = from;
    this.state.heardAt = ctx.monotonicUs();
    if (message.kind === 'Replicate') this.execute(message.command);
  }

  onRequest(ctx, request) {
    if (this.state.primary !== this.self) return ctx.reply(request, { to: this.state.primary });
    ctx.broadcast({ kind: 'Replicate', command: request.command });
    ctx.reply(request, { result: this.execute(request.command) });
  }

  execute(command) {
    this.state.applied += 1;
    return this.machine.apply(this.state.store, command).result;
  }

  nextPrimary(ctx) {
    this.state.primary = this.nodes[(this.nodes.indexOf(this.state.primary) + 1) % this.nodes.length];
    this.state.heardAt = ctx.monotonicUs();
    ctx.note({ event: 'new-primary', primary: this.state.primary });
  }
}

class AsyncEarlyAck extends EarlyAck {
  async onMessage(ctx, from, message) {
    super.onMessage(ctx, from, message);
  }
}

export default {
  name: 'early-ack',
  options: { slip: { kind: 'choice', of: ['none', 'throw', 'async', 'leak'], default: 'none', doc: 'A planted mistake.' } },
  create: (init) => (init.options.slip === 'async' ? new AsyncEarlyAck(init) : new EarlyAck(init)),
  client: {
    classify: (body) => ('result' in body ? { kind: 'done', result: body.result } : { kind: 'redirect', leader: body.to }),
  },
  view: (state) => ({ role: 'node', epoch: 0, leader: state.primary }),
  events: ['new-primary'],
  invariants: { declared: [], observe: () => ({}) },
  variants: [],
  assumptions: [],
  progressBudgetUs: () => 3_000_000,
};
