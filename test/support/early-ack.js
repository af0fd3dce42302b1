/**
 * A protocol of a user's own, in plain JavaScript: a primary keeps a log and sends it to its backups. Its one mistake
 * is in `onRequest`: it answers before any backup has the command, so a crash at that moment loses what was
 * acknowledged.
 *
 *     quorumquake run crash.yaml --protocol ./early-ack.js      with   system: { protocol: early-ack, nodes: 3 }
 */
import { assert } from 'quorumquake';

const TICK_US = 20_000;
const SILENCE_US = 200_000;

class EarlyAck {
  constructor({ self, nodes, machine, disk }) {
    this.nodes = nodes;
    this.machine = machine;
    const { epoch, log } = disk.cell('log') ?? { epoch: 0, log: [] }; // A restart is a new node with an old disk.
    const primary = this.primaryOf(epoch);
    this.state = { self, epoch, log, primary, heardAtUs: 0, executed: 0, store: machine.initial() };
  }

  /** Everybody knows whose turn it is: no election. */
  primaryOf(epoch) {
    return this.nodes[epoch % this.nodes.length];
  }

  onStart(ctx) {
    this.state.heardAtUs = ctx.monotonicUs();
    ctx.setTimer('tick', TICK_US);
  }

  onTimer(ctx) {
    const { self, epoch, log, primary, heardAtUs } = this.state;
    ctx.setTimer('tick', TICK_US);
    if (primary === self) ctx.broadcast({ kind: 'Log', epoch, log });
    else if (ctx.monotonicUs() - heardAtUs > SILENCE_US) this.take(ctx, epoch + 1, log);
  }

  onMessage(ctx, from, { epoch, log }) {
    const isLate = epoch < this.state.epoch || (epoch === this.state.epoch && log.length < this.state.log.length);
    if (!isLate) this.take(ctx, epoch, log);
  }

  onRequest(ctx, request) {
    const { self, epoch, log, primary } = this.state;
    if (primary !== self) return ctx.reply(request, { primary });
    this.take(ctx, epoch, [...log, request.command]);
    ctx.reply(request, { result: this.execute() }); // Waits for our own disk, and for no other.
  }

  /** Makes a log ours, and durable. A message may carry it, so it is never changed: a longer one takes its place. */
  take(ctx, epoch, log) {
    const { state } = this;
    if (epoch > state.epoch) {
      Object.assign(state, { primary: this.primaryOf(epoch), executed: 0, store: this.machine.initial() });
      ctx.note({ event: 'new-epoch', epoch });
    }
    Object.assign(state, { epoch, log, heardAtUs: ctx.monotonicUs() });
    ctx.put('log', { epoch, log });
    ctx.persist();
  }

  /** Brings the store up to the log, and returns the last result. */
  execute() {
    const { state } = this;
    let result;
    for (; state.executed < state.log.length; state.executed += 1) {
      ({ result } = this.machine.apply(state.store, state.log[state.executed], 0));
    }
    return result;
  }
}

let calls = 0;

/** What a handler must not do, one kind each; the option `slip` plants one. */
const slips = {
  none: () => undefined,
  throw: () => { throw new RangeError('planted'); },
  assert: () => assert(false, 'the planted fact holds'),
  async: async () => undefined,
  reject: async () => { throw new RangeError('planted'); },
  promise: () => { Promise.resolve(); },
  clock: () => { Date.now(); },
  luck: () => { Math.random(); },
  leak: (ctx) => ctx.setTimer('tick', TICK_US + (calls += 1)), // What is outside of the state outlives the run.
};

class Slipping extends EarlyAck {
  constructor(init) {
    super(init);
    this.slip = slips[init.options.slip];
  }

  onMessage(ctx, from, message) {
    super.onMessage(ctx, from, message);
    return this.slip(ctx);
  }
}

export default {
  name: 'early-ack',
  options: { slip: { kind: 'choice', of: Object.keys(slips), default: 'none', doc: 'a mistake of another kind' } },
  create: (init) => new Slipping(init),
  client: {
    classify: ({ result, primary }) =>
      (result === undefined ? { kind: 'redirect', leader: primary } : { kind: 'done', result }),
  },
  // Faults that strike the `leader` look for this role, and take the highest epoch.
  view: ({ self, primary, epoch }) => ({ role: primary === self ? 'leader' : 'follower', epoch, leader: primary }),
  events: ['new-epoch'],
  invariants: { declared: [], observe: () => ({}) },
  variants: [],
  assumptions: [],
  progressBudgetUs: () => 3_000_000,
};
